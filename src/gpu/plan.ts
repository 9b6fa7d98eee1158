/**
 * Turns a range of k-blocks into the tables that the shaders read. A dispatch sees one buffer of A, one of
 * B and one of C, so cells are grouped by the buffers that their pages lie in: one group where the arena
 * is one buffer. Pure.
 */
import { BLOCK_ROWS } from '../matrix/blocks.ts';
import { type Dtype, VALUE_BYTES } from '../matrix/dtype.ts';
import { ceilDiv } from '../core/bytes.ts';

/** A range of k-blocks with the pages of its blocks; `a[kb][rowBlock]`, `b[kb][colBlock]`. */
export interface PagedRange {
  readonly dtype: Dtype;
  readonly rows: number;
  readonly cols: number;
  /** Bytes between rows of the blocks, per k-block: a multiple of 16. */
  readonly rowBytes: readonly number[];
  readonly a: readonly (readonly number[])[];
  readonly b: readonly (readonly number[])[];
}

/** How many pages lie in one buffer: of the arena, and of the shard's C. */
export interface PagesPerBuffer {
  readonly arena: number;
  readonly result: number;
}

export interface Group {
  /** Which buffers of the arena and of C. */
  readonly a: number;
  readonly b: number;
  readonly c: number;
  /** Two words a tile: page of C · 2¹⁶ + first row · 2⁸ + first column in the cell, first pair of the cell. */
  readonly tiles: Uint32Array<ArrayBuffer>;
  /** Four words a pair: page of A, page of B, vec4s in a row, 0. Every cell has as many. */
  readonly pairs: Uint32Array<ArrayBuffer>;
  /** Multiply-adds of one tile, per pair of a cell. */
  readonly pairWork: readonly number[];
}

/** Results that one workgroup computes. */
export interface TileSize {
  readonly rows: number;
  readonly cols: number;
}

const VEC_BYTES = 16;

interface Draft {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly kBlocks: readonly number[];
  readonly cells: { row: number; col: number }[];
}

export function planGroups(range: PagedRange, per: PagesPerBuffer, tile: TileSize): Group[] {
  return drafts(range, per).map((draft) => tabulate(draft, range, per, tile));
}

function drafts(range: PagedRange, per: PagesPerBuffer): Draft[] {
  const rowCells = ceilDiv(range.rows, BLOCK_ROWS);
  const colCells = ceilDiv(range.cols, BLOCK_ROWS);
  const found = new Map<string, Draft>();
  for (let row = 0; row < rowCells; row++) {
    for (let col = 0; col < colCells; col++) {
      const c = Math.floor((row * colCells + col) / per.result);
      const byBuffers = new Map<string, number[]>();
      for (let k = 0; k < range.rowBytes.length; k++) {
        const key = `${Math.floor(range.a[k]![row]! / per.arena)} ${Math.floor(range.b[k]![col]! / per.arena)}`;
        const kBlocks = byBuffers.get(key);
        if (kBlocks) kBlocks.push(k);
        else byBuffers.set(key, [k]);
      }
      for (const [buffers, kBlocks] of byBuffers) {
        const key = `${buffers} ${c}: ${kBlocks.join(' ')}`;
        const [a, b] = buffers.split(' ').map(Number);
        const draft = found.get(key) ?? { a: a!, b: b!, c, kBlocks, cells: [] };
        draft.cells.push({ row, col });
        found.set(key, draft);
      }
    }
  }
  return [...found.values()];
}

function tabulate(draft: Draft, range: PagedRange, per: PagesPerBuffer, size: TileSize): Group {
  const { cells, kBlocks } = draft;
  const colCells = ceilDiv(range.cols, BLOCK_ROWS);
  const left = (values: number, at: number): number => Math.min(BLOCK_ROWS, values - at * BLOCK_ROWS);
  const tileCount = cells.reduce(
    (n, { row, col }) =>
      n + ceilDiv(left(range.rows, row), size.rows) * ceilDiv(left(range.cols, col), size.cols),
    0,
  );
  const tiles = new Uint32Array(tileCount * 2);
  const pairs = new Uint32Array(cells.length * kBlocks.length * 4);
  let tile = 0;
  let pair = 0;
  for (const { row, col } of cells) {
    const page = (row * colCells + col) % per.result;
    for (let y = 0; y < left(range.rows, row); y += size.rows) {
      for (let x = 0; x < left(range.cols, col); x += size.cols) {
        tiles[tile++] = page * 2 ** 16 + y * 2 ** 8 + x;
        tiles[tile++] = pair / 4;
      }
    }
    for (const k of kBlocks) {
      pairs[pair++] = range.a[k]![row]! % per.arena;
      pairs[pair++] = range.b[k]![col]! % per.arena;
      pairs[pair++] = range.rowBytes[k]! / VEC_BYTES;
      pairs[pair++] = 0;
    }
  }
  const pairWork = kBlocks.map(
    (k) => (size.rows * size.cols * range.rowBytes[k]!) / VALUE_BYTES[range.dtype],
  );
  return { a: draft.a, b: draft.b, c: draft.c, tiles, pairs, pairWork };
}
