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

const OPEN = 0;
const VERIFIED = 255;

export class Grid {
  readonly rows: number;
  readonly cols: number;
  /** 0 open, 255 verified, else the number of live leases. */
  readonly #cells: Uint8Array;
  #open: number;
  #verified = 0;
  /** No cell before this index is open: finding the next one stays cheap. */
  #firstOpen = 0;

  constructor(rows: number, cols: number) {
    this.rows = rows;
    this.cols = cols;
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

  /** The first open cell in row-major order at or after `from`, as an index. */
  nextOpen(from = 0): number | undefined {
    for (let index = Math.max(from, this.#firstOpen); index < this.#cells.length; index++) {
      if (this.#cells[index] === OPEN) {
        if (from <= this.#firstOpen) this.#firstOpen = index;
        return index;
      }
    }
    return undefined;
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
      if (state === OPEN) this.#open -= 1;
      this.#cells[index] = state + 1;
    });
  }

  release(rect: Rect): void {
    this.#each(rect, (index) => {
      const state = this.#cells[index]!;
      if (state === VERIFIED || state === OPEN) return;
      this.#cells[index] = state - 1;
      if (state !== 1) return;
      this.#open += 1;
      this.#firstOpen = Math.min(this.#firstOpen, index);
    });
  }

  verify(rect: Rect): void {
    this.#each(rect, (index) => {
      const state = this.#cells[index]!;
      if (state === VERIFIED) return;
      if (state === OPEN) this.#open -= 1;
      this.#cells[index] = VERIFIED;
      this.#verified += 1;
    });
  }

  #each(rect: Rect, visit: (index: number) => void): void {
    for (let row = rect.row; row < rect.row + rect.rows; row++) {
      for (let col = rect.col; col < rect.col + rect.cols; col++) visit(row * this.cols + col);
    }
  }
}
