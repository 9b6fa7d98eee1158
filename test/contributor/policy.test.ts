import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Conduct, type Reason, decide } from '../../src/contributor/policy.ts';
import { DEFAULTS, type Settings, withPreset } from '../../src/contributor/settings.ts';
import type { Pressure, Signals } from '../../src/contributor/signals.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A local midnight. */
const MIDNIGHT = 20_000 * DAY;

const ALL: Settings = {
  ...DEFAULTS,
  intensity: 1,
  onlyOnMains: false,
  batteryFloor: 0,
  onMetered: true,
  pauseWhileInUse: false,
  heat: 'off',
};

/** A desktop of which nothing is known, at noon. */
function signals(own: Partial<Signals> & { hour?: number } = {}): Signals {
  const { hour = 12, ...rest } = own;
  const nowMs = rest.nowMs ?? MIDNIGHT + hour * HOUR;
  const minuteOfDay = Math.floor((nowMs % DAY) / MINUTE);
  return { nowMs, minuteOfDay, hidden: false, throttledTimers: false, dayBytes: 0, online: true, ...rest };
}

const kinds = ({ reasons }: Conduct): string[] => reasons.map(({ kind }) => kind);
const on = (charging: boolean, level: number): Partial<Signals> => ({ battery: { charging, level } });
const at = (hour: number): number => MIDNIGHT + hour * HOUR;

describe('a decision', () => {
  it('is full power when nothing speaks against it, and says nothing then', () => {
    expect(decide(ALL, signals())).toMatchObject({
      run: true,
      intensity: 1,
      reasons: [],
      badge: 'full-power',
      nextLookMs: undefined,
    });
  });

  it.each<[string, Partial<Settings>, Partial<Signals> & { hour?: number }, Reason]>([
    ['on battery', { onlyOnMains: true }, on(false, 0.9), { kind: 'on-battery' }],
    ['low battery', { batteryFloor: 0.3 }, on(false, 0.29), { kind: 'battery-low', floor: 0.3, level: 0.29 }],
    [
      'quiet hours',
      { schedule: { kind: 'except', fromMinute: 11 * 60, toMinute: 13 * 60 } },
      {},
      { kind: 'quiet-hours', untilMs: at(13) },
    ],
    [
      'not night yet',
      { schedule: { kind: 'only', fromMinute: 22 * 60, toMinute: 7 * 60 } },
      {},
      { kind: 'quiet-hours', untilMs: at(22) },
    ],
    [
      'a spent allowance',
      { dailyDataBytes: 1000 },
      { dayBytes: 1000 },
      { kind: 'data-cap', usedBytes: 1000, capBytes: 1000, untilMs: at(24) },
    ],
    ['a metered network', { onMetered: false }, { metered: true }, { kind: 'metered' }],
    ['data saver', { onMetered: false }, { saveData: true }, { kind: 'metered' }],
    [
      'somebody at the keyboard',
      { pauseWhileInUse: true },
      { userActive: true },
      { kind: 'in-use', idleMinutes: 5, untilMs: undefined },
    ],
    ['critical pressure', { heat: 'normal' }, { pressure: 'critical' }, { kind: 'very-hot' }],
    ['serious pressure when careful', { heat: 'careful' }, { pressure: 'serious' }, { kind: 'very-hot' }],
  ])('is to pause for %s, and not where that was not chosen', (_, chosen, seen, reason) => {
    expect(decide({ ...ALL, ...chosen }, signals(seen))).toMatchObject({
      run: false,
      reasons: [reason],
      badge: 'paused',
    });
    expect(decide(ALL, signals(seen)).run).toBe(true);
  });

  it.each<[string, Partial<Settings>, Partial<Signals>]>([
    ['a charging battery', { onlyOnMains: true, batteryFloor: 0.5 }, on(true, 0.1)],
    ['no battery', { onlyOnMains: true, batteryFloor: 0.5 }, {}],
    ['a battery at its floor', { batteryFloor: 0.5 }, on(false, 0.5)],
    [
      'a locked screen, whoever used it last',
      { pauseWhileInUse: true },
      { userActive: true, screenLocked: true },
    ],
    ['a browser that cannot tell of use', { pauseWhileInUse: true }, {}],
    ['a window without length', { schedule: { kind: 'only', fromMinute: 60, toMinute: 60 } }, {}],
    ['data that is not spent', { dailyDataBytes: 1000 }, { dayBytes: 999 }],
  ])('is to work with %s', (_, chosen, seen) => {
    expect(decide({ ...ALL, ...chosen }, signals(seen)).run).toBe(true);
  });

  it('names every cause, and the badge says the weightiest', () => {
    const settings = { ...ALL, onlyOnMains: true, dailyDataBytes: 10 };
    const many = decide(settings, signals({ ...on(false, 1), dayBytes: 10, throttledTimers: true }));
    expect(kinds(many)).toEqual(['on-battery', 'data-cap']);
    const held = decide(
      { ...ALL, intensity: 0.5 },
      signals({ throttledTimers: true, online: false, hidden: true }),
    );
    expect(held).toMatchObject({ run: true, badge: 'throttled' });
    expect(kinds(held)).toEqual(['throttled', 'offline', 'intensity']);
    expect(decide({ ...ALL, intensity: 0.5 }, signals()).badge).toBe('reduced');
  });

  it('says when the clock alone may change it', () => {
    const night: Settings = { ...ALL, schedule: { kind: 'only', fromMinute: 22 * 60, toMinute: 7 * 60 } };
    expect(decide(night, signals({ hour: 23 }))).toMatchObject({ run: true, nextLookMs: at(31) });
    expect(decide(night, signals({ nowMs: at(6) + 59 * MINUTE + 59_999 }))).toMatchObject({
      run: true,
      nextLookMs: at(7),
    });
    expect(decide(night, signals({ hour: 7 }))).toMatchObject({ run: false, nextLookMs: at(22) });
    const capped = decide({ ...night, dailyDataBytes: 1 }, signals({ hour: 23, dayBytes: 5 }));
    expect(capped).toMatchObject({ run: false, nextLookMs: at(24) });
  });
});

