/** Whose each verified cell of a job's C is, and the picture of it that pages show. Pure. */
import { ceilDiv } from '../core/bytes.ts';
import { toRuns } from '../core/runs.ts';
import type { MosaicView } from '../core/v1-figures.ts';
import type { Rect } from './grid.ts';

/** Tiles on a side of the picture. */
const MAX_SIDE = 200;
/** Contributors that are named in it: 26 KiB. */
const MAX_LISTED = 500;
/** Contributors that are told apart in memory; who comes later is counted with the last. */
const MAX_KNOWN = 65_535;

export type MosaicPicture = Pick<
  MosaicView,
  'rows' | 'cols' | 'tileRows' | 'tileCols' | 'cells' | 'verified' | 'contributors'
>;

export class Mosaic {
  readonly rows: number;
  readonly cols: number;
  /** 0 open; n: the n-th of #contributors. */
  readonly #cells: Uint16Array;
  readonly #contributors: { readonly id: string; cells: number }[] = [];
  readonly #numbers = new Map<string, number>();

  constructor(rows: number, cols: number) {
    this.rows = rows;
    this.cols = cols;
    this.#cells = new Uint16Array(rows * cols);
  }

  /** A cell belongs to whoever had it first, so that the same again changes nothing. */
  verify({ row, col, rows, cols }: Rect, contributor: string): void {
    const number = this.#numberOf(contributor);
    const known = this.#contributors[number - 1]!;
    for (let r = row; r < Math.min(this.rows, row + rows); r++) {
      for (let c = col; c < Math.min(this.cols, col + cols); c++) {
        const at = r * this.cols + c;
        if (this.#cells[at] !== 0) continue;
        this.#cells[at] = number;
        known.cells += 1;
      }
    }
  }

  picture(): MosaicPicture {
    const { rows, cols } = this;
    const [tileRows, tileCols] = [ceilDiv(rows, MAX_SIDE), ceilDiv(cols, MAX_SIDE)];
    const byCells = this.#contributors
      .map(({ id, cells }, at) => ({ id, cells, number: at + 1 }))
      .sort((x, y) => y.cells - x.cells || x.number - y.number);
    const listed = byCells.slice(0, MAX_LISTED);
    const shown = new Uint16Array(this.#contributors.length + 1).fill(listed.length + 1);
    shown[0] = 0;
    for (const [at, { number }] of listed.entries()) shown[number] = at + 1;
    const contributors = listed.map(({ id }) => id);
    const size = { rows, cols, tileRows, tileCols, contributors };
    if (tileRows === 1 && tileCols === 1) {
      return { ...size, cells: toRuns(this.#cells.map((number) => shown[number]!)), verified: null };
    }
    const tiles = this.#tiles(tileRows, tileCols);
    return {
      ...size,
      cells: toRuns(tiles.owners.map((number) => shown[number]!)),
      verified: toRuns(tiles.verified),
    };
  }

  /** Of each tile, how many cells are verified, and who has most of them. */
  #tiles(tileRows: number, tileCols: number): { owners: Uint16Array; verified: Uint32Array } {
    const [down, across] = [ceilDiv(this.rows, tileRows), ceilDiv(this.cols, tileCols)];
    const owners = new Uint16Array(down * across);
    const verified = new Uint32Array(down * across);
    const counts = new Map<number, number>();
    for (let tile = 0; tile < owners.length; tile++) {
      counts.clear();
      const [top, left] = [Math.floor(tile / across) * tileRows, (tile % across) * tileCols];
      for (let r = top; r < Math.min(this.rows, top + tileRows); r++) {
        for (let c = left; c < Math.min(this.cols, left + tileCols); c++) {
          const number = this.#cells[r * this.cols + c]!;
          if (number > 0) counts.set(number, (counts.get(number) ?? 0) + 1);
        }
      }
      let most = 0;
      for (const [number, count] of counts) {
        verified[tile] = verified[tile]! + count;
        if (count <= most) continue;
        most = count;
        owners[tile] = number;
      }
    }
    return { owners, verified };
  }

  #numberOf(contributor: string): number {
    const known = this.#numbers.get(contributor);
    if (known !== undefined) return known;
    if (this.#contributors.length === MAX_KNOWN) return MAX_KNOWN;
    const number = this.#contributors.push({ id: contributor, cells: 0 });
    this.#numbers.set(contributor, number);
    return number;
  }
}
