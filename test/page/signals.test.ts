import { describe, expect, it } from 'vitest';
import { localTime } from '../../src/contributor/data-meter.ts';
import type { BrowserScope, NavigatorLike } from '../../src/page/browser-scope.ts';
import { type BrowserSignals, watchSignals } from '../../src/page/signals.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { FakeBattery, FakeConnection, FakeIdle, fakeScope, settle } from './fake-scope.ts';

/** Its time can be put forward without a timer coming due, as sleep and throttling do. */
class HeldClock extends FakeClock {
  #held = 0;
  override now(): number {
    return super.now() + this.#held;
  }
  jump(ms: number): void {
    this.#held += ms;
  }
}

class Observer {
  static made: Observer[] = [];
  static refuses = false;
  hung = false;
  readonly #say: (records: readonly { state: string }[]) => void;
  constructor(say: (records: readonly { state: string }[]) => void) {
    this.#say = say;
    Observer.made.push(this);
  }
  observe(): Promise<void> {
    return Observer.refuses ? Promise.reject(new Error('not allowed')) : Promise.resolve();
  }
  disconnect(): void {
    this.hung = true;
  }
  say(state: string): void {
    if (!this.hung) this.#say([{ state: 'nominal' }, { state }]);
  }
}

function rig(navigator: NavigatorLike = {}, rest: Partial<BrowserScope> = {}) {
  const scope = fakeScope(navigator, rest);
  const clock = new HeldClock();
  const told: BrowserSignals[] = [];
  const moments: string[] = [];
  const sleeps: number[] = [];
  const watch = watchSignals(scope, clock, (signals) => told.push(signals), {
    onMoment: (moment) => moments.push(moment),
    onSuspended: (ms) => sleeps.push(ms),
  });
  return { scope, clock, told, moments, sleeps, watch };
}

function withPressure(): ReturnType<typeof rig> {
  Observer.made = [];
  Observer.refuses = false;
  return rig({}, { PressureObserver: Observer });
}

describe('a browser that can tell nothing', () => {
  it('is undefined in everything but time, sight and network, and nothing throws', async () => {
    const { watch, clock, told } = rig();
    await settle();
    expect(watch.current).toEqual({
      nowMs: clock.now(),
      minuteOfDay: localTime(clock.now()).minuteOfDay,
      battery: undefined,
      userActive: undefined,
      screenLocked: undefined,
      pressure: undefined,
      saveData: undefined,
      metered: undefined,
      hidden: false,
      throttledTimers: false,
      online: true,
    });
    expect(watch.canDetectIdle).toBe(false);
    expect(await watch.askIdle()).toBe(false);
    expect(told).toEqual([]);
  });

  it('may refuse everything that it has', async () => {
    const idle = new FakeIdle();
    idle.refusesStart = true;
    const refuse = (): never => {
      throw new DOMException('not here', 'SecurityError');
    };
    Observer.refuses = true;
    const { watch, clock } = rig(
      { getBattery: refuse, permissions: { query: refuse } },
      { IdleDetector: idle.detectorClass(), PressureObserver: Observer },
    );
    await clock.advance(60_000);
    expect(await watch.askIdle()).toBe(false);
    expect(watch.current).toMatchObject({ battery: undefined, userActive: undefined, pressure: undefined });
    Observer.refuses = false;
    watch.stop();
  });
});

describe('the battery', () => {
  it('is told with every change, the second one too', async () => {
    const battery = new FakeBattery();
    const { told } = rig({ getBattery: () => Promise.resolve(battery) });
    await settle();
    battery.charging = false;
    battery.fire('chargingchange');
    battery.level = 0.4;
    battery.fire('levelchange');
    expect(told.map((signals) => signals.battery)).toEqual([
      { charging: true, level: 1 },
      { charging: false, level: 1 },
      { charging: false, level: 0.4 },
    ]);
  });

  it('is unknown where its level cannot be one', async () => {
    const battery = new FakeBattery();
    const { watch } = rig({ getBattery: () => Promise.resolve(battery) });
    await settle();
    battery.level = Number.NaN;
    expect(watch.current.battery).toBeUndefined();
  });

  it('that answers after the end is not listened to', async () => {
    const battery = new FakeBattery();
    const { watch, told } = rig({ getBattery: () => Promise.resolve(battery) });
    watch.stop();
    await settle();
    expect([battery.listeners, told.length]).toEqual([0, 0]);
  });
});

