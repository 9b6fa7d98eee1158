/**
 * The cells of one job's C: open, leased (by how many), verified, or another coordinator's to lease out. Pure
 * bookkeeping.
 */
import { AppError } from '../core/errors.ts';

/** A rectangle of cells: 256-row blocks of A by 256-row blocks of B. */
export interface Rect {
  readonly row: number;
  readonly col: number;
  readonly rows: number;
  readonly cols: number;
}

export function rectArea(rect: Rect): number {
  return rect.rows * rect.cols;
}

export interface GridOptions {
  /** Told of each cell that opens (+1) or is no longer open (−1), by its index. */
  readonly onOpen?: (index: number, change: 1 | -1) => void;
}

const OPEN = 0;
/** Neither leased nor verified, in a part of C that is not this coordinator's. */
const AWAY = 254;
const VERIFIED = 255;

export class Grid {
  readonly rows: number;
  readonly cols: number;
  /** 0 open, 254 away, 255 verified, else the number of live leases. */
  readonly #cells: Uint8Array;
  /** 1 for each cell that is not ours to lease out; undefined while all are. */
  #away: Uint8Array | undefined;
  #ours: number;
  #open: number;
  #verified = 0;
  readonly #onOpen: (index: number, change: 1 | -1) => void;

  constructor(rows: number, cols: number, options: GridOptions = {}) {
    this.rows = rows;
    this.cols = cols;
    this.#onOpen = options.onOpen ?? (() => {});
    this.#cells = new Uint8Array(rows * cols);
    this.#open = rows * cols;
    this.#ours = rows * cols;
  }

  /** Cells that may be leased out here, or may have been: all but those of other coordinators. */
  get ourCells(): number {
    return this.#ours;
  }

  get openCells(): number {
    return this.#open;
  }

  get verifiedCells(): number {
    return this.#verified;
  }

  get done(): boolean {
    return this.#verified === this.#cells.length;
  }

  isOpen(row: number, col: number): boolean {
    return row < this.rows && col < this.cols && this.#cells[row * this.cols + col] === OPEN;
  }

  /** The first open column of this row in [from, to), or −1. */
  firstOpenInRow(row: number, from: number, to: number): number {
    const start = row * this.cols;
    const index = this.#cells.subarray(start + from, start + to).indexOf(OPEN);
    return index < 0 ? -1 : from + index;
  }

  /** The first column of this row in [from, to) that is not open, or `to`. */
  firstClosedInRow(row: number, from: number, to: number): number {
    let col = from;
    while (col < to && this.#cells[row * this.cols + col] === OPEN) col += 1;
    return col;
  }

  /** The first open row of this column in [from, to), or −1. */
  firstOpenInCol(col: number, from: number, to: number): number {
    for (let row = from; row < to; row++) if (this.isOpen(row, col)) return row;
    return -1;
  }

  /**
   * From now on only cells within these rectangles are ours to lease out; undefined: all are. Leases elsewhere go on,
   * and what they leave open is not open here.
   */
  confine(ours: readonly Rect[] | undefined): void {
    const away = new Uint8Array(this.#cells.length).fill(ours === undefined ? 0 : 1);
    for (const rect of ours ?? []) this.#each(rect, (index) => (away[index] = 0));
    this.#ours = 0;
    for (const [index, isAway] of away.entries()) {
      const state = this.#cells[index]!;
      if (isAway === 0) this.#ours += 1;
      if (isAway === 1 && state === OPEN) {
        this.#cells[index] = AWAY;
        this.#close(index);
      } else if (isAway === 0 && state === AWAY) this.#reopen(index);
    }
    this.#away = ours === undefined ? undefined : away;
  }

  /** Cells of the rectangle that are not verified, and how many of those are leased. */
  tally(rect: Rect): { readonly left: number; readonly leased: number } {
    let [left, leased] = [0, 0];
    this.#each(rect, (index) => {
      const state = this.#cells[index]!;
      if (state !== VERIFIED) left += 1;
      if (state !== VERIFIED && state !== AWAY && state !== OPEN) leased += 1;
    });
    return { left, leased };
  }

  /** Within the grid, and no cell of it verified yet. */
  isUnverified(rect: Rect): boolean {
    if (rect.row + rect.rows > this.rows || rect.col + rect.cols > this.cols) return false;
    let clean = true;
    this.#each(rect, (index) => {
      if (this.#cells[index] === VERIFIED) clean = false;
    });
    return clean;
  }

  /** The most live leases that any cell of the rectangle has. */
  liveLeases(rect: Rect): number {
    let most = 0;
    this.#each(rect, (index) => {
      const state = this.#cells[index]!;
      if (state !== VERIFIED && state !== AWAY) most = Math.max(most, state);
    });
    return most;
  }

  lease(rect: Rect): void {
    this.#each(rect, (index) => {
      const state = this.#cells[index]!;
      if (state === VERIFIED || state === AWAY - 1) throw new AppError('internal', 'leased a verified cell');
      this.#cells[index] = state === AWAY ? 1 : state + 1;
      if (state === OPEN) this.#close(index);
    });
  }

  release(rect: Rect): void {
    this.#each(rect, (index) => {
      const state = this.#cells[index]!;
      if (state === VERIFIED || state === OPEN || state === AWAY) return;
      if (state > 1) this.#cells[index] = state - 1;
      else if (this.#away?.[index] === 1) this.#cells[index] = AWAY;
      else this.#reopen(index);
    });
  }

  verify(rect: Rect): void {
    this.#each(rect, (index) => {
      const state = this.#cells[index]!;
      if (state === VERIFIED) return;
      this.#cells[index] = VERIFIED;
      if (state === OPEN) this.#close(index);
      this.#verified += 1;
    });
  }

  #reopen(index: number): void {
    this.#cells[index] = OPEN;
    this.#open += 1;
    this.#onOpen(index, 1);
  }

  #close(index: number): void {
    this.#open -= 1;
    this.#onOpen(index, -1);
  }

  #each(rect: Rect, visit: (index: number) => void): void {
    for (let row = rect.row; row < rect.row + rect.rows; row++) {
      for (let col = rect.col; col < rect.col + rect.cols; col++) visit(row * this.cols + col);
    }
  }
}
