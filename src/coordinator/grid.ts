/** The cells of one job's C: open, leased (by how many), or verified. Pure bookkeeping. */
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
const VERIFIED = 255;

export class Grid {
  readonly rows: number;
  readonly cols: number;
  /** 0 open, 255 verified, else the number of live leases. */
  readonly #cells: Uint8Array;
  #open: number;
  #verified = 0;
  readonly #onOpen: (index: number, change: 1 | -1) => void;

  constructor(rows: number, cols: number, options: GridOptions = {}) {
    this.rows = rows;
    this.cols = cols;
    this.#onOpen = options.onOpen ?? (() => {});
    this.#cells = new Uint8Array(rows * cols);
    this.#open = rows * cols;
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
      if (state !== VERIFIED) most = Math.max(most, state);
    });
    return most;
  }

  lease(rect: Rect): void {
    this.#each(rect, (index) => {
      const state = this.#cells[index]!;
      if (state >= VERIFIED - 1) throw new AppError('internal', 'leased a verified cell');
      this.#cells[index] = state + 1;
      if (state === OPEN) this.#close(index);
    });
  }

  release(rect: Rect): void {
    this.#each(rect, (index) => {
      const state = this.#cells[index]!;
      if (state === VERIFIED || state === OPEN) return;
      this.#cells[index] = state - 1;
      if (state !== 1) return;
      this.#open += 1;
      this.#onOpen(index, 1);
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
