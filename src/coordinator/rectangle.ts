/**
 * Which rectangle of open cells one contributor should get next: the one that adds most
 * multiply-adds per expected second, given the strips it already holds (DESIGN §6). Pure.
 */
import { BLOCK_BYTES, CELL } from '../matrix/blocks.ts';
import { MAX_CELLS_PER_LEASE } from '../protocol/limits.ts';
import { type Grid, type Rect, rectArea } from './grid.ts';

/** A lease should last 5–60 s (DESIGN §6); shorter while a contributor's speed is unknown. */
export const TARGET_LEASE_SECONDS = 15;
/** Cells on a side of a lease: bounds the width that one exact check has to cover to 8,192 columns. */
export const MAX_LEASE_SIDE = 32;
/** What the verifier's projections of one lease may take; with a large K, leases are narrower. */
const CHECK_BYTES = 128 * 1024 * 1024;
/** Float64 values of a projection for every value of K: 16 rounds and Σ|B| (src/verify/float.ts). */
const PROJECTION_VALUES = 17;

/** The most cells on a side of a lease over this K: 32, and 7 at K = 131,072. */
export function leaseSide(k: number): number {
  return Math.max(1, Math.min(MAX_LEASE_SIDE, Math.floor(CHECK_BYTES / (k * PROJECTION_VALUES * 8))));
}

/** What one contributor can do on one job, measured or assumed. */
export interface Speed {
  readonly multiplyAddsPerSecond: number;
  readonly downBytesPerSecond: number;
  readonly upBytesPerSecond: number;
}

export interface Room {
  /** Operand blocks that fit on the contributor's GPU at once. */
  readonly pages: number;
  /** Cells of C that fit. */
  readonly cells: number;
}

export interface ShardCost {
  readonly k: number;
  readonly kBlocks: number;
  /** Bytes of one row-block of an operand over all of K. */
  readonly stripBytes: number;
  readonly heldRow: (row: number) => boolean;
  readonly heldCol: (col: number) => boolean;
}

export interface Choice {
  readonly rect: Rect;
  readonly expectedSeconds: number;
}

export function expectedSeconds(rect: Rect, cost: ShardCost, speed: Speed): number {
  let strips = 0;
  for (let row = rect.row; row < rect.row + rect.rows; row++) if (!cost.heldRow(row)) strips += 1;
  for (let col = rect.col; col < rect.col + rect.cols; col++) if (!cost.heldCol(col)) strips += 1;
  const cells = rectArea(rect);
  return (
    (strips * cost.stripBytes) / speed.downBytesPerSecond +
    (cells * BLOCK_BYTES) / speed.upBytesPerSecond +
    (cells * CELL * CELL * cost.k) / speed.multiplyAddsPerSecond
  );
}

/** Two k-blocks of two leases must fit: for each lease, one loads while the other computes. */
function fits(rows: number, cols: number, room: Room, side: number): boolean {
  const pages = rows + cols;
  return (
    Math.max(rows, cols) <= side &&
    4 * pages <= Math.max(room.pages, 8) &&
    rows * cols <= Math.min(room.cells, MAX_CELLS_PER_LEASE)
  );
}

/** Grows a rectangle from its top-left cell over open cells, the cheaper direction first. */
function grow(
  grid: Grid,
  row: number,
  col: number,
  cost: ShardCost,
  speed: Speed,
  room: Room,
  maxCells: number,
): Choice {
  let rect: Rect = { row, col, rows: 1, cols: 1 };
  let seconds = expectedSeconds(rect, cost, speed);
  for (;;) {
    const down: Rect = { ...rect, rows: rect.rows + 1 };
    const right: Rect = { ...rect, cols: rect.cols + 1 };
    const options = (rect.rows <= rect.cols ? [down, right] : [right, down]).filter(
      (next) =>
        rectArea(next) <= maxCells &&
        fits(next.rows, next.cols, room, leaseSide(cost.k)) &&
        openEdge(grid, rect, next),
    );
    const priced = options.map((next) => ({
      rect: next,
      expectedSeconds: expectedSeconds(next, cost, speed),
    }));
    const best = priced.filter((option) => option.expectedSeconds <= TARGET_LEASE_SECONDS).sort(byRate)[0];
    if (!best) return { rect, expectedSeconds: seconds };
    rect = best.rect;
    seconds = best.expectedSeconds;
  }
}

function byRate(a: Choice, b: Choice): number {
  return rectArea(b.rect) / b.expectedSeconds - rectArea(a.rect) / a.expectedSeconds;
}

function openEdge(grid: Grid, rect: Rect, next: Rect): boolean {
  if (next.rows > rect.rows) {
    for (let col = next.col; col < next.col + next.cols; col++) {
      if (!grid.isOpen(next.row + next.rows - 1, col)) return false;
    }
    return true;
  }
  for (let row = next.row; row < next.row + next.rows; row++) {
    if (!grid.isOpen(row, next.col + next.cols - 1)) return false;
  }
  return true;
}

/**
 * The best rectangle to lease next, or undefined when no cell is open. `last` is the contributor's
 * previous rectangle of this job: its right and lower neighbours are tried before fresh ground.
 * `sharers` contributors want work now: near the end nobody gets more than a fair part of what is left.
 */
export function chooseRect(
  grid: Grid,
  cost: ShardCost,
  speed: Speed,
  room: Room,
  sharers: number,
  last: Rect | undefined,
): Choice | undefined {
  const maxCells = Math.max(1, Math.ceil(grid.openCells / (2 * Math.max(1, sharers))));
  const origins = new Set<number>();
  const add = (row: number, col: number): void => {
    if (grid.isOpen(row, col)) origins.add(row * grid.cols + col);
  };
  if (last) {
    for (let row = last.row; row < last.row + last.rows; row++) add(row, last.col + last.cols);
    for (let col = last.col; col < last.col + last.cols; col++) add(last.row + last.rows, col);
  }
  const first = grid.nextOpen();
  if (first === undefined) return undefined;
  origins.add(first);
  // A second, distant candidate keeps two contributors from interleaving their territories.
  const half = grid.nextOpen(Math.floor((grid.rows * grid.cols) / 2));
  if (half !== undefined) origins.add(half);
  const choices = Array.from(origins, (index) =>
    grow(grid, Math.floor(index / grid.cols), index % grid.cols, cost, speed, room, maxCells),
  );
  return choices.sort(byRate)[0];
}
