/**
 * Cuts what is open of C into one near-square region for each contributor, in proportion to what each can do:
 * recursive bisection (Berger and Bokhari, IEEE TC 1987), each cut across the side along which strips cost
 * more, so that it repeats the cheaper ones. Pure.
 */
import type { Grid, Rect } from './grid.ts';

export interface Member {
  readonly peer: string;
  /** Its share of the open cells, in any unit; more than 0. */
  readonly weight: number;
  /** Where its strips are, in cells; members that hold none go where the others leave room. */
  readonly centre?: { readonly row: number; readonly col: number } | undefined;
}

/** What one strip costs to fetch, in any unit: rows are strips of A, columns strips of B. */
export interface StripCost {
  readonly row: number;
  readonly col: number;
}

export interface Region {
  readonly rect: Rect;
  readonly peer: string;
}

/** Regions that together cover the grid; a member whose share is less than half a cell may get none. */
export function partition(grid: Grid, members: readonly Member[], cost: StripCost): Region[] {
  const open = new OpenCount(grid);
  const regions: Region[] = [];
  const cut = (rect: Rect, group: readonly Member[]): void => {
    if (rect.rows === 0 || rect.cols === 0) return;
    if (group.length === 1) {
      regions.push({ rect, peer: group[0]!.peer });
      return;
    }
    const alongRows = open.alongRows(rect, cost);
    const ordered = inOrder(group, alongRows ? 'row' : 'col');
    const at = halfway(ordered);
    const share = weightOf(ordered.slice(0, at)) / weightOf(ordered);
    const place = alongRows ? open.rowAt(rect, share) : open.colAt(rect, share);
    const [low, high] = alongRows ? splitRows(rect, place) : splitCols(rect, place);
    cut(low, ordered.slice(0, at));
    cut(high, ordered.slice(at));
  };
  if (members.length > 0) cut({ row: 0, col: 0, rows: grid.rows, cols: grid.cols }, members);
  return regions;
}

export interface Split {
  readonly kept: Rect;
  /** The lower or the right part. */
  readonly given: Rect;
  /** How much of each is open, cells. */
  readonly keptOpen: number;
  readonly givenOpen: number;
  /** The least rectangle that holds what is open of the part that is given. */
  readonly work: Rect;
}

/** Ways to give some of a region away: between rows and between columns, so that about these shares of it go. */
export function splits(grid: Grid, rect: Rect, shares: readonly number[]): Split[] {
  const open = new OpenCount(grid, rect);
  const found = new Map<string, Split>();
  for (const share of shares) {
    for (const [kept, given] of [
      splitRows(rect, open.rowAt(rect, 1 - share)),
      splitCols(rect, open.colAt(rect, 1 - share)),
    ] as const) {
      const givenOpen = open.count(given);
      const key = `${given.rows}×${given.cols}`;
      if (givenOpen === 0 || found.has(key)) continue;
      found.set(key, { kept, given, keptOpen: open.count(kept), givenOpen, work: open.bounds(given) });
    }
  }
  return Array.from(found.values());
}

/** Those with a place in its order, then the others, the strongest first. */
function inOrder(group: readonly Member[], axis: 'row' | 'col'): Member[] {
  return group.toSorted((x, y) => {
    if (x.centre && y.centre) return x.centre[axis] - y.centre[axis] || y.weight - x.weight;
    if (x.centre || y.centre) return x.centre ? -1 : 1;
    return y.weight - x.weight;
  });
}

/** How many of the first hold nearest to half of the weight: at least one, and not all. */
function halfway(ordered: readonly Member[]): number {
  const half = weightOf(ordered) / 2;
  let sum = 0;
  for (let i = 0; i < ordered.length - 1; i++) {
    const next = sum + ordered[i]!.weight;
    if (next >= half) return i > 0 && half - sum < next - half ? i : i + 1;
    sum = next;
  }
  return ordered.length - 1;
}

function weightOf(members: readonly Member[]): number {
  return members.reduce((sum, { weight }) => sum + weight, 0);
}

function splitRows(rect: Rect, at: number): [Rect, Rect] {
  const rows = at - rect.row;
  return [
    { ...rect, rows },
    { ...rect, row: at, rows: rect.rows - rows },
  ];
}

function splitCols(rect: Rect, at: number): [Rect, Rect] {
  const cols = at - rect.col;
  return [
    { ...rect, cols },
    { ...rect, col: at, cols: rect.cols - cols },
  ];
}

/** Open cells of any rectangle within an area in four reads: a summed-area table (Crow, SIGGRAPH 1984). */
class OpenCount {
  readonly #area: Rect;
  readonly #sums: Uint32Array;

  constructor(grid: Grid, area: Rect = { row: 0, col: 0, rows: grid.rows, cols: grid.cols }) {
    this.#area = area;
    const width = area.cols + 1;
    this.#sums = new Uint32Array((area.rows + 1) * width);
    for (let row = 0; row < area.rows; row++) {
      let sum = 0;
      for (let col = 0; col < area.cols; col++) {
        if (grid.isOpen(area.row + row, area.col + col)) sum += 1;
        this.#sums[(row + 1) * width + col + 1] = this.#sums[row * width + col + 1]! + sum;
      }
    }
  }

  count({ row, col, rows, cols }: Rect): number {
    const width = this.#area.cols + 1;
    const top = (row - this.#area.row) * width + col - this.#area.col;
    const bottom = top + rows * width;
    const at = (index: number): number => this.#sums[index]!;
    return at(bottom + cols) - at(bottom) - at(top + cols) + at(top);
  }

  /**
   * Whether to cut between rows. While most of it is open its own shape decides, not that of what is left: a
   * partition that is made again must not turn all territories round.
   */
  alongRows(rect: Rect, cost: StripCost): boolean {
    const { rows, cols } = 2 * this.count(rect) >= rect.rows * rect.cols ? rect : this.bounds(rect);
    return rows > 1 && (cols === 1 || rows * cost.row >= cols * cost.col);
  }

  /** The least rectangle that holds the open cells; `rect` itself where there are none. */
  bounds(rect: Rect): Rect {
    const open = this.count(rect);
    if (open === 0) return rect;
    const top = leastWhere(rect.rows, (rows) => this.count({ ...rect, rows }) > 0) - 1;
    const bottom = leastWhere(rect.rows, (rows) => this.count({ ...rect, rows }) === open);
    const left = leastWhere(rect.cols, (cols) => this.count({ ...rect, cols }) > 0) - 1;
    const right = leastWhere(rect.cols, (cols) => this.count({ ...rect, cols }) === open);
    return { row: rect.row + top, col: rect.col + left, rows: bottom - top, cols: right - left };
  }

  /** The row at which to cut so that this share of the open cells lies above it, as nearly as may be. */
  rowAt(rect: Rect, share: number): number {
    return rect.row + nearest(rect.rows, share * this.count(rect), (rows) => this.count({ ...rect, rows }));
  }

  /** The column at which to cut so that this share of the open cells lies left of it. */
  colAt(rect: Rect, share: number): number {
    return rect.col + nearest(rect.cols, share * this.count(rect), (cols) => this.count({ ...rect, cols }));
  }
}

/** The least number in 1…most for which it holds; it holds for `most`. */
function leastWhere(most: number, holds: (value: number) => boolean): number {
  let low = 1;
  let high = most;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The number in 0…most whose count, which never falls, is nearest to `wanted`. */
function nearest(most: number, wanted: number, count: (value: number) => number): number {
  const over = leastWhere(most, (value) => count(value) >= wanted);
  return wanted - count(over - 1) < count(over) - wanted ? over - 1 : over;
}
