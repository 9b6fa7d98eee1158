/** What presses, events and other tabs do to the contributor: with fakes for the browser and the clock. */
import { describe, expect, it } from 'vitest';
import { seededRng } from '../../src/core/rng.ts';
import type { BroadcastChannelLike } from '../../src/page/browser-scope.ts';
import { levelsOf } from '../../src/page/conduct.ts';
import { PageController } from '../../src/page/controller.ts';
import { LastHour } from '../../src/page/last-hour.ts';
import { LaterContributor } from '../../src/page/later-contributor.ts';
import { OwnWishes } from '../../src/page/own-wishes.ts';
import { ChosenSettings, readAddress } from '../../src/page/settings.ts';
import { StageTimes } from '../../src/page/stage-times.ts';
import type { RegistrationLike, ServiceWorkersLike } from '../../src/page/update.ts';
import { Visit } from '../../src/page/visit.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { FakeContributor } from './fake-contributor.ts';
import { FakeLocks, FakeStorage, fakeChannels, fakeScope, settle, Target } from './fake-scope.ts';

interface Browser {
  readonly locks: FakeLocks;
  readonly Channel: new (name: string) => BroadcastChannelLike;
  readonly storage: FakeStorage;
}
const newBrowser = (): Browser => ({
  locks: new FakeLocks(),
  Channel: fakeChannels(),
  storage: new FakeStorage(),
});

const MIB = 1024 ** 2;
const MINUTE_MS = 60_000;

/** One tab of a browser. */
function tab(browser: Browser = newBrowser(), sessionStorage = new FakeStorage(), container?: FakeWorkers) {
  let bytes = 600 * MIB;
  const measured: number[] = [];
  const measure = (): Promise<{ bytes: number }> => {
    measured.push(bytes);
    return Promise.resolve({ bytes });
  };
  const clock = new FakeClock();
  const contributor = new FakeContributor();
  const badges: number[] = [];
  const beacons: string[] = [];
  const scope = fakeScope(
    {
      locks: browser.locks,
      setAppBadge: (count) => Promise.resolve(void badges.push(count)),
      clearAppBadge: () => Promise.resolve(void badges.push(0)),
      sendBeacon: (url, body) => beacons.push(`${url} ${body}`) > 0,
    },
    { BroadcastChannel: browser.Channel, sessionStorage },
  );
  const { storage } = browser;
  const settings = new ChosenSettings('', storage);
  const controller = new PageController({
    contributor,
    loadConfig: () =>
      Promise.resolve({ addresses: ['/x/p2p/y'], source: 'file', api: 'https://grid.example/v1/' }),
    address: readAddress(''),
    levels: levelsOf(settings.now),
    clock,
    rng: seededRng(1),
  });
  let reloads = 0;
  const wishes = new OwnWishes(controller, storage);
  const visit = new Visit({
    scope,
    clock,
    controller,
    settings,
    storage,
    wishes,
    ...(container && {
      renewal: {
        container,
        memory: { crossOriginIsolated: true, performance: { measureUserAgentSpecificMemory: measure } },
        base: 'https://grid.example/',
        reload: () => (reloads += 1),
      },
    }),
  });
  return {
    visit,
    contributor,
    clock,
    scope,
    badges,
    beacons,
    wishes,
    sessionStorage,
    /** What the browser measures from now on. */
    useMemory: (now: number) => (bytes = now),
    measured,
    reloads: () => reloads,
    stage: () => visit.state.page.status.stage,
  };
}

/** A container with one registration, whose new version a test lets come. */
class FakeWorkers extends Target implements ServiceWorkersLike {
  controller = null;
  readonly registration = Object.assign(new Target(), {
    installing: null,
    waiting: null as RegistrationLike['waiting'],
    active: Object.assign(new Target(), { state: 'activated', postMessage: () => {} }),
    update: () => Promise.resolve(),
  });
  register(): Promise<RegistrationLike> {
    return Promise.resolve(this.registration);
  }
  newVersion(): void {
    const takeOver = (): void => {
      this.registration.waiting = null;
      this.fire('controllerchange');
    };
    this.registration.waiting = Object.assign(new Target(), { state: 'installed', postMessage: takeOver });
  }
}

