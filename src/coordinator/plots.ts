/**
 * A job's C in parts that several coordinators share out among themselves: each plans inside the plots that it holds.
 * Pure.
 */
import { type Rect, rectArea } from './grid.ts';

/** Enough that what is left divides well among a few coordinators. */
const MOST_PLOTS = 64;
const ENOUGH_PLOTS = 16;
/** A plot has room for a lease or two where the job has the cells. */
const CELLS_OF_A_PLOT = 4;
/** Speeds are estimates: who holds a little too much keeps it, or strips would be fetched for nothing. */
const GIVE_ABOVE = 1.1;

/** Near-square rectangles that together cover the grid, row by row; the same for everybody who asks. */
export function cutPlots(rows: number, cols: number): Rect[] {
  const wanted = Math.min(MOST_PLOTS, Math.max(ENOUGH_PLOTS, Math.floor((rows * cols) / CELLS_OF_A_PLOT)));
  const down = clamp(Math.round(Math.sqrt((wanted * rows) / cols)), 1, rows);
  const across = clamp(Math.floor(wanted / down), 1, cols);
  const tops = edges(rows, clamp(Math.floor(wanted / across), 1, rows));
  const lefts = edges(cols, across);
  return tops.flatMap(([row, height]) =>
    lefts.map(([col, width]) => ({ row, col, rows: height, cols: width })),
  );
}

export interface PlotState {
  readonly rect: Rect;
  readonly holder: 'here' | 'elsewhere' | 'nobody';
  /** Cells that are not verified. */
  readonly left: number;
  /** …and of which somebody here has a lease. */
  readonly leased: number;
}

export interface Exchange {
  readonly give: readonly Rect[];
  readonly take: readonly Rect[];
}

export interface Wants {
  /** Of all coordinators' speed, 0…1. */
  readonly share: number;
  /** Where it begins when it holds nothing, 0…1 of the plots: others begin elsewhere. */
  readonly place: number;
  /** Its contributors wait for work: it claims one in any case. */
  readonly isHungry?: boolean;
  /** Another's do: it gives one back in any case, unless that is its last. */
  readonly isAsked?: boolean;
}

/**
 * What one coordinator should give back and claim of one job, so that it holds its share of what is left. It gives
 * back what nobody works in first, and what is far from the rest; it claims what is near.
 */
export function exchange(plots: readonly PlotState[], wants: Wants): Exchange {
  const open = plots.filter(({ left }) => left > 0);
  const due = wants.share * sumOf(open);
  const held = open.filter(({ holder }) => holder === 'here');
  let mine = sumOf(held);
  const start = open[Math.min(open.length - 1, Math.floor(wants.place * open.length))];
  const anchor = centreOf(held) ?? (start && middleOf(start.rect));
  if (!anchor) return { give: [], take: [] };
  const near = ({ rect }: PlotState): number => distance(middleOf(rect), anchor);

  const give: Rect[] = [];
  const busy = ({ left, leased }: PlotState): number => leased / left;
  const offered = held.toSorted((x, y) => busy(x) - busy(y) || near(y) - near(x));
  for (const plot of offered) {
    if (mine - plot.left < due || mine < GIVE_ABOVE * due) break;
    give.push(plot.rect);
    mine -= plot.left;
  }
  const spare = offered.filter(({ left, leased }) => leased < left);
  if (wants.isAsked && give.length === 0 && spare.length > 1) give.push(spare[0]!.rect);

  const take: Rect[] = [];
  const free = open.filter(({ holder }) => holder === 'nobody').sort((x, y) => near(x) - near(y));
  for (const plot of free) {
    if (mine >= due && !(wants.isHungry && take.length === 0)) break;
    take.push(plot.rect);
    mine += plot.left;
  }
  return { give, take };
}

/** A rectangle as a word. */
export function plotKey({ row, col }: Pick<Rect, 'row' | 'col'>): string {
  return `${row}/${col}`;
}

function edges(length: number, parts: number): [number, number][] {
  return Array.from({ length: parts }, (_, i) => {
    const from = Math.floor((i * length) / parts);
    return [from, Math.floor(((i + 1) * length) / parts) - from];
  });
}

function sumOf(plots: readonly PlotState[]): number {
  return plots.reduce((sum, { left }) => sum + left, 0);
}

interface Place {
  readonly row: number;
  readonly col: number;
}

function middleOf({ row, col, rows, cols }: Rect): Place {
  return { row: row + rows / 2, col: col + cols / 2 };
}

function centreOf(plots: readonly PlotState[]): Place | undefined {
  if (plots.length === 0) return undefined;
  let [row, col, area] = [0, 0, 0];
  for (const { rect } of plots) {
    const middle = middleOf(rect);
    row += middle.row * rectArea(rect);
    col += middle.col * rectArea(rect);
    area += rectArea(rect);
  }
  return { row: row / area, col: col / area };
}

function distance(x: Place, y: Place): number {
  return Math.hypot(x.row - y.row, x.col - y.col);
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}
