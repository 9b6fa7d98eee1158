/** The frame in a host's page, without a browser: consent, guard, conduct, and one engine for all frames. */
import { describe, expect, it } from 'vitest';
import {
  type Contributor,
  type ContributorOptions,
  type ContributorStatus,
  STOPPED,
} from '../../src/contributor/api.ts';
import { Emitter } from '../../src/core/async.ts';
import { AppError } from '../../src/core/errors.ts';
import { embedConduct, embedSettings, type EmbedSignals, isPhone } from '../../src/page/embed-conduct.ts';
import { CONSENT_MS, EmbedConsent } from '../../src/page/embed-consent.ts';
import { EmbedGuard, type Sight, veilOf } from '../../src/page/embed-guard.ts';
import { EmbedRun } from '../../src/page/embed-run.ts';
import type { FrameMessage } from '../../src/widget/envelope.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { fakeChannels, FakeLocks, fakeScope, FakeStorage, settle } from './fake-scope.ts';

const SITE = 'https://tides.example';

describe('a consent', () => {
  it('lives for a day, on one site, until it is taken back', () => {
    const kept = new FakeStorage();
    const consent = new EmbedConsent(SITE, kept);
    expect(consent.untilMs(1_000)).toBeUndefined();
    expect(consent.grant(1_000)).toBe(1_000 + CONSENT_MS);
    expect(CONSENT_MS).toBe(24 * 3_600_000);
    const again = new EmbedConsent(SITE, kept);
    expect(again.untilMs(1_000 + CONSENT_MS - 1)).toBe(1_000 + CONSENT_MS);
    expect(again.untilMs(1_000 + CONSENT_MS)).toBeUndefined();
    expect(new EmbedConsent('https://other.example', kept).untilMs(2_000)).toBeUndefined();
    again.revoke();
    expect(consent.untilMs(2_000)).toBeUndefined();
    expect(kept.items.size).toBe(0);
  });

  it('is none when the clock was set back behind the click, or when what is kept is no time', () => {
    const kept = new FakeStorage();
    const consent = new EmbedConsent(SITE, kept);
    consent.grant(5_000);
    expect(consent.untilMs(4_999)).toBeUndefined();
    for (const text of ['', 'x', '-1', '1e3', 'Infinity', '9'.repeat(40)]) {
      kept.setItem(`tilework-consent ${SITE}`, text);
      expect(consent.untilMs(6_000)).toBeUndefined();
    }
  });

  it('lives as long as the frame where nothing can be kept', () => {
    const consent = new EmbedConsent(SITE, undefined);
    consent.grant(1_000);
    expect(consent.untilMs(2_000)).toBe(1_000 + CONSENT_MS);
    expect(new EmbedConsent(SITE, undefined).untilMs(2_000)).toBeUndefined();
  });
});

const SEEN: Sight = { widthPx: 400, heightPx: 300, shown: true, share: 1, clear: true };

describe('the guard', () => {
  it.each([
    [{}, undefined],
    [{ clear: undefined }, undefined],
    [{ clear: false }, 'covered'],
    [{ widthPx: 100 }, 'tiny'],
    [{ heightPx: 0, widthPx: 0, share: 0 }, 'tiny'],
    [{ shown: false }, 'hidden'],
    [{ share: 0.5 }, 'outside'],
    [{ share: 0, clear: false }, 'outside'],
  ] as const)('says of a frame with %j: %s', (change, veil) => {
    expect(veilOf({ ...SEEN, ...change })).toBe(veil);
  });

  it('lets a click count only when the frame has been in sight for half a second', async () => {
    const clock = new FakeClock();
    let changes = 0;
    const guard = new EmbedGuard(clock, () => (changes += 1));
    expect(guard.refusal).toBe('outside');
    guard.see(SEEN);
    expect(guard.refusal).toBe('soon');
    await clock.advance(499);
    expect(guard.refusal).toBe('soon');
    await clock.advance(1);
    expect(guard.refusal).toBeUndefined();
    expect(changes).toBe(2);
    guard.see({ ...SEEN, clear: false });
    guard.see(SEEN);
    expect(guard.refusal).toBe('soon');
    guard.close();
    expect(clock.pending).toBe(0);
  });

  it('pauses work that is hidden for good, and not while something passes over it', async () => {
    const clock = new FakeClock();
    const guard = new EmbedGuard(clock, () => {});
    guard.see({ ...SEEN, clear: false });
    await clock.advance(1_999);
    expect(guard.mustPause).toBe(false);
    guard.see(SEEN);
    await clock.advance(5_000);
    guard.see({ ...SEEN, widthPx: 0, heightPx: 0 });
    await clock.advance(2_000);
    expect(guard.mustPause).toBe(true);
    guard.see(SEEN);
    expect(guard.mustPause).toBe(false);
    // The page is being read further down.
    guard.see({ ...SEEN, share: 0, clear: false });
    await clock.advance(60_000);
    expect(guard.mustPause).toBe(false);
  });
});