describe('a visit', () => {
  it('takes the lock with Start, and gives it back with Stop', async () => {
    const browser = newBrowser();
    const one = tab(browser);
    expect(browser.locks.held).toBe(0);
    await one.visit.start();
    await settle();
    expect([one.visit.state.lock, one.stage(), browser.locks.held]).toEqual(['held', 'testing', 1]);
    one.contributor.say({ stage: 'verified', shardsVerified: 3 });
    expect(one.badges).toEqual([3]);
    one.visit.press('stop');
    await settle();
    expect([one.visit.state.lock, one.stage(), browser.locks.held]).toEqual(['free', 'stopped', 0]);
    expect(one.badges).toEqual([3, 0]);
  });

  it('gives the lock back when its work fails', async () => {
    const browser = newBrowser();
    const one = tab(browser);
    await one.visit.start();
    await settle();
    one.contributor.say({ stage: 'failed', problem: { code: 'gpu-lost', message: 'lost' } });
    await settle();
    expect([browser.locks.held, one.stage()]).toEqual([0, 'failed']);
    await one.visit.start();
    await settle();
    expect([browser.locks.held, one.stage()]).toEqual([1, 'testing']);
  });

  it('shows what another tab does, and passes presses on to it', async () => {
    const browser = newBrowser();
    const [one, two] = [tab(browser), tab(browser)];
    await one.visit.start();
    await settle();
    one.contributor.say({ stage: 'computing', shardsVerified: 7 });
    expect(two.visit.state.leader?.status).toMatchObject({ stage: 'computing', shardsVerified: 7 });
    two.visit.press('pause');
    expect(one.contributor.calls.at(-1)).toBe('paused true');
    expect(two.visit.state.leader?.paused).toBe(true);
    two.visit.press('resume');
    expect(one.contributor.calls.at(-1)).toBe('paused false');
    two.visit.press('stop');
    await settle();
    expect(one.stage()).toBe('stopped');
    expect(two.visit.state.leader).toBeUndefined();
    expect(two.contributor.calls).toEqual([]);
  });

  it('moves the work to the tab that asks for it', async () => {
    const browser = newBrowser();
    const [one, two] = [tab(browser), tab(browser)];
    await one.visit.start();
    await settle();
    await two.visit.takeOver();
    await settle();
    expect([one.stage(), two.stage()]).toEqual(['stopped', 'testing']);
    expect(one.visit.state.leader?.status.stage).toBe('testing');
    expect(one.contributor.calls).toEqual(['start', 'stop']);
  });

  it('waits for its turn when it is started beside a tab that works, and takes over when that one ends', async () => {
    const browser = newBrowser();
    const [one, two] = [tab(browser), tab(browser)];
    await one.visit.start();
    await two.visit.start();
    await settle();
    expect([two.visit.state.lock, two.contributor.calls]).toEqual(['waiting', []]);
    one.visit.press('stop');
    await settle();
    expect(two.stage()).toBe('testing');
  });

  it('waits no more for a tab that it stops itself', async () => {
    const browser = newBrowser();
    const [one, two] = [tab(browser), tab(browser)];
    await one.visit.start();
    await two.visit.start();
    await settle();
    two.visit.press('stop');
    await settle();
    expect([one.stage(), two.stage(), browser.locks.held]).toEqual(['stopped', 'stopped', 0]);
    expect(two.contributor.calls).toEqual([]);
  });

  it('goes on after a discard, as the contributor that it was', async () => {
    const one = tab();
    await one.visit.start();
    await settle();
    one.contributor.say({ stage: 'computing', peerId: '12D3KooWa', leases: ['ab'.repeat(16)] });
    one.scope.document.fire('freeze');
    expect(one.beacons).toHaveLength(1);
    const two = tab(newBrowser(), one.sessionStorage);
    two.scope.document.wasDiscarded = true;
    expect(two.visit.begin()).toBe(true);
    await settle();
    expect(two.contributor.calls).toEqual(['start']);
    two.contributor.say({ stage: 'computing', peerId: '12D3KooWb' });
    await settle();
    expect(two.stage()).toBe('stopped');
    expect(tab(newBrowser(), one.sessionStorage).visit.begin()).toBe(false);
  });

  it('says for which projects it works before it starts, and its name until it is answered', async () => {
    const one = tab();
    one.wishes.setProjects(['digits']);
    one.wishes.setName({ name: 'Ada', team: '' });
    one.contributor.calls.length = 0;
    await one.visit.start();
    await settle();
    expect(one.contributor.calls).toEqual(['projects', 'profile', 'start']);
    one.contributor.say({ stage: 'waiting', nameAnswer: { state: 'kept', text: '' } });
    one.visit.press('stop');
    await settle();
    one.contributor.calls.length = 0;
    await one.visit.start();
    await settle();
    expect(one.contributor.calls).toEqual(['projects', 'start']);
  });

  it('takes a new version at a moment without leases, and says to the page after it that it may go on', async () => {
    const workers = new FakeWorkers();
    const one = tab(newBrowser(), new FakeStorage(), workers);
    await one.visit.start();
    await settle();
    workers.newVersion();
    one.contributor.say({ stage: 'computing', leases: ['a'] });
    await settle();
    expect(one.reloads()).toBe(0);
    one.contributor.say({ stage: 'verified', leases: [] });
    await settle();
    expect(one.contributor.calls).toContain('finish');
    expect(one.reloads()).toBe(1);
    expect(tab(newBrowser(), one.sessionStorage).visit.begin()).toBe(true);
  });

  it('makes such a moment when there is none for minutes', async () => {
    const workers = new FakeWorkers();
    const one = tab(newBrowser(), new FakeStorage(), workers);
    await one.visit.start();
    await settle();
    workers.newVersion();
    one.contributor.say({ stage: 'computing', leases: ['a'] });
    await one.clock.advance(5 * 60_000);
    one.contributor.say({ stage: 'computing', leases: ['b'] });
    await settle();
    expect([one.contributor.calls.includes('finish'), one.reloads()]).toEqual([true, 1]);
  });

  it('replaces its workers after much data, and keeps working', async () => {
    const one = tab(newBrowser(), new FakeStorage(), new FakeWorkers());
    await one.visit.start();
    await settle();
    one.contributor.say({ stage: 'computing', shardsVerified: 9 });
    one.contributor.say({ bytesDown: 65 * 1024 ** 3 });
    await settle();
    expect(one.contributor.calls).toEqual(['start', 'finish', 'start']);
    expect(one.visit.state.page).toMatchObject({ wanted: true, status: { shardsVerified: 9 } });
  });

  it('replaces them when their memory has grown, between two shards, and then measures anew', async () => {
    const one = tab(newBrowser(), new FakeStorage(), new FakeWorkers());
    await one.visit.start();
    await settle();
    one.contributor.say({ stage: 'computing', shardsVerified: 9, leases: ['a'] });
    await one.clock.advance(5 * MINUTE_MS);
    one.useMemory(1300 * MIB);
    await one.clock.advance(10 * MINUTE_MS);
    expect(one.measured).toEqual([600 * MIB, 1300 * MIB]);
    one.contributor.say({ stage: 'computing', leases: ['a'] });
    await settle();
    expect(one.contributor.calls).toEqual(['start']);
    one.contributor.say({ stage: 'verified', shardsVerified: 10, leases: [] });
    await settle();
    expect(one.contributor.calls).toEqual(['start', 'finish', 'start']);
    expect(one.visit.state.page).toMatchObject({ wanted: true, status: { shardsVerified: 10 } });
    // Fresh workers are measured against themselves, and nothing is measured after Stop.
    one.contributor.say({ stage: 'computing', leases: [] });
    await one.clock.advance(15 * MINUTE_MS);
    one.contributor.say({ stage: 'verified', leases: [] });
    await settle();
    expect([one.measured.length, one.contributor.calls.length]).toEqual([4, 3]);
    one.visit.press('stop');
    await settle();
    await one.clock.advance(60 * MINUTE_MS);
    expect(one.measured).toHaveLength(4);
  });

  it('leaves no listener and no timer behind', () => {
    const one = tab();
    one.visit.close();
    expect(one.scope.window.listeners + one.scope.document.listeners).toBe(0);
    expect(one.clock.pending).toBe(0);
  });
});