/** Decisions over time, each told the one before. */
function life(settings: Settings, seen: readonly Partial<Signals>[], stepMs: number): Conduct[] {
  const lived: Conduct[] = [];
  for (const [i, own] of seen.entries()) {
    lived.push(decide(settings, signals({ ...own, nowMs: at(1) + i * stepMs }), lived.at(-1)));
  }
  return lived;
}

describe('a battery at its floor', () => {
  const settings = { ...ALL, batteryFloor: 0.3 };

  it('does not flap: it goes on with 5 % more, or half a minute on mains', () => {
    const levels = [0.3, 0.29, 0.3, 0.31, 0.34, 0.35, 0.36].map((level) => on(false, level));
    expect(life(settings, levels, MINUTE).map(({ run }) => run)).toEqual([
      true,
      false,
      false,
      false,
      false,
      true,
      true,
    ]);
    const plugged = [on(false, 0.2), on(true, 0.2), on(true, 0.2), on(true, 0.2), on(true, 0.2)];
    expect(life(settings, plugged, 10_000).map(({ run }) => run)).toEqual([false, false, false, true, true]);
  });

  it('waits no longer for a clock that was set back by hours', () => {
    const low = decide(settings, signals({ ...on(false, 0.2), hour: 20 }));
    const back = decide(settings, signals({ ...on(true, 0.2), hour: 3 }), low);
    expect(back.run).toBe(false);
    const later = signals({ ...on(true, 0.2), nowMs: at(3) + 30_000 });
    expect(decide(settings, later, back).run).toBe(true);
  });
});

