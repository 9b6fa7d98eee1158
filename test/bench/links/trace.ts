/** A run second by second, lease by lease and contributor by contributor: where time and bytes were lost. Pure. */
import type { Limit } from '../../../src/core/bound.ts';
import { type Rect, rectArea } from '../../../src/coordinator/grid.ts';
import { BLOCK_ROWS, CELL } from '../../../src/matrix/blocks.ts';
import { limitsOf } from './cases.ts';
import { SLOT_MS } from './meter.ts';
import { type Run, mean } from './report.ts';

/** A second a column: tenths of what each link and GPU can do, then every lease. */
export function timelineOf({ activity, leases }: Run): string {
  const names: Record<Limit, string> = { down: 'down', up: 'up', rate: 'GPU' };
  const lines = activity.flatMap((each, i) =>
    (['down', 'rate', 'up'] as const).map((of) => `${i} ${names[of].padEnd(4)} |${digits(each[of])}|`),
  );
  const told = leases.map(
    ({ contributor, rect, issued, verified, gpuSeconds }) =>
      `${contributor} ${rectText(rect).padEnd(18)} ${issued.toFixed(2)} → ${verified.toFixed(2)} s, GPU ${gpuSeconds.toFixed(2)} s`,
  );
  return [...lines, ...told].join('\n');
}

/** '.' for nothing, then 0 to 9 for tenths, and # for all of it. */
function digits(slots: readonly number[]): string {
  const perSecond = 1000 / SLOT_MS;
  return Array.from({ length: Math.ceil(slots.length / perSecond) }, (_, second) => {
    const share = mean(slots.slice(second * perSecond, (second + 1) * perSecond));
    if (share < 0.005) return '.';
    return share >= 0.95 ? '#' : String(Math.floor(share * 10));
  }).join('');
}

const rectText = ({ rows, cols, row, col }: Rect): string => `${rows} × ${cols} at ${row}, ${col}`;

/** What one contributor did, in cells and in strips of 256 rows or columns over all of K. */
export interface Share {
  readonly cells: number;
  /** Of the bound. */
  readonly best: number;
  /** By the bytes that came. */
  readonly fetched: number;
  /** Different ones in its leases: with fewer than were fetched, some came twice. */
  readonly strips: number;
  /** Of a square of so many cells: with far more, its territory is no square. */
  readonly least: number;
  /** When its last lease was verified, s. */
  readonly end: number;
}

export function sharesOf({ case: of, bound, leases, activity }: Run): Share[] {
  return of.contributors.map(({ down }, i) => {
    const own = leases.filter(({ contributor }) => contributor === i);
    const cells = own.reduce((sum, { rect }) => sum + rectArea(rect), 0);
    const rows = new Set(own.flatMap(({ rect }) => range(rect.row, rect.rows)));
    const cols = new Set(own.flatMap(({ rect }) => range(rect.col, rect.cols)));
    const busySeconds = (activity[i]!.down.reduce((sum, share) => sum + share, 0) * SLOT_MS) / 1000;
    return {
      cells,
      best: Math.round(bound.areas[i]! / CELL ** 2),
      fetched: Math.round((busySeconds * down) / (BLOCK_ROWS * of.k)),
      strips: of.job === 'gram' ? new Set([...rows, ...cols]).size : rows.size + cols.size,
      least: Math.round(2 * Math.sqrt(cells)),
      end: Math.max(0, ...own.map(({ verified }) => verified)),
    };
  });
}

const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

/** Until the first leases, which measure the link, and the first large ones are through. */
const FILL_SECONDS = 8;
const BUSY_SHARE = 0.2;

/** Shares of a run in which what limits its contributors was idle, by when and beside what. */
export interface Idle {
  /** In the first seconds, before there is enough to send, receive or compute. */
  readonly fill: number;
  /** Later, while the link's other way was at least half busy, or not. */
  readonly besideOther: number;
  readonly else: number;
  /** After it was busy for the last time. */
  readonly tail: number;
}

/** The sum is what the limit lost, over all contributors alike. */
export function idleOf(run: Run): Idle {
  const lost = { fill: 0, besideOther: 0, else: 0, tail: 0 };
  let slots = 0;
  for (const [i, limit] of limitsOf(run.case, run.bound, run.cBytes).entries()) {
    const { [limit]: own, down, up } = run.activity[i]!;
    const other = limit === 'down' ? up : down;
    const last = own.findLastIndex((share) => share >= BUSY_SHARE);
    for (const [at, share] of own.entries()) {
      const soon = (at * SLOT_MS) / 1000 < FILL_SECONDS;
      const beside = (other[at] ?? 0) >= 0.5 ? 'besideOther' : 'else';
      lost[at > last ? 'tail' : soon ? 'fill' : beside] += Math.max(0, 1 - share);
    }
    slots += own.length;
  }
  const part = (idle: number): number => Number((idle / Math.max(1, slots)).toFixed(3));
  return {
    fill: part(lost.fill),
    besideOther: part(lost.besideOther),
    else: part(lost.else),
    tail: part(lost.tail),
  };
}