describe('the network', () => {
  it('is online unless the browser is sure that it is not', () => {
    const navigator = { onLine: true };
    const { scope, told } = rig(navigator);
    navigator.onLine = false;
    scope.window.fire('offline');
    navigator.onLine = true;
    scope.window.fire('online');
    expect(told.map(({ online }) => online)).toEqual([false, true]);
  });

  it.each([
    ['cellular', true],
    ['wifi', false],
    ['ethernet', false],
    ['unknown', undefined],
    [undefined, undefined],
  ] as const)('over %s is metered: %s', (type, metered) => {
    const connection = new FakeConnection();
    connection.type = type;
    connection.saveData = true;
    const { watch } = rig({ connection });
    expect(watch.current).toMatchObject({ metered, saveData: true });
  });
});

describe('whether somebody uses the computer', () => {
  const idleRig = (idle: FakeIdle) =>
    rig(
      {
        permissions: {
          query: () =>
            Promise.resolve(
              Object.defineProperty(idle.status as typeof idle.status & { state: string }, 'state', {
                get: () => idle.permission,
                configurable: true,
              }),
            ),
        },
      },
      { IdleDetector: idle.detectorClass() },
    );

  it('is not asked for before a click, and told after it', async () => {
    const idle = new FakeIdle();
    const { watch } = idleRig(idle);
    await settle();
    expect(idle.started).toEqual([]);
    expect(watch.current.userActive).toBeUndefined();
    expect(await watch.askIdle()).toBe(true);
    expect(idle.started).toHaveLength(1);
    expect(watch.current.userActive).toBeUndefined();
    idle.started[0]!.detector.say('active', 'unlocked');
    expect(watch.current).toMatchObject({ userActive: true, screenLocked: false });
    idle.started[0]!.detector.say('idle', 'locked');
    expect(watch.current).toMatchObject({ userActive: false, screenLocked: true });
  });

  it('is told without asking where it was allowed on an earlier visit', async () => {
    const idle = new FakeIdle();
    idle.permission = 'granted';
    const { watch } = idleRig(idle);
    await settle();
    idle.started[0]!.detector.say('active', 'unlocked');
    expect(watch.current.userActive).toBe(true);
  });

  it('is forgotten when the permission is taken back, and known again when it is given', async () => {
    const idle = new FakeIdle();
    idle.permission = 'granted';
    const { watch } = idleRig(idle);
    await settle();
    const { detector, signal } = idle.started[0]!;
    detector.say('active', 'unlocked');
    idle.decide('denied');
    expect(watch.current.userActive).toBeUndefined();
    expect([signal.aborted, detector.listeners]).toEqual([true, 0]);
    idle.decide('granted');
    await settle();
    idle.started[1]!.detector.say('idle', 'unlocked');
    expect(watch.current.userActive).toBe(false);
  });

  it('waits at least a minute, and as long as the visitor says from then on', async () => {
    const idle = new FakeIdle();
    const { watch } = idleRig(idle);
    await watch.askIdle();
    watch.setIdleMs(600_000);
    watch.setIdleMs(600_000);
    await settle();
    watch.setIdleMs(5);
    await settle();
    expect(idle.started.map(({ threshold }) => threshold)).toEqual([60_000, 600_000, 60_000]);
    expect(idle.started.map(({ signal }) => signal.aborted)).toEqual([true, true, false]);
  });

  it('stays unknown when the visitor says no', async () => {
    const idle = new FakeIdle();
    idle.answer = 'denied';
    const { watch } = idleRig(idle);
    expect(await watch.askIdle()).toBe(false);
    expect(idle.started).toEqual([]);
  });
});