describe('a computer in use', () => {
  it('is left alone until nobody has used it for as long as was chosen, and tells when that is', () => {
    const settings = { ...ALL, pauseWhileInUse: true, idleMinutes: 3 };
    const seen = [true, false, false, true, false, false, false, false].map((userActive) => ({ userActive }));
    const lived = life(settings, seen, MINUTE);
    expect(lived.map(({ run }) => run)).toEqual([false, false, false, false, false, false, true, true]);
    expect(lived[4]!.reasons).toEqual([{ kind: 'in-use', idleMinutes: 3, untilMs: at(1) + 6 * MINUTE }]);
    expect(lived[4]!.nextLookMs).toBe(at(1) + 6 * MINUTE);
  });

  it('is worked on as soon as the visitor no longer minds', () => {
    const before = decide({ ...ALL, pauseWhileInUse: true }, signals({ userActive: true }));
    expect(decide(ALL, signals({ userActive: true }), before).run).toBe(true);
  });
});

describe('heat', () => {
  const normal: Settings = { ...ALL, heat: 'normal' };
  const pressures = (...levels: (Pressure | undefined)[]): Partial<Signals>[] =>
    levels.map((pressure) => (pressure ? { pressure } : {}));

  it('halves what is done, step by step, and gives it back more slowly', () => {
    const hot = life(normal, pressures('serious', 'serious', 'serious', 'serious', 'serious'), 30_000);
    expect(hot.map(({ intensity }) => intensity)).toEqual([0.5, 0.25, 0.125, 0.125, 0.125]);
    expect(hot[0]).toMatchObject({
      run: true,
      badge: 'reduced',
      reasons: [{ kind: 'hot', share: 0.5, seenBy: 'pressure' }],
    });
    const cooled = life(normal, pressures('serious', ...Array<Pressure>(9).fill('nominal')), 30_000);
    expect(cooled.map(({ intensity }) => intensity)).toEqual([0.5, 0.5, 0.5, 0.5, 1, 1, 1, 1, 1, 1]);
  });

  it('pauses when critical, until it was cool for two minutes, and begins again with a quarter', () => {
    const levels = pressures('critical', 'serious', ...Array<Pressure>(8).fill('fair'));
    const lived = life(normal, levels, MINUTE);
    expect(lived.map(({ run }) => run)).toEqual([false, false, false, ...Array<boolean>(7).fill(true)]);
    expect(lived.map(({ intensity }) => intensity).slice(3)).toEqual([0.25, 0.25, 0.5, 0.5, 1, 1, 1]);
  });

  it('is noticed by slower shards where nobody tells of pressure, and then takes a half at most', () => {
    const slow = Array.from({ length: 12 }, () => ({ drift: 0.4 }));
    const lived = life(normal, slow, MINUTE);
    expect(lived.map(({ intensity }) => intensity).filter((x, i, all) => x !== all[i - 1])).toEqual([
      0.75, 0.5625, 0.5,
    ]);
    expect(lived.every(({ run }) => run)).toBe(true);
    expect(lived[0]!.reasons).toEqual([{ kind: 'hot', share: 0.75, seenBy: 'speed' }]);
    expect(life(normal, [{ drift: 0.7 }], MINUTE)[0]!.intensity).toBe(1);
    expect(life({ ...normal, heat: 'careful' }, [{ drift: 0.7 }], MINUTE)[0]!.intensity).toBe(0.75);
    expect(life(normal, [{ drift: 0.1, pressure: 'nominal' }], MINUTE)[0]!.intensity).toBe(1);
  });

  it('never takes the intensity below its least', () => {
    const low = { ...normal, intensity: 0.1 };
    expect(life(low, pressures('serious', 'serious', 'serious'), MINUTE).at(-1)!.intensity).toBe(0.05);
  });

  it('does not last for hours when the clock is set back', () => {
    let conduct = decide(normal, signals({ hour: 23, pressure: 'critical' }));
    for (const minute of [0, 1, 2]) {
      conduct = decide(normal, signals({ nowMs: at(2) + minute * MINUTE, pressure: 'nominal' }), conduct);
    }
    expect(conduct.run).toBe(true);
  });
});

