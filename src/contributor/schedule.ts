/** Whether a schedule lets it work now, and until when that holds. */
import type { Schedule } from './settings.ts';

const DAY_MINUTES = 24 * 60;
const MINUTE_MS = 60_000;

export interface Slot {
  readonly works: boolean;
  /** When that changes, if ever: exact but for the two nights a year in which clocks are set. */
  readonly untilMs: number | undefined;
}

/** @param now - see Signals */
export function slotOf(schedule: Schedule, now: { nowMs: number; minuteOfDay: number }): Slot {
  const { kind, fromMinute, toMinute } = schedule;
  if (kind === 'always' || fromMinute === toMinute) return { works: true, untilMs: undefined };
  const length = minutesTo(toMinute, fromMinute);
  const inside = minutesTo(now.minuteOfDay, fromMinute) < length;
  const edge = inside ? toMinute : fromMinute;
  return { works: inside === (kind === 'only'), untilMs: nextMs(edge, now) };
}

export function midnightMs(now: { nowMs: number; minuteOfDay: number }): number {
  return nextMs(0, now);
}

/** The next time that this minute of the day begins. Time zones differ by whole minutes. */
function nextMs(minute: number, { nowMs, minuteOfDay }: { nowMs: number; minuteOfDay: number }): number {
  const ahead = minutesTo(minute, minuteOfDay) || DAY_MINUTES;
  return nowMs - (nowMs % MINUTE_MS) + ahead * MINUTE_MS;
}

const minutesTo = (minute: number, from: number): number => (minute - from + DAY_MINUTES) % DAY_MINUTES;