describe('the pressure', () => {
  it('is the latest that the browser says, if it is a word that we know', async () => {
    const { watch, told } = withPressure();
    const [observer] = Observer.made;
    observer!.say('serious');
    observer!.say('critical');
    observer!.say('apocalyptic');
    await settle();
    expect(told.map(({ pressure }) => pressure)).toEqual(['serious', 'critical', undefined]);
    watch.stop();
    expect(observer!.hung).toBe(true);
  });

  it('is asked for again each minute, and forgotten when nobody confirms it', async () => {
    const { watch, clock } = withPressure();
    Observer.made[0]!.say('critical');
    await clock.advance(60_000);
    expect([Observer.made.length, watch.current.pressure]).toEqual([2, 'critical']);
    Observer.made[1]!.say('critical');
    await clock.advance(60_000);
    expect([Observer.made.length, watch.current.pressure]).toEqual([3, 'critical']);
    await clock.advance(5_000);
    expect(watch.current.pressure).toBeUndefined();
    await clock.advance(60_000);
    expect(Observer.made).toHaveLength(4);
    Observer.made[3]!.say('fair');
    expect(watch.current.pressure).toBe('fair');
    Observer.made[0]!.say('critical');
    expect(watch.current.pressure).toBe('fair');
  });

  it('does not outlive the sight of the page: nothing would ever take it back', async () => {
    const { watch, scope, clock } = withPressure();
    Observer.made[0]!.say('critical');
    scope.document.show(false);
    expect([watch.current.pressure, Observer.made[0]!.hung]).toEqual([undefined, true]);
    await clock.advance(3_600_000);
    expect(Observer.made).toHaveLength(1);
    scope.document.show(true);
    Observer.made[1]!.say('nominal');
    expect(watch.current.pressure).toBe('nominal');
  });
});

describe('late timers', () => {
  /** A timer that comes `ms` after it was set, whatever was asked. */
  async function late(clock: HeldClock, ms: number): Promise<void> {
    clock.jump(ms - 5_000);
    await clock.advance(5_000);
  }

  it('say that the browser holds the page back, until one is on time', async () => {
    const { watch, clock, told, sleeps } = rig();
    await clock.advance(20_000);
    expect(told).toEqual([]);
    await late(clock, 60_000);
    await late(clock, 60_000);
    expect(watch.current.throttledTimers).toBe(true);
    await clock.advance(5_000);
    expect(told.map(({ throttledTimers }) => throttledTimers)).toEqual([true, false]);
    expect(sleeps).toEqual([]);
  });

  it('that are very late say how long nothing ran, each time', async () => {
    const { clock, sleeps } = rig();
    await late(clock, 3_600_000);
    await late(clock, 3_600_000);
    expect(sleeps).toEqual([3_600_000, 3_600_000]);
  });

  it('are on time when the clock is set back', async () => {
    const { clock, watch } = rig();
    clock.jump(-3_600_000);
    await clock.advance(3_605_000);
    expect(watch.current.throttledTimers).toBe(false);
  });
});

describe('the life of the page', () => {
  it('is told moment by moment', () => {
    const { scope, moments, told } = rig();
    scope.document.show(false);
    scope.document.fire('freeze');
    scope.document.fire('resume');
    scope.document.show(true);
    scope.window.fire('pagehide', { persisted: true });
    scope.window.fire('pageshow', { persisted: true });
    scope.window.fire('pageshow', { persisted: false });
    expect(moments).toEqual(['hidden', 'frozen', 'resumed', 'shown', 'leaving', 'restored']);
    expect(told[0]!.hidden).toBe(true);
  });
});

describe('stop', () => {
  it('takes every listener and timer away, and nothing is told any more', async () => {
    const battery = new FakeBattery();
    const connection = new FakeConnection();
    const idle = new FakeIdle();
    Observer.made = [];
    const { watch, scope, clock, told } = rig(
      { getBattery: () => Promise.resolve(battery), connection },
      { IdleDetector: idle.detectorClass(), PressureObserver: Observer },
    );
    await settle();
    await watch.askIdle();
    Observer.made[0]!.say('fair');
    const before = told.length;
    watch.stop();
    battery.fire('levelchange');
    scope.document.show(false);
    await clock.advance(600_000);
    expect(told).toHaveLength(before);
    const targets = [battery, connection, scope.window, scope.document, idle.started[0]!.detector];
    expect(targets.map(({ listeners }) => listeners)).toEqual([0, 0, 0, 0, 0]);
    expect(clock.pending).toBe(0);
  });
});
