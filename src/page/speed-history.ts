/**
 * How fast this browser computed, minute by minute, over the last day. Pure: a history that was given away never
 * changes. Minutes without work are gaps and not zeros, so that a mean is of the time at work.
 */

export interface SpeedHistory {
  /** Of the first value, in minutes since the Unix epoch. */
  readonly start: number;
  /** FLOP/s of each minute; undefined where nothing was computed. The last one is never a gap. */
  readonly values: readonly (number | undefined)[];
  /** How many samples the last value is the mean of. */
  readonly samples: number;
}

export const NO_HISTORY: SpeedHistory = { start: 0, values: [], samples: 0 };
export const HISTORY_MINUTES = 24 * 60;
const MINUTE_MS = 60_000;
const GIGA = 1e9;
/** No machine reaches it; what does is a mistake. In GFLOP/s. */
const MAX_GIGA = 1e9;
const VERSION = '1';
/** A day of minutes is 7 KB. */
const MAX_TEXT_CHARS = 32 * 1024;
/** The year 5138: clocks beyond it are broken. */
const MAX_MINUTE = 1e14 / MINUTE_MS;

/** One sample of the speed, to be taken while something is computed. @param flops - of 0 or nonsense, nothing is kept */
export function record(history: SpeedHistory, nowMs: number, flops: number): SpeedHistory {
  const minute = Math.floor(nowMs / MINUTE_MS);
  if (!(flops > 0 && flops < MAX_GIGA * GIGA) || !(minute >= 0 && minute <= MAX_MINUTE)) return history;
  // Values after now come from a clock that was ahead.
  const values = history.values.slice(0, Math.max(0, minute - history.start + 1));
  const since = minute - history.start - (values.length - 1);
  if (values.length === 0 || since >= HISTORY_MINUTES) return { start: minute, values: [flops], samples: 1 };
  if (since === 0) {
    const before = values.at(-1);
    const samples = before === undefined ? 1 : Math.max(1, history.samples) + 1;
    values[values.length - 1] = before === undefined ? flops : before + (flops - before) / samples;
    return { start: history.start, values, samples };
  }
  for (let gap = 1; gap < since; gap++) values.push(undefined);
  values.push(flops);
  const dropped = Math.max(0, values.length - HISTORY_MINUTES);
  return { start: history.start + dropped, values: values.slice(dropped), samples: 1 };
}

/** For localStorage: three digits of each minute, gaps of n minutes as `*n`. */
export function historyText({ start, values }: SpeedHistory): string {
  const parts: string[] = [];
  let gap = 0;
  for (const value of values) {
    if (value === undefined) {
      gap += 1;
      continue;
    }
    if (gap > 0) parts.push(`*${gap}`);
    gap = 0;
    parts.push(String(Number((value / GIGA).toPrecision(3))));
  }
  return `${VERSION};${start};${parts.join(',')}`;
}

/** Of any text, or none: what cannot be read is no history. */
export function readHistory(text: string | null): SpeedHistory {
  if (text === null || text.length > MAX_TEXT_CHARS) return NO_HISTORY;
  const [version, begin, list, ...rest] = text.split(';');
  if (version !== VERSION || !/^\d{1,12}$/.test(begin ?? '') || !list || rest.length > 0) return NO_HISTORY;
  const values: (number | undefined)[] = [];
  for (const part of list.split(',')) {
    const gap = /^\*(\d{1,4})$/.exec(part)?.[1];
    const value = /^\d{1,10}(\.\d{1,12})?(e-?\d{1,2})?$/.test(part) ? Number(part) : -1;
    if (gap !== undefined) for (let i = 0; i < Number(gap); i++) values.push(undefined);
    else if (value > 0 && value < MAX_GIGA) values.push(value * GIGA);
    else return NO_HISTORY;
    if (values.length > HISTORY_MINUTES) return NO_HISTORY;
  }
  const start = Number(begin);
  if (values.at(-1) === undefined || start + values.length > MAX_MINUTE) return NO_HISTORY;
  return { start, values, samples: 1 };
}

/** Some minutes together. */
export interface SpeedBin {
  readonly fromMs: number;
  readonly toMs: number;
  /** Minutes at work, and their mean and best speed in FLOP/s: undefined without any. */
  readonly worked: number;
  readonly mean: number | undefined;
  readonly best: number | undefined;
}

/** The last `minutes` up to now, in steps: round ones of the clock, the last of them not over yet. */
export function binsOf(
  { start, values }: SpeedHistory,
  nowMs: number,
  minutes: number,
  step: number,
): SpeedBin[] {
  const last = Math.floor(nowMs / MINUTE_MS / step) * step;
  return Array.from({ length: Math.ceil(minutes / step) }, (_, i) => {
    const from = last - minutes + step * (i + 1);
    const cut = values.slice(Math.max(0, from - start), Math.max(0, from + step - start));
    return { fromMs: from * MINUTE_MS, toMs: (from + step) * MINUTE_MS, ...summary(cut) };
  });
}

/** Over the last `minutes`: for "GFLOP/s in the last hour", and what a list of bins comes to. */
export function summaryOf(
  history: SpeedHistory,
  nowMs: number,
  minutes: number,
): Omit<SpeedBin, 'fromMs' | 'toMs'> {
  const end = Math.floor(nowMs / MINUTE_MS) + 1 - history.start;
  return summary(history.values.slice(Math.max(0, end - minutes), Math.max(0, end)));
}

function summary(values: readonly (number | undefined)[]): Omit<SpeedBin, 'fromMs' | 'toMs'> {
  const at = values.filter((value) => value !== undefined);
  const worked = at.length;
  if (worked === 0) return { worked, mean: undefined, best: undefined };
  return { worked, mean: at.reduce((sum, value) => sum + value, 0) / worked, best: Math.max(...at) };
}
