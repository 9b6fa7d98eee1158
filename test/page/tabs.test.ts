/** One contributing tab per browser, and what the others know of it. */
import { describe, expect, it } from 'vitest';
import { type ContributorStatus, STOPPED } from '../../src/contributor/api.ts';
import type { BroadcastChannelLike } from '../../src/page/browser-scope.ts';
import { TabChannel, type TabCommand, type TabStatus } from '../../src/page/tab-channel.ts';
import { TabLock } from '../../src/page/tab-lock.ts';
import { parseStatus } from '../../src/page/tab-status.ts';
import { FakeLocks, fakeChannels, fakeScope, settle } from './fake-scope.ts';

const WORKING: ContributorStatus = {
  ...STOPPED,
  stage: 'computing',
  detail: 'Computing a shard of “digits”.',
  progress: 0.5,
  peerId: '12D3KooW',
  project: 'digits',
  shardsVerified: 17,
  microcredits: 3_430_000n,
  balanceMicrocredits: 2n ** 60n,
  transport: 'websocket',
  leases: ['ab'.repeat(16)],
};

const postTo =
  (channel: BroadcastChannelLike) =>
  (message: unknown): void => {
    // The lint rule takes every postMessage of one argument for a window's.
    channel.postMessage.call(channel, message);
  };

describe('the lock', () => {
  const tab = (locks: FakeLocks | undefined) => {
    const states: string[] = [];
    return { states, lock: new TabLock(locks, (state) => states.push(state)) };
  };

  it('is held by one tab; the second waits and takes over when the first ends', async () => {
    const locks = new FakeLocks();
    const [first, second] = [tab(locks), tab(locks)];
    expect(await first.lock.take()).toBe('held');
    expect(await first.lock.take()).toBe('held');
    expect(await second.lock.take()).toBe('waiting');
    expect([first.lock.mayWork, second.lock.mayWork]).toEqual([true, false]);
    first.lock.release();
    await settle();
    expect(second.states).toEqual(['waiting', 'held']);
    expect(await first.lock.take()).toBe('waiting');
  });

  it('passes by a tab whose visitor waits no more', async () => {
    const locks = new FakeLocks();
    const [first, second, third] = [tab(locks), tab(locks), tab(locks)];
    await first.lock.take();
    await second.lock.take();
    await third.lock.take();
    second.lock.release();
    first.lock.release();
    await settle();
    expect([second.lock.state, third.lock.state]).toEqual(['free', 'held']);
  });

  it('that was given up while it was asked for is free again', async () => {
    const locks = new FakeLocks();
    const { lock } = tab(locks);
    const taking = lock.take();
    lock.release();
    await taking;
    await settle();
    expect([lock.state, locks.held]).toEqual(['free', 0]);
  });

  it('that is stolen is lost, and can be asked for again', async () => {
    const locks = new FakeLocks();
    const { lock, states } = tab(locks);
    await lock.take();
    locks.take();
    await settle();
    expect(lock.mayWork).toBe(false);
    expect(await lock.take()).toBe('held');
    expect(states).toEqual(['held', 'lost', 'held']);
  });

  it('is not needed where there is none, or where it is refused: each tab works alone', async () => {
    expect(await tab(undefined).lock.take()).toBe('alone');
    const locks = new FakeLocks();
    locks.refuses = true;
    const { lock } = tab(locks);
    expect(await lock.take()).toBe('alone');
    expect(lock.mayWork).toBe(true);
    lock.release();
    expect(lock.state).toBe('free');
  });
});

