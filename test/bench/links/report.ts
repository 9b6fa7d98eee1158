/** From what was counted to what is said: ratios to the bound, and where the time went. Pure. */
import type { Limit, ProductBound } from '../../../src/core/bound.ts';
import type { Rect } from '../../../src/coordinator/grid.ts';
import { rounded } from '../statistics.ts';
import { type Case, limitsOf } from './cases.ts';

/** Busy share of each slot of the job, 0 to 1, for what one contributor has. */
export type Activity = Readonly<Record<Limit, readonly number[]>>;

export interface LeaseTrace {
  /** Its place among the contributors. */
  readonly contributor: number;
  readonly rect: Rect;
  /** Since the job was created, s. */
  readonly issued: number;
  readonly verified: number;
  readonly gpuSeconds: number;
}

/** What one run of a case came to. Times are the case's own, not the machine's. */
export interface Run {
  readonly case: Case;
  readonly bound: ProductBound;
  /** Of an entry of C on the wire, measured. */
  readonly cBytes: number;
  /** From the job's creation to its end. */
  readonly seconds: number;
  /** Share of C that was verified by then; below 1 where patience ended. */
  readonly done: number;
  /** Operand blocks down and result blocks up, as they travelled, by the links' own counters. */
  readonly down: number;
  readonly up: number;
  /** Through the proxies. */
  readonly tcpBytes: number;
  readonly leases: readonly LeaseTrace[];
  /** For each contributor. */
  readonly activity: readonly Activity[];
  /** Of the machine's processors, s: the coordinator, and all contributors. */
  readonly cpu: { readonly coordinator: number; readonly engines: number };
  /** How late the proxies were, ms of the machine: the 99th of a hundred turns. Much of it makes links slower. */
  readonly lagMs: number;
}

export interface Losses {
  /** Shares of the run in which what limits a contributor had not begun, paused, or was over; and was busy. */
  readonly start: number;
  readonly gaps: number;
  readonly tail: number;
  readonly busy: number;
}

/** A slot in which less than this share is busy counts as idle when start and tail are told from gaps. */
const BUSY_SHARE = 0.2;

/** Where the time of `slots` went. */
export function lossesOf(slots: readonly number[]): Losses {
  const count = Math.max(1, slots.length);
  const first = slots.findIndex((share) => share >= BUSY_SHARE);
  const busy = slots.reduce((sum, share) => sum + Math.min(1, share), 0);
  if (first < 0) return { start: 1 - busy / count, gaps: 0, tail: 0, busy: busy / count };
  const last = slots.findLastIndex((share) => share >= BUSY_SHARE);
  const [start, tail] = [first, slots.length - 1 - last];
  return {
    start: start / count,
    tail: tail / count,
    gaps: Math.max(0, count - start - tail - busy) / count,
    busy: busy / count,
  };
}

export interface Ratios {
  readonly bytes: number;
  readonly rate: number;
  readonly gpuIdle: number;
}

export function ratiosOf({ bound, seconds, done, down, up, activity }: Run): Ratios {
  const idle = activity.map(
    ({ rate }) => 1 - rate.reduce((sum, share) => sum + share, 0) / Math.max(1, rate.length),
  );
  return {
    // An unfinished product has not needed all of its bytes either.
    bytes: (down + up) / (bound.bytes * done),
    rate: (done * bound.seconds) / seconds,
    gpuIdle: mean(idle),
  };
}

export const MAX_BYTES_RATIO = 1.15;
export const MIN_RATE_RATIO = 0.8;

/** What is below the promise, in words. */
export function faultsOf(run: Run): string[] {
  const { bytes, rate } = ratiosOf(run);
  const { name } = run.case;
  return [
    ...(run.done < 1 ? [`${name}: only ${(run.done * 100).toFixed(0)} % were done in time`] : []),
    ...(bytes > MAX_BYTES_RATIO ? [`${name}: ${bytes.toFixed(2)} times the bytes of the bound`] : []),
    ...(rate < MIN_RATE_RATIO ? [`${name}: ${rate.toFixed(2)} of the bound's rate`] : []),
  ];
}

/** One line of the table. */
export function rowOf(run: Run): Record<string, string | number> {
  const { bytes, rate, gpuIdle } = ratiosOf(run);
  const { case: of, bound, leases, activity } = run;
  const limits = limitsOf(of, bound, run.cBytes);
  const losses = activity.map((each, i) => lossesOf(each[limits[i]!]));
  const percent = (pick: (one: Losses) => number): string => (100 * mean(losses.map(pick))).toFixed(0);
  return {
    case: of.name,
    'C, K': `${of.rows} × ${of.cols}, ${of.k}`,
    'bound (s)': bound.seconds.toFixed(1),
    limit: limitsText(limits),
    'took (s)': run.done < 1 ? `> ${run.seconds.toFixed(0)}` : run.seconds.toFixed(1),
    rate: rate.toFixed(2),
    bytes: bytes.toFixed(2),
    'MB down, up': `${(run.down / 1e6).toFixed(0)}, ${(run.up / 1e6).toFixed(0)}`,
    'GPU idle': gpuIdle.toFixed(2),
    leases: leases.length,
    'lease (s)': mean(leases.map(({ issued, verified }) => verified - issued)).toFixed(1),
    'limit: start, gaps, tail, busy (%)': [
      percent(({ start }) => start),
      percent(({ gaps }) => gaps),
      percent(({ tail }) => tail),
      percent(({ busy }) => busy),
    ].join(', '),
    'c, slowed, lag (ms)': `${run.cBytes.toFixed(2)}, ${of.dilation.toFixed(1)}, ${run.lagMs.toFixed(0)}`,
  };
}

function limitsText(limits: readonly Limit[]): string {
  return Array.from(new Set(limits)).join(' or ').replaceAll('rate', 'GPU');
}

export interface Summary {
  readonly bench: 'links';
  readonly bytes_vs_bound: Record<string, number | null>;
  readonly rate_vs_bound: Record<string, number | null>;
  /** For each case. */
  readonly gpu_idle: Record<string, number | null>;
  readonly ok: boolean;
}

export function summaryOf(runs: readonly Run[]): Summary {
  const each = (pick: (ratios: Ratios) => number): Record<string, number | null> =>
    Object.fromEntries(runs.map((run) => [run.case.name, rounded(pick(ratiosOf(run)))]));
  return {
    bench: 'links',
    bytes_vs_bound: each(({ bytes }) => bytes),
    rate_vs_bound: each(({ rate }) => rate),
    gpu_idle: each(({ gpuIdle }) => gpuIdle),
    ok: runs.every((run) => faultsOf(run).length === 0),
  };
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
