/** Settings as text, for localStorage. What is read there may be anything: it never throws, and what is odd is the default. */
import { DEFAULTS, type Heat, RANGES, type Schedule, type Settings } from './settings.ts';

/** Raised when a field changes its meaning; fields that come or go need no new one. */
const VERSION = 1;
/** Our own are under 1 KB. */
const MAX_TEXT = 16 * 1024;
const HEATS: readonly Heat[] = ['off', 'normal', 'careful'];
const KINDS: readonly Schedule['kind'][] = ['always', 'except', 'only'];

export function serializeSettings(settings: Settings): string {
  // JSON has no undefined: null says that there is no cap.
  return JSON.stringify({ version: VERSION, ...settings }, (_, value: unknown) => value ?? null);
}

/** @param text - as it was kept, if anything was */
export function parseSettings(text: string | null | undefined): Settings {
  const kept = fieldsOf(text);
  const schedule = objectOf(kept['schedule']);
  const number = (field: Ranged): number => numberOr(DEFAULTS[field], kept[field], RANGES[field]);
  const flag = (field: Flag): boolean => flagOr(DEFAULTS[field], kept[field]);
  const minute = (field: 'fromMinute' | 'toMinute'): number =>
    Math.round(numberOr(DEFAULTS.schedule[field], schedule[field], RANGES.minute));
  return {
    intensity: number('intensity'),
    onlyOnMains: flag('onlyOnMains'),
    batteryFloor: number('batteryFloor'),
    schedule: {
      kind: oneOr(DEFAULTS.schedule.kind, schedule['kind'], KINDS),
      fromMinute: minute('fromMinute'),
      toMinute: minute('toMinute'),
    },
    dailyDataBytes: cap(kept['dailyDataBytes'], RANGES.dailyDataBytes),
    downBytesPerSecond: cap(kept['downBytesPerSecond'], RANGES.bytesPerSecond),
    upBytesPerSecond: cap(kept['upBytesPerSecond'], RANGES.bytesPerSecond),
    onMetered: flag('onMetered'),
    memoryBytes: Math.round(number('memoryBytes')),
    diskBytes: Math.round(number('diskBytes')),
    pauseWhileInUse: flag('pauseWhileInUse'),
    idleMinutes: Math.round(number('idleMinutes')),
    heat: oneOr(DEFAULTS.heat, kept['heat'], HEATS),
    keepAwake: flag('keepAwake'),
    tone: flag('tone'),
  };
}

type Ranged = 'intensity' | 'batteryFloor' | 'memoryBytes' | 'diskBytes' | 'idleMinutes';
type Flag = 'onlyOnMains' | 'onMetered' | 'pauseWhileInUse' | 'keepAwake' | 'tone';
type Range = readonly [least: number, most: number];

function fieldsOf(text: string | null | undefined): Record<string, unknown> {
  if (typeof text !== 'string' || text.length > MAX_TEXT) return {};
  try {
    const fields = objectOf(JSON.parse(text));
    return fields['version'] === VERSION ? fields : {};
  } catch {
    return {};
  }
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function numberOr(fallback: number, value: unknown, [least, most]: Range): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) return fallback;
  return Math.min(most, Math.max(least, value));
}

const flagOr = (fallback: boolean, value: unknown): boolean =>
  typeof value === 'boolean' ? value : fallback;

const oneOr = <T>(fallback: T, value: unknown, among: readonly T[]): T =>
  among.find((known) => known === value) ?? fallback;

/** Rounded down: a cap is never more than was asked for. */
const cap = (value: unknown, range: Range): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? Math.floor(numberOr(0, value, range)) : undefined;