const CALM: EmbedSignals = {
  nowMs: 1_700_000_000_000,
  minuteOfDay: 600,
  hidden: false,
  throttledTimers: false,
  dayBytes: 0,
  online: true,
  phone: false,
  unseen: false,
};
const WISHES = { maxIntensity: 1, anyway: false };

describe('the conduct', () => {
  it('is Balanced at most, gentler where the host wants that, and keeps nothing on disk', () => {
    expect(embedConduct(WISHES, CALM)).toMatchObject({ run: true, intensity: 0.75 });
    expect(embedConduct({ ...WISHES, maxIntensity: 0.3 }, CALM).intensity).toBe(0.3);
    expect(embedSettings(WISHES)).toMatchObject({ diskBytes: 0, onlyOnMains: true, onMetered: false });
  });

  it.each([
    ['on-battery', { battery: { charging: false, level: 0.9 } }],
    ['metered', { metered: true }],
    ['metered', { saveData: true }],
    ['phone', { phone: true }],
  ] as const)('is to do nothing: %s, unless the visitor says so', (kind, change) => {
    const before = embedConduct(WISHES, { ...CALM, ...change });
    expect(before).toMatchObject({ run: false, reasons: [{ kind }] });
    expect(embedConduct({ ...WISHES, anyway: true }, { ...CALM, ...change }, before).run).toBe(true);
  });

  it('is to do nothing while nobody can see it, whatever the visitor has said', () => {
    const unseen = embedConduct({ ...WISHES, anyway: true }, { ...CALM, unseen: true });
    expect(unseen).toMatchObject({ run: false, reasons: [{ kind: 'unseen' }] });
  });

  it('knows a phone by what its browser says of itself', () => {
    expect(isPhone({ userAgent: 'Android', userAgentData: { mobile: false } })).toBe(false);
    expect(isPhone({ userAgent: '', userAgentData: { mobile: true } })).toBe(true);
    expect(
      isPhone({ userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148' }),
    ).toBe(true);
    expect(
      isPhone({ userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' }),
    ).toBe(false);
  });
});

/** Says what the test says, and remembers what it was told. */
class FakeContributor implements Contributor {
  status: ContributorStatus = STOPPED;
  readonly starts: ContributorOptions[] = [];
  readonly paused: boolean[] = [];
  readonly intensities: number[] = [];
  projects: readonly string[] = [];
  stops = 0;
  finishes = 0;
  readonly #statuses = new Emitter<ContributorStatus>();

  start(options: ContributorOptions): Promise<void> {
    this.starts.push(options);
    return Promise.resolve();
  }
  stop(): Promise<void> {
    this.stops += 1;
    this.say({ stage: 'stopped' });
    return Promise.resolve();
  }
  finish(): Promise<void> {
    this.finishes += 1;
    this.say({ stage: 'stopped' });
    return Promise.resolve();
  }
  setPaused(paused: boolean): void {
    this.paused.push(paused);
  }
  setIntensity(share: number): void {
    this.intensities.push(share);
  }
  setProjects(projects: readonly string[]): void {
    this.projects = projects;
  }
  setDiskBudget(): void {}
  setRateCaps(): void {}
  setMemoryBudget(): void {}
  setProfile(): void {}
  clearDisk = (): Promise<void> => Promise.resolve();
  measureDisk = (): Promise<number> => Promise.resolve(0);
  wake(): void {}
  onStatus(listener: (status: ContributorStatus) => void): () => void {
    return this.#statuses.on(listener);
  }
  say(change: Partial<ContributorStatus>): void {
    this.status = { ...this.status, ...change };
    this.#statuses.emit(this.status);
  }
}

interface World {
  readonly clock: FakeClock;
  readonly kept: FakeStorage;
  readonly locks: FakeLocks;
  readonly Channel: ReturnType<typeof fakeChannels>;
}
const world = (): World => ({
  clock: new FakeClock(),
  kept: new FakeStorage(),
  locks: new FakeLocks(),
  Channel: fakeChannels(),
});

function openFrame({ clock, kept, locks, Channel }: World, config?: () => Promise<never>) {
  const contributor = new FakeContributor();
  const loaded: FakeContributor[] = [];
  const told: FrameMessage[] = [];
  let signals = CALM;
  const run = new EmbedRun({
    scope: fakeScope({ locks }, { BroadcastChannel: Channel }),
    clock,
    consent: new EmbedConsent(SITE, kept),
    site: SITE,
    load: () => {
      // Another one each time, as the page's own does.
      loaded.push(loaded.length === 0 ? contributor : new FakeContributor());
      return Promise.resolve(loaded.at(-1)!);
    },
    loadConfig:
      config ?? (() => Promise.resolve({ addresses: ['/ip4/127.0.0.1/tcp/1/ws/p2p/x'], source: 'file' })),
    signals: () => ({ ...signals, nowMs: clock.now() }),
    allowSoftware: false,
    tell: (message) => told.push(message),
  });
  const signal = (change: Partial<EmbedSignals>): void => {
    signals = { ...signals, ...change };
    run.look();
  };
  const types = (): string[] => told.map(({ type }) => type).filter((type) => type !== 'progress');
  return { run, contributor, loaded, told, types, signal };
}

describe('the frame', () => {
  it('loads and starts nothing before the click, and after it tells consent and start', async () => {
    const { run, contributor, types, told } = openFrame(world());
    run.wish({ maxIntensity: 0.5, project: 'digits' });
    await settle();
    expect([types(), contributor.starts]).toEqual([[], []]);
    await run.start('consent');
    expect(run.state.phase).toBe('asking');
    await run.start('click');
    await run.start('click');
    expect(contributor.starts).toMatchObject([
      { intensity: 0.5, paused: false, diskBytes: 0, allowSoftware: false, site: SITE },
    ]);
    expect(contributor.projects).toEqual(['digits']);
    expect(types()).toEqual(['consent', 'started']);
    expect(told[0]).toMatchObject({ untilMs: run.state.untilMs });
    expect(run.state.phase).toBe('working');
  });

  it('tells of progress twice a second, and of every verified shard', async () => {
    const all = world();
    const { run, contributor, told } = openFrame(all);
    await run.start('click');
    await all.clock.advance(1_000);
    told.length = 0;
    for (let step = 1; step <= 100; step++) {
      contributor.say({ stage: 'computing', progress: step / 100 });
      await all.clock.advance(10);
    }
    expect(told.length).toBeGreaterThan(0);
    expect(told.length).toBeLessThanOrEqual(3);
    contributor.say({ shardsVerified: 1, microcredits: 200_000n, multiplyAddsVerified: 2e11 });
    expect(told.at(-1)).toEqual({
      type: 'receipt',
      stats: { state: 'working', shards: 1, microcredits: 200_000, multiplyAdds: 2e11, rate: 0, progress: 1 },
    });
  });

  it('stops by any stop, once, and takes the consent back', async () => {
    const all = world();
    const { run, contributor, types, told } = openFrame(all);
    await run.start('click');
    await Promise.all([run.stop('host'), run.stop('visitor')]);
    expect(types()).toEqual(['consent', 'started', 'stopped']);
    expect(told.at(-1)).toMatchObject({ reason: 'host' });
    expect([contributor.stops, all.kept.items.size, all.locks.held]).toEqual([1, 0, 0]);
    await run.start('consent');
    expect(run.state.phase).toBe('stopped');
    await run.start('click');
    expect(contributor.starts).toHaveLength(2);
  });

  it('starts again after a stop, is heard, and is stopped again', async () => {
    const { run, contributor, loaded } = openFrame(world());
    await run.start('click');
    await run.stop('visitor');
    await settle();
    await run.start('click');
    contributor.say({ stage: 'computing', shardsVerified: 2 });
    expect(run.state).toMatchObject({ phase: 'working', status: { shardsVerified: 2 } });
    await run.stop('visitor');
    expect([contributor.starts.length, contributor.status.stage, loaded.length]).toEqual([2, 'stopped', 1]);
  });

  it('goes on under a consent of an earlier visit, and not on battery', async () => {
    const all = world();
    const first = openFrame(all);
    await first.run.start('click');
    first.run.close();
    const second = openFrame(all);
    second.signal({ battery: { charging: false, level: 1 } });
    await second.run.start('consent');
    expect(second.contributor.starts).toEqual([]);
    second.signal({ battery: { charging: true, level: 1 } });
    await all.clock.advance(30_000);
    await second.run.start('consent');
    expect(second.contributor.starts).toHaveLength(1);
  });

  it('ends with the consent', async () => {
    const all = world();
    const { run, told } = openFrame(all);
    await run.start('click');
    await all.clock.advance(CONSENT_MS);
    expect(told.at(-1)).toMatchObject({ type: 'stopped', reason: 'expired' });
    expect(run.state.phase).toBe('stopped');
  });

  it('pauses when the plug is pulled or nobody can see it, and goes on later', async () => {
    const all = world();
    const { run, contributor, signal } = openFrame(all);
    await run.start('click');
    signal({ battery: { charging: false, level: 0.9 } });
    expect([run.state.phase, contributor.paused.at(-1)]).toEqual(['paused', true]);
    signal({ battery: { charging: true, level: 0.9 } });
    await all.clock.advance(30_000);
    expect([run.state.phase, contributor.paused.at(-1)]).toEqual(['working', false]);
    signal({ unseen: true });
    expect(run.state.phase).toBe('paused');
    signal({ unseen: false });
    expect(run.state.phase).toBe('working');
  });

  it('does not start where the device speaks against it, until its visitor overrules that', async () => {
    const { run, contributor, signal, types } = openFrame(world());
    signal({ phone: true });
    await run.start('click');
    expect([contributor.starts, types()]).toEqual([[], []]);
    run.setAnyway(true);
    await run.start('click');
    expect(contributor.starts).toHaveLength(1);
  });

  it('is one of many: another works, and it shows those numbers and stops with it', async () => {
    const all = world();
    const [first, second, third] = [openFrame(all), openFrame(all), openFrame(all)];
    for (const { run } of [first, second, third]) await run.start('click');
    expect([second.run.state.phase, second.contributor.starts]).toEqual(['elsewhere', []]);
    first.contributor.say({ stage: 'computing', shardsVerified: 4 });
    await settle();
    expect(second.run.state.status.shardsVerified).toBe(4);
    await third.run.stop('visitor');
    await settle();
    for (const { run } of [first, second, third]) expect(run.state.phase).toBe('stopped');
    expect([first.contributor.stops, second.contributor.starts, all.locks.held]).toEqual([1, [], 0]);
  });

  it('takes over when the one that works is taken away', async () => {
    const all = world();
    const [first, second] = [openFrame(all), openFrame(all)];
    await first.run.start('click');
    await second.run.start('click');
    first.run.close();
    await settle();
    expect([second.run.state.phase, second.contributor.starts.length]).toEqual(['working', 1]);
  });

  it('folds up on an error, whether it comes at the start or later', async () => {
    const unreachable = () => Promise.reject(new AppError('unreachable', 'no'));
    const all = world();
    const none = openFrame(all, unreachable);
    await none.run.start('click');
    expect(none.types()).toEqual(['consent', 'stopped', 'error']);
    expect(none.told.at(-1)).toEqual({ type: 'error', code: 'unreachable' });
    const later = openFrame(all);
    await later.run.start('click');
    later.contributor.say({ stage: 'failed', problem: { code: 'gpu-lost', message: 'gone' } });
    await settle();
    expect(later.types()).toEqual(['consent', 'started', 'stopped', 'error']);
    expect(later.told.at(-1)).toEqual({ type: 'error', code: 'gpu-lost' });
    expect(all.locks.held).toBe(0);
  });

  it('does not begin when it was stopped while its parts were loading', async () => {
    const held = Promise.withResolvers<never>();
    const { run, contributor } = openFrame(world(), () => held.promise);
    const starting = run.start('click');
    await settle();
    await run.stop('visitor');
    held.reject(new AppError('unreachable', 'too late'));
    await starting;
    expect([run.state.phase, contributor.starts]).toEqual(['stopped', []]);
  });

  it('finishes what is in flight and then counts as stopped', async () => {
    const { run, contributor, told } = openFrame(world());
    await run.start('click');
    await run.finish();
    await settle();
    expect(contributor.finishes).toBe(1);
    expect(told.at(-1)).toMatchObject({ type: 'stopped', reason: 'finished' });
  });
});
