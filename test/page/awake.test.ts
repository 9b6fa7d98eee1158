/** What keeps the machine and the tab awake, and what shows that it works: wake lock, tone, badge. */
import { describe, expect, it } from 'vitest';
import { appBadge } from '../../src/page/badge.ts';
import type { AudioContextLike, WakeLockSentinelLike } from '../../src/page/browser-scope.ts';
import { QuietTone } from '../../src/page/tone.ts';
import { ScreenAwake } from '../../src/page/wake-lock.ts';
import { FakeSentinel, fakeScope, settle, Target } from './fake-scope.ts';

describe('the screen', () => {
  function rig() {
    const sentinels: FakeSentinel[] = [];
    const answers = { refuse: false };
    const request = (): Promise<WakeLockSentinelLike> => {
      if (answers.refuse) return Promise.reject(new DOMException('low battery', 'NotAllowedError'));
      sentinels.push(new FakeSentinel());
      return Promise.resolve(sentinels.at(-1)!);
    };
    const scope = fakeScope({ wakeLock: { request } });
    const states: string[] = [];
    return {
      scope,
      sentinels,
      answers,
      states,
      awake: new ScreenAwake(scope, (state) => states.push(state)),
    };
  }

  it('is kept awake while that is wanted, asked for once', async () => {
    const { awake, sentinels, scope } = rig();
    awake.want(true);
    awake.want(true);
    await settle();
    expect([awake.state, sentinels.length]).toEqual(['held', 1]);
    awake.want(false);
    expect([awake.state, sentinels[0]!.released, scope.document.listeners]).toEqual(['off', true, 0]);
  });

  it('is let go by a hidden page, and taken again each time that the page is seen', async () => {
    const { awake, sentinels, scope, states } = rig();
    awake.want(true);
    await settle();
    for (let time = 0; time < 2; time++) {
      scope.document.visibilityState = 'hidden';
      await sentinels.at(-1)!.release();
      scope.document.fire('visibilitychange');
      scope.document.show(true);
      await settle();
    }
    expect(states).toEqual(['waiting', 'held', 'waiting', 'held', 'waiting', 'held']);
    expect(sentinels).toHaveLength(3);
  });

  it('may be refused on a low battery, which is told and tried again when the page is next seen', async () => {
    const { awake, answers, scope } = rig();
    answers.refuse = true;
    awake.want(true);
    await settle();
    expect(awake.state).toBe('refused');
    answers.refuse = false;
    scope.document.show(true);
    await settle();
    expect(awake.state).toBe('held');
  });

  it('is not held after a change of mind while the browser was being asked', async () => {
    const { awake, sentinels } = rig();
    awake.want(true);
    awake.want(false);
    await settle();
    expect([awake.state, sentinels[0]!.released]).toEqual(['off', true]);
  });

  it('waits for the page to be seen where it starts hidden', async () => {
    const { awake, sentinels, scope } = rig();
    scope.document.show(false);
    awake.want(true);
    await settle();
    expect([awake.state, sentinels.length]).toEqual(['waiting', 0]);
  });

  it('stays as it is where there is no such lock', async () => {
    const awake = new ScreenAwake(fakeScope());
    awake.want(true);
    await settle();
    expect(awake.state).toBe('unsupported');
  });
});

describe('the quiet tone', () => {
  const made: FakeAudio[] = [];
  class FakeAudio extends Target implements AudioContextLike {
    state = 'suspended';
    allowed = true;
    readonly nodes: { frequency: { value: number }; gain: { value: number }; started: boolean }[] = [];
    readonly destination = {} as AudioNode;
    constructor() {
      super();
      made.push(this);
    }
    #node(): never {
      const node = {
        frequency: { value: 0 },
        gain: { value: 1 },
        started: false,
        connect: () => {},
        start: () => {},
      };
      node.start = () => (node.started = true);
      this.nodes.push(node);
      return node as never;
    }
    createOscillator(): OscillatorNode {
      return this.#node();
    }
    createGain(): GainNode {
      return this.#node();
    }
    resume(): Promise<void> {
      if (this.allowed) this.become('running');
      return Promise.resolve();
    }
    close(): Promise<void> {
      this.state = 'closed';
      return Promise.resolve();
    }
    become(state: string): void {
      this.state = state;
      this.fire('statechange');
    }
  }

  it('is 30 Hz at a thousandth of full loudness, from a click until it is stopped', async () => {
    made.length = 0;
    const tone = new QuietTone(fakeScope({}, { AudioContext: FakeAudio }));
    expect(made).toEqual([]);
    tone.start();
    tone.start();
    await settle();
    expect([tone.state, made.length]).toEqual(['on', 1]);
    const [oscillator, gain] = made[0]!.nodes;
    expect([oscillator!.frequency.value, oscillator!.started, gain!.gain.value]).toEqual([30, true, 0.001]);
    tone.stop();
    expect([tone.state, made[0]!.state, made[0]!.listeners]).toEqual(['off', 'closed', 0]);
    tone.start();
    await settle();
    expect([tone.state, made.length]).toEqual(['on', 2]);
  });

  it('says when the browser lets nothing out, also later', async () => {
    made.length = 0;
    const states: string[] = [];
    const tone = new QuietTone(fakeScope({}, { AudioContext: FakeAudio }), (state) => states.push(state));
    tone.start();
    await settle();
    made[0]!.become('interrupted');
    tone.start();
    await settle();
    expect(states).toEqual(['on', 'blocked', 'on']);
  });

  it('is not to be had without Web Audio, or where it fails', () => {
    const tone = new QuietTone(fakeScope());
    tone.start();
    expect(tone.state).toBe('unsupported');
    const broken = class extends FakeAudio {
      override createGain(): GainNode {
        throw new Error('no device');
      }
    };
    const failing = new QuietTone(fakeScope({}, { AudioContext: broken }));
    failing.start();
    failing.stop();
    expect(failing.state).toBe('off');
  });
});

describe('the badge', () => {
  it('shows the shards, says nothing twice, and goes away at none', () => {
    const said: unknown[] = [];
    const badge = appBadge(
      fakeScope({
        setAppBadge: (count) => Promise.resolve(void said.push(count)),
        clearAppBadge: () => Promise.reject(new Error(String(said.push('cleared')))),
      }),
    );
    for (const shards of [0, 1, 1, 2, 0, 0]) badge(shards);
    expect(said).toEqual([1, 2, 'cleared']);
  });

  it('is nothing where there are none', () => {
    expect(() => appBadge(fakeScope())(3)).not.toThrow();
  });
});