describe('the wishes of one’s own', () => {
  it('are kept, and what is odd there is nothing', () => {
    const storage = new FakeStorage();
    const silent = { setProfile: () => {}, setProjects: () => {} };
    new OwnWishes(silent, storage).setName({ name: 'Ada', team: 'Owls' });
    new OwnWishes(silent, storage).setProjects(['digits']);
    const next = new OwnWishes(silent, storage);
    expect([next.name, next.projects]).toMatchObject([{ name: 'Ada', team: 'Owls' }, ['digits']]);
    for (const odd of ['', '{', 'null', '[1,null]', '{"name":1}', `"${'x'.repeat(9_000)}"`]) {
      storage.setItem('tilework-name', odd);
      storage.setItem('tilework-projects', odd);
      const read = new OwnWishes(silent, storage);
      expect([read.name, read.projects]).toEqual([undefined, []]);
      read.tell();
    }
  });
});

describe('a contributor that comes later', () => {
  it('is brought by a start, and told in order what was said before', async () => {
    const real = new FakeContributor();
    let loads = 0;
    const later = new LaterContributor(() => {
      loads += 1;
      return Promise.resolve(real);
    });
    const stages: string[] = [];
    later.onStatus(({ stage }) => stages.push(stage));
    expect([loads, later.status.stage]).toEqual([0, 'stopped']);
    later.setProjects(['digits']);
    const started = later.start({ addresses: [], allowSoftware: false, memoryBytes: 1 });
    later.setPaused(true);
    await started;
    expect(real.calls).toEqual(['projects', 'start', 'paused true']);
    expect([loads, stages]).toEqual([1, ['testing']]);
  });

  it('does not start when it was stopped meanwhile, and tries again what could not be brought', async () => {
    const real = new FakeContributor();
    let broken = true;
    const later = new LaterContributor(() =>
      broken ? Promise.reject(new Error('offline')) : Promise.resolve(real),
    );
    const options = { addresses: [], allowSoftware: false, memoryBytes: 1 };
    await expect(later.start(options)).rejects.toThrow('offline');
    expect(await later.measureDisk()).toBe(0);
    broken = false;
    const started = later.start(options);
    await later.stop();
    await started;
    expect(real.calls).toEqual([]);
    await later.start(options);
    expect(real.calls).toEqual(['start']);
  });
});

describe('measures of the page', () => {
  it('take the last hour’s speed over all of its time, and not before it means something', () => {
    const hour = new LastHour();
    hour.add(0, 0);
    expect(hour.rate(29_000, 5e9)).toBeUndefined();
    expect(hour.rate(100_000, 5e11)).toBe(5e9);
    for (let minute = 1; minute <= 120; minute++) hour.add(minute * 60_000, minute * 6e10);
    expect(hour.rate(120 * 60_000, 120 * 6e10)).toBeCloseTo(1e9);
    hour.add(1_000, 7);
    expect(hour.rate(2_000, 7)).toBeUndefined();
  });

  it('know how long a stage takes, without pauses', () => {
    const times = new StageTimes();
    times.follow('downloading', false, 0);
    times.follow('computing', false, 3_000);
    expect(times.expectedMs('downloading')).toBe(3_000);
    times.follow('computing', true, 4_000);
    times.follow('uploading', false, 90_000);
    expect(times.expectedMs('computing')).toBeUndefined();
    times.follow('downloading', false, 91_000);
    times.follow('computing', false, 104_000);
    expect(times.expectedMs('downloading')).toBe(6_000);
    expect(times.expectedMs('waiting')).toBeUndefined();
  });
});
