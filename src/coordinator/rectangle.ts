/**
 * Which rectangle of a territory's open cells a contributor should get next: the one that adds most multiply-adds
 * per second of its slowest resource (down link, up link, GPU), given the strips that it already holds. Pure.
 */
import type { Capacity } from '../core/bound.ts';
import { BLOCK_BYTES, CELL } from '../matrix/blocks.ts';
import { MAX_CELLS_PER_LEASE } from '../protocol/limits.ts';
import { type Grid, type Rect, rectArea } from './grid.ts';

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

/** Resources work side by side, so the slowest counts; this much of the others breaks ties, and saves bytes. */
const OTHERS = 0.1;
/** What every lease costs besides: its signatures, messages and round trips. */
const LEASE_OVERHEAD_SECONDS = 0.2;
/**
 * A lease whose strips take more than this of what a contributor keeps finds none of them there: with another one in
 * flight, each block drives out the one that is needed next (LRU, block after block of K).
 */
const MOST_OF_KEPT = 1 / 2;
/** Places from which a rectangle is grown: more would cost time and find nothing better. */
const MAX_ORIGINS = 12;
const MAX_HELD_RUNS = 3;

export interface Room {
  /** Operand blocks that fit on the contributor's GPU at once. */
  readonly pages: number;
  /** …and that it keeps in all, on disk too. */
  readonly kept: number;
  /** Cells of C that fit. */
  readonly cells: number;
}

export interface ShardCost {
  readonly k: number;
  /** Bytes to fetch a row-block of A, and of B, over all of K. */
  readonly rowBytes: number;
  readonly colBytes: number;
  /** Bytes of a cell of C on the wire. */
  readonly cellBytes: number;
  /** A and B are the same operand: a strip that is a row and a column of the rectangle is fetched once. */
  readonly symmetric: boolean;
  readonly heldRow: (row: number) => boolean;
  readonly heldCol: (col: number) => boolean;
}

export interface Choice {
  readonly rect: Rect;
  /** Of its slowest resource: what it adds to a stay in which everything overlaps. */
  readonly seconds: number;
}

export interface Wish {
  /** Where to look. */
  readonly territory: Rect;
  readonly speed: Capacity;
  readonly room: Room;
  /** A lease grows until it takes so long. */
  readonly seconds: number;
}

/** The best rectangle of open cells to lease next, or undefined when no cell of the territory is open. */
export function chooseRect(grid: Grid, cost: ShardCost, wish: Wish): Choice | undefined {
  let best: Candidate | undefined;
  for (const [row, col] of origins(grid, cost, wish.territory)) {
    const candidate = new Growth(grid, cost, wish, row, col).run();
    if (!best || candidate.rate > best.rate) best = candidate;
  }
  return best && { rect: best.rect, seconds: best.seconds };
}

/** What it costs somebody who holds nothing. */
export function withoutHeld(cost: ShardCost): ShardCost {
  return { ...cost, heldRow: () => false, heldCol: () => false };
}

/** How long each resource takes for a rectangle. */
export function secondsOf(
  rect: Rect,
  cost: ShardCost,
  { down, up, rate }: Capacity,
): { down: number; up: number; rate: number } {
  const cells = rectArea(rect);
  return {
    down: fetchBytes(rect, cost) / down,
    up: (cells * cost.cellBytes) / up,
    rate: (cells * CELL * CELL * cost.k) / rate,
  };
}

function fetchBytes({ row, col, rows, cols }: Rect, cost: ShardCost): number {
  let bytes = 0;
  for (let r = row; r < row + rows; r++) if (!cost.heldRow(r)) bytes += cost.rowBytes;
  for (let c = col; c < col + cols; c++) {
    const fetched = cost.symmetric && c >= row && c < row + rows;
    if (!fetched && !cost.heldCol(c)) bytes += cost.colBytes;
  }
  return bytes;
}

interface Candidate extends Choice {
  /** Cells a second. */
  readonly rate: number;
}

/** Grows a rectangle down and to the right over open cells, the way that is better first. */
class Growth {
  readonly #grid: Grid;
  readonly #cost: ShardCost;
  readonly #cold: ShardCost;
  readonly #wish: Wish;
  readonly #side: number;
  readonly #kBlocks: number;
  #best: Candidate;

