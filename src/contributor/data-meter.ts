/**
 * Bytes of the local day, over reloads. A clock may be hours off and be set right at any time: when it goes back to
 * an earlier day, what was counted under later ones was spent on that day; so a cap is not lifted by it, and it
 * holds until the next midnight, not until a wrong date comes.
 */

export interface DataMeter {
  /** Local dates, "2026-03-01", the earliest first; the last is today. */
  readonly days: readonly { readonly day: string; readonly bytes: number }[];
}

export const NO_DATA: DataMeter = { days: [] };

/** Days kept to come back to. */
const KEPT = 8;
const MAX_TEXT = 4096;
const DAY = /^\d{4,6}-\d\d-\d\d$/;

/** Adds what has moved since the last call; 0 to see the day change. */
export function countBytes(meter: DataMeter, day: string, bytes: number): DataMeter {
  const moved = Number.isFinite(bytes) ? Math.max(0, bytes) : 0;
  const today = meter.days.filter((entry) => entry.day >= day).reduce((sum, entry) => sum + entry.bytes, 0);
  const earlier = meter.days.filter((entry) => entry.day < day);
  return { days: [...earlier, { day, bytes: today + moved }].slice(-KEPT) };
}

/** Of the day that was counted last. */
export function dayBytes({ days }: DataMeter): number {
  return days.at(-1)?.bytes ?? 0;
}

/** The visitor's local date and minute of the day. */
export function localTime(nowMs: number): { day: string; minuteOfDay: number } {
  const date = new Date(nowMs);
  const two = (value: number): string => value.toString().padStart(2, '0');
  return {
    day: `${date.getFullYear().toString().padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`,
    minuteOfDay: date.getHours() * 60 + date.getMinutes(),
  };
}

export function serializeMeter({ days }: DataMeter): string {
  return JSON.stringify({ version: 1, days });
}

/** Never throws: what is odd counts as nothing. */
export function parseMeter(text: string | null | undefined): DataMeter {
  if (typeof text !== 'string' || text.length > MAX_TEXT) return NO_DATA;
  try {
    const { version, days } = (JSON.parse(text) ?? {}) as { version?: unknown; days?: unknown };
    if (version !== 1 || !Array.isArray(days)) return NO_DATA;
    const good = days.filter(isDay).map(({ day, bytes }) => ({ day, bytes }));
    return good.reduce((meter, { day, bytes }) => countBytes(meter, day, bytes), NO_DATA);
  } catch {
    return NO_DATA;
  }
}

function isDay(value: unknown): value is DataMeter['days'][number] {
  const { day, bytes } = (value ?? {}) as { day?: unknown; bytes?: unknown };
  return typeof day === 'string' && DAY.test(day) && typeof bytes === 'number' && bytes >= 0;
}
