import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LEAST_INTENSITY, LEAST_RATE_CAP } from '../../src/contributor/api.ts';
import { parseSettings, serializeSettings } from '../../src/contributor/settings-text.ts';
import {
  DEFAULTS,
  PRESETS,
  RANGES,
  type Settings,
  presetOf,
  withPreset,
} from '../../src/contributor/settings.ts';

const MIB = 1024 * 1024;
const names = ['gentle', 'balanced', 'all-in'] as const;

describe('presets', () => {
  it('are each recognised, and the default is the one in the middle', () => {
    for (const name of names) expect(presetOf(withPreset(DEFAULTS, name))).toBe(name);
    expect(presetOf(DEFAULTS)).toBe('balanced');
    expect(presetOf({ ...DEFAULTS, intensity: 0.74 })).toBe('custom');
  });

  it('leave the schedule, the data caps and the tone as they were chosen', () => {
    const own: Settings = {
      ...DEFAULTS,
      schedule: { kind: 'only', fromMinute: 1, toMinute: 2 },
      dailyDataBytes: 5 * MIB,
      upBytesPerSecond: 9e6,
      tone: true,
    };
    for (const name of names) {
      const { schedule, dailyDataBytes, upBytesPerSecond, tone } = withPreset(own, name);
      expect({ schedule, dailyDataBytes, upBytesPerSecond, tone }).toEqual({
        schedule: own.schedule,
        dailyDataBytes: 5 * MIB,
        upBytesPerSecond: 9e6,
        tone: true,
      });
      expect(presetOf(withPreset(own, name))).toBe(name);
    }
  });

  it('go from little to much', () => {
    const order = names.map((name) => PRESETS[name]);
    expect(order.map(({ intensity }) => intensity)).toEqual([0.35, 0.75, 1]);
    expect(order.map(({ memoryBytes }) => memoryBytes / MIB)).toEqual([256, 512, 1024]);
    expect(order.map(({ onlyOnMains }) => onlyOnMains)).toEqual([true, true, false]);
  });
});

describe('settings as text', () => {
  const cap = fc.option(fc.integer({ min: LEAST_RATE_CAP, max: 1024 ** 3 }), { nil: undefined });
  const any: fc.Arbitrary<Settings> = fc.record({
    intensity: fc.double({ min: LEAST_INTENSITY, max: 1, noNaN: true }),
    onlyOnMains: fc.boolean(),
    batteryFloor: fc.double({ min: 0, max: 0.95, noNaN: true }).map((level) => level + 0),
    schedule: fc.record({
      kind: fc.constantFrom('always' as const, 'except' as const, 'only' as const),
      fromMinute: fc.nat(1439),
      toMinute: fc.nat(1439),
    }),
    dailyDataBytes: fc.option(fc.integer({ min: 16 * MIB, max: 1024 ** 4 }), { nil: undefined }),
    downBytesPerSecond: cap,
    upBytesPerSecond: cap,
    onMetered: fc.boolean(),
    memoryBytes: fc.integer({ min: 64 * MIB, max: 4096 * MIB }),
    diskBytes: fc.integer({ min: 0, max: 8192 * MIB }),
    pauseWhileInUse: fc.boolean(),
    idleMinutes: fc.integer({ min: 1, max: 120 }),
    heat: fc.constantFrom('off' as const, 'normal' as const, 'careful' as const),
    keepAwake: fc.boolean(),
    tone: fc.boolean(),
  });

  it('come back as they were', () => {
    fc.assert(
      fc.property(any, (settings) => {
        expect(parseSettings(serializeSettings(settings))).toEqual(settings);
      }),
    );
  });

  it('are the defaults where there is nothing, or nothing of ours', () => {
    for (const text of [null, undefined, '', 'null', '7', '[]', '{', '{"version":2,"intensity":0.5}']) {
      expect(parseSettings(text)).toEqual(DEFAULTS);
    }
    expect(parseSettings(' '.repeat(20_000) + serializeSettings({ ...DEFAULTS, tone: true }))).toEqual(
      DEFAULTS,
    );
  });

  it('lose only the fields that are odd, and are brought within what is possible', () => {
    const kept = {
      version: 1,
      intensity: 7,
      batteryFloor: '0.4',
      onlyOnMains: 1,
      schedule: { kind: 'sometimes', fromMinute: -5, toMinute: 30.4 },
      dailyDataBytes: 1,
      downBytesPerSecond: 1,
      upBytesPerSecond: 'fast',
      memoryBytes: 1e15,
      diskBytes: -1,
      idleMinutes: null,
      heat: 'hot',
      tone: true,
    };
    expect(parseSettings(JSON.stringify(kept))).toEqual({
      ...DEFAULTS,
      intensity: 1,
      schedule: { ...DEFAULTS.schedule, fromMinute: 0, toMinute: 30 },
      dailyDataBytes: RANGES.dailyDataBytes[0],
      downBytesPerSecond: LEAST_RATE_CAP,
      memoryBytes: 4096 * MIB,
      diskBytes: 0,
      tone: true,
    });
  });

  it('are always settings, whatever was kept', () => {
    const fields = fc.dictionary(fc.constantFrom(...Object.keys(DEFAULTS)), fc.jsonValue());
    fc.assert(
      fc.property(fields, fc.string(), (odd, text) => {
        const settings = parseSettings(JSON.stringify({ version: 1, ...odd }));
        expect(parseSettings(serializeSettings(settings))).toEqual(settings);
        expect(Object.keys(settings).toSorted()).toEqual(Object.keys(DEFAULTS).toSorted());
        expect(settings.intensity).toBeGreaterThanOrEqual(LEAST_INTENSITY);
        expect(settings.intensity).toBeLessThanOrEqual(1);
        expect(parseSettings(text)).toEqual(DEFAULTS);
      }),
    );
  });
});