const anySignals = fc.record({
  battery: fc.option(
    fc.record({ charging: fc.boolean(), level: fc.double({ min: 0, max: 1, noNaN: true }) }),
    { nil: undefined },
  ),
  userActive: fc.option(fc.boolean(), { nil: undefined }),
  screenLocked: fc.option(fc.boolean(), { nil: undefined }),
  pressure: fc.constantFrom<Pressure | undefined>('nominal', 'fair', 'serious', 'critical', undefined),
  drift: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
  saveData: fc.option(fc.boolean(), { nil: undefined }),
  metered: fc.option(fc.boolean(), { nil: undefined }),
  hidden: fc.boolean(),
  throttledTimers: fc.boolean(),
  dayBytes: fc.nat(2000),
  online: fc.boolean(),
});

const anySettings = fc
  .record({
    preset: fc.constantFrom('gentle' as const, 'balanced' as const, 'all-in' as const),
    pauseWhileInUse: fc.boolean(),
    heat: fc.constantFrom('off' as const, 'normal' as const, 'careful' as const),
    dailyDataBytes: fc.option(fc.nat(2000), { nil: undefined }),
    schedule: fc.record({
      kind: fc.constantFrom('always' as const, 'except' as const, 'only' as const),
      fromMinute: fc.nat(1439),
      toMinute: fc.nat(1439),
    }),
  })
  .map(({ preset, ...own }): Settings => ({ ...withPreset(DEFAULTS, preset), ...own }));

describe('whatever the browser says', () => {
  const story = fc.array(fc.tuple(fc.integer({ min: 1, max: 90 }), anySignals), {
    minLength: 2,
    maxLength: 60,
  });

  it('a pause has a reason, anything less than full power too, and the intensity is one that can be set', () => {
    fc.assert(
      fc.property(anySettings, anySignals, fc.nat(DAY), (settings, seen, time) => {
        const conduct = decide(settings, signals({ ...seen, nowMs: MIDNIGHT + time }));
        const { run, reasons, badge, intensity, nextLookMs } = conduct;
        expect(run).toBe(badge !== 'paused');
        expect(reasons.length === 0).toBe(badge === 'full-power');
        if (badge === 'full-power') expect(intensity).toBe(1);
        expect(intensity).toBeGreaterThanOrEqual(0.05);
        expect(intensity).toBeLessThanOrEqual(1);
        if (nextLookMs !== undefined) expect(nextLookMs).toBeGreaterThan(MIDNIGHT + time);
      }),
    );
  });

  it('never flaps: what paused it by anything but the clock or the data cap holds for half a minute', () => {
    fc.assert(
      fc.property(anySettings, story, (chosen, steps) => {
        const settings: Settings = { ...chosen, dailyDataBytes: undefined, schedule: DEFAULTS.schedule };
        let now = at(1);
        let previous: Conduct | undefined;
        let pausedMs = -Infinity;
        for (const [seconds, seen] of steps) {
          now += seconds * 1000;
          const conduct = decide(settings, signals({ ...seen, nowMs: now }), previous);
          if (!conduct.run && previous?.run !== false) pausedMs = now;
          if (conduct.run && previous?.run === false) expect(now - pausedMs).toBeGreaterThanOrEqual(30_000);
          previous = conduct;
        }
      }),
    );
  });

  it('decides the same when asked twice at a moment, and nothing changes before the next look', () => {
    fc.assert(
      fc.property(anySettings, story, (settings, steps) => {
        let now = at(1);
        let previous: Conduct | undefined;
        for (const [seconds, seen] of steps) {
          now += seconds * 1000;
          const conduct = decide(settings, signals({ ...seen, nowMs: now }), previous);
          const again = decide(settings, signals({ ...seen, nowMs: now }), conduct);
          expect(again).toEqual(conduct);
          const soon = Math.min(conduct.nextLookMs ?? Infinity, now + DAY) - 1;
          const then = decide(settings, signals({ ...seen, nowMs: soon }), conduct);
          expect([then.run, then.intensity]).toEqual([conduct.run, conduct.intensity]);
          previous = conduct;
        }
      }),
    );
  });
});