describe('the tabs of a browser', () => {
  interface Tab {
    readonly lock: TabLock;
    readonly channel: TabChannel;
    readonly leaders: (TabStatus | undefined)[];
    readonly commands: TabCommand[];
  }
  function browser(locks: FakeLocks | null = new FakeLocks()) {
    const BroadcastChannel = fakeChannels();
    const scope = fakeScope({}, { BroadcastChannel });
    const open = (): Tab => {
      const lock = new TabLock(locks ?? undefined);
      const leaders: (TabStatus | undefined)[] = [];
      const commands: TabCommand[] = [];
      const channel = new TabChannel(scope, lock, {
        onLeader: (told) => leaders.push(told),
        onCommand: (command) => commands.push(command),
      });
      return { lock, channel, leaders, commands };
    };
    return { open, raw: { fire: postTo(new BroadcastChannel('tilework-tabs')) } };
  }

  it('see what the working one does, those that are opened later too', async () => {
    const { open } = browser();
    const [first, second] = [open(), open()];
    await first.lock.take();
    first.channel.tell({ status: WORKING, paused: false });
    const third = open();
    for (const { channel, leaders } of [second, third]) {
      expect(leaders.at(-1)).toEqual({ status: { ...WORKING, leases: [] }, paused: false });
      expect(channel.leader?.status.balanceMicrocredits).toBe(2n ** 60n);
    }
    expect(first.leaders).toEqual([]);
  });

  it('pass on what is pressed in them to the working one, and to no other', async () => {
    const { open } = browser();
    const [first, second, third] = [open(), open(), open()];
    await first.lock.take();
    first.channel.tell({ status: WORKING, paused: true });
    second.channel.command('pause');
    third.channel.command('yield');
    expect([first.commands, second.commands, third.commands]).toEqual([['pause', 'yield'], [], []]);
    first.channel.tell(undefined);
    second.channel.command('stop');
    expect(first.commands).toHaveLength(2);
  });

  it('hear that it has stopped', async () => {
    const { open } = browser();
    const [first, second] = [open(), open()];
    await first.lock.take();
    first.channel.tell({ status: WORKING, paused: false });
    first.channel.tell(undefined);
    first.channel.tell(undefined);
    expect(second.leaders.map((told) => told?.status.stage)).toEqual(['computing', undefined]);
  });

  it('notice by the lock when it vanishes without a word, the second time too', async () => {
    const locks = new FakeLocks();
    const { open } = browser(locks);
    const [first, second] = [open(), open()];
    for (let time = 0; time < 2; time++) {
      await first.lock.take();
      first.channel.tell({ status: WORKING, paused: false });
      first.channel.tell({ status: WORKING, paused: false });
      await settle();
      expect(second.channel.leader).toBeDefined();
      locks.take();
      await settle();
      expect(second.channel.leader).toBeUndefined();
    }
  });

  it('go on showing whoever took over', async () => {
    const { open } = browser();
    const [first, second, third] = [open(), open(), open()];
    await first.lock.take();
    first.channel.tell({ status: WORKING, paused: false });
    await second.lock.take();
    first.channel.tell(undefined);
    first.lock.release();
    await settle();
    expect(second.lock.state).toBe('held');
    second.channel.tell({ status: { ...WORKING, shardsVerified: 18 }, paused: false });
    await settle();
    expect(third.channel.leader?.status.shardsVerified).toBe(18);
    expect(second.channel.leader).toBeUndefined();
  });

  it.each([
    undefined,
    null,
    7,
    'stop',
    [],
    {},
    { v: 2, type: 'ask' },
    { v: 1 },
    { v: 1, type: 'command', command: 'format' },
    { v: 1, type: 'command', command: { stop: true } },
    { v: 1, type: 'status' },
    { v: 1, type: 'status', status: { stage: 'dancing' } },
    { v: 1, type: 'status', status: { stage: 'toString' } },
  ])('shrug at %j', async (odd) => {
    const { open, raw } = browser();
    const [first, second] = [open(), open()];
    await first.lock.take();
    first.channel.tell({ status: WORKING, paused: false });
    raw.fire(odd);
    expect(first.commands).toEqual([]);
    expect(second.leaders).toHaveLength(1);
  });

  it('say nothing after they are closed', async () => {
    const { open } = browser();
    const [first, second] = [open(), open()];
    second.channel.close();
    first.channel.tell({ status: WORKING, paused: false });
    second.channel.command('stop');
    expect([first.commands, second.leaders]).toEqual([[], []]);
  });

  it('work as if alone where they cannot wait for, or speak to, one another', async () => {
    const lonely = browser(null).open();
    expect(await lonely.lock.take()).toBe('alone');
    lonely.channel.tell({ status: WORKING, paused: false });
    function Forbidden(): never {
      throw new DOMException('not here', 'SecurityError');
    }
    const BroadcastChannel = Forbidden as unknown as ReturnType<typeof fakeChannels>;
    const silent = new TabChannel(fakeScope({}, { BroadcastChannel }), new TabLock(new FakeLocks()), {
      onLeader: () => {},
      onCommand: () => {},
    });
    silent.tell({ status: WORKING, paused: false });
    silent.command('stop');
    silent.close();
    expect(silent.leader).toBeUndefined();
  });
});

describe('a status from another tab', () => {
  it('is taken whole when it is ours, but for what only its own tab can use', () => {
    expect(parseStatus(structuredClone(WORKING))).toEqual({ ...WORKING, leases: [] });
    const problem = { code: 'unreachable', message: 'Cannot reach the coordinator.' } as const;
    expect(parseStatus({ ...WORKING, problem })?.problem).toEqual(problem);
  });

  it('of another version gives what can be understood', () => {
    const odd = {
      stage: 'waiting',
      shardsVerified: '17',
      microcredits: 5,
      balanceMicrocredits: -1n,
      rate: Number.NaN,
      progress: Number.POSITIVE_INFINITY,
      detail: 'x'.repeat(2_000),
      peerId: {},
      transport: 'pigeon',
      problem: 'bad',
      log: { size: 1 },
      extra: true,
    };
    expect(parseStatus(odd)).toEqual({ ...STOPPED, stage: 'waiting' });
  });
});