  constructor(grid: Grid, cost: ShardCost, wish: Wish, row: number, col: number) {
    this.#grid = grid;
    this.#cost = cost;
    this.#wish = wish;
    this.#cold = withoutHeld(cost);
    this.#side = leaseSide(cost.k);
    this.#kBlocks = Math.max(cost.rowBytes, cost.colBytes) / BLOCK_BYTES;
    this.#best = this.#priced({ row, col, rows: 1, cols: 1 });
  }

  run(): Candidate {
    for (;;) {
      const { rect } = this.#best;
      // On a tie a lease grows wide: a strip of C costs the verifier less the wider it is.
      const right = this.#grown({ ...rect, cols: rect.cols + 1 });
      const down = this.#grown({ ...rect, rows: rect.rows + 1 });
      const better = down && (!right || down.rate > right.rate) ? down : right;
      if (!better) return this.#best;
      this.#best = better;
    }
  }

  #grown(next: Rect): Candidate | undefined {
    if (!this.#fits(next) || !this.#isOpen(next)) return undefined;
    const candidate = this.#priced(next);
    return candidate.seconds <= this.#wish.seconds ? candidate : undefined;
  }

  #priced(rect: Rect): Candidate {
    const { room, speed } = this.#wish;
    const isKept = (rect.rows + rect.cols) * this.#kBlocks <= room.kept * MOST_OF_KEPT;
    const { down, up, rate } = secondsOf(rect, isKept ? this.#cost : this.#cold, speed);
    const slowest = Math.max(down, up, rate);
    const total = slowest + OTHERS * (down + up + rate) + LEASE_OVERHEAD_SECONDS;
    return { rect, seconds: slowest, rate: rectArea(rect) / total };
  }

  /** Two k-blocks of two leases must fit: for each lease, one loads while the other computes. */
  #fits(rect: Rect): boolean {
    const { territory, room } = this.#wish;
    return (
      rect.row + rect.rows <= territory.row + territory.rows &&
      rect.col + rect.cols <= territory.col + territory.cols &&
      Math.max(rect.rows, rect.cols) <= this.#side &&
      4 * (rect.rows + rect.cols) <= Math.max(room.pages, 8) &&
      rectArea(rect) <= Math.min(room.cells, MAX_CELLS_PER_LEASE)
    );
  }

  /** The part that it would grow by; the rest is known to be. */
  #isOpen({ row, col, rows, cols }: Rect): boolean {
    const { rect } = this.#best;
    const lastRow = row + rows - 1;
    const lastCol = col + cols - 1;
    if (rows > rect.rows) {
      for (let c = col; c <= lastCol; c++) if (!this.#grid.isOpen(lastRow, c)) return false;
    } else {
      for (let r = row; r <= lastRow; r++) if (!this.#grid.isOpen(r, lastCol)) return false;
    }
    return true;
  }
}

/** Where open ground begins, or is wider than in the row above, and where strips begin that are held. */
function origins(grid: Grid, cost: ShardCost, territory: Rect): [number, number][] {
  const { row: top, col: left } = territory;
  const bottom = top + territory.rows;
  const right = left + territory.cols;
  const rows = heldFrom(cost.heldRow, top, bottom);
  const cols = heldFrom(cost.heldCol, left, right);
  const found: [number, number][] = [];
  let above = { from: right, to: right };
  for (let row = top; row < bottom && found.length < MAX_ORIGINS; row++) {
    const first = grid.firstOpenInRow(row, left, right);
    const run =
      first < 0 ? { from: right, to: right } : { from: first, to: grid.firstClosedInRow(row, first, right) };
    if (run.from < above.from || run.to > above.to) found.push([row, run.from]);
    above = run;
  }
  for (const row of rows) {
    found.push([row, grid.firstOpenInRow(row, left, right)]);
    for (const col of cols) found.push([row, col]);
  }
  for (const col of cols) found.push([grid.firstOpenInCol(col, top, bottom), col]);
  return found.filter(([row, col]) => row >= 0 && col >= 0 && grid.isOpen(row, col));
}

/** Where runs of strips begin that are held; some of them. */
function heldFrom(held: (strip: number) => boolean, from: number, to: number): number[] {
  const starts: number[] = [];
  for (let strip = from; strip < to && starts.length < MAX_HELD_RUNS; strip++) {
    if (held(strip) && (strip === from || !held(strip - 1))) starts.push(strip);
  }
  return starts;
}
