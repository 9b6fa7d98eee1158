/**
 * The geometry of blocks (DESIGN §1). A matrix of `rows × cols` values, columns contiguous, is cut
 * into blocks of 256 rows × 1 KiB of columns: 256 KiB of raw little-endian bytes. The last row-block
 * has only the rows that exist; the last column-block is zero-padded to 16 bytes a row.
 * For an operand, "columns" are K; for a result, they are the columns of C (256 of them a block).
 */
import { AppError } from '../core/errors.ts';
import { ceilDiv, roundUp } from '../core/bytes.ts';
import { type AnyDtype, VALUE_BYTES } from './dtype.ts';

export const BLOCK_ROWS = 256;
export const BLOCK_ROW_BYTES = 1024;
export const BLOCK_BYTES = BLOCK_ROWS * BLOCK_ROW_BYTES;
/** Rows of the last column-block are padded to this many bytes, one vec4<u32>. */
export const ROW_ALIGN_BYTES = 16;
/** A cell is the square of C that one A row-block and one B row-block span. */
export const CELL = BLOCK_ROWS;

export interface Shape {
  readonly dtype: AnyDtype;
  readonly rows: number;
  readonly cols: number;
}

/** Values in a full block row: 1024 for i8, 512 for f16, 256 for f32 and i32. */
export function blockCols(dtype: AnyDtype): number {
  return BLOCK_ROW_BYTES / VALUE_BYTES[dtype];
}

export function rowBlocks(shape: Shape): number {
  return ceilDiv(shape.rows, BLOCK_ROWS);
}

export function colBlocks(shape: Shape): number {
  return ceilDiv(shape.cols, blockCols(shape.dtype));
}

/** Rows that exist in row-block `r`. */
export function rowsIn(shape: Shape, r: number): number {
  return Math.min(BLOCK_ROWS, shape.rows - r * BLOCK_ROWS);
}

/** Values of each row that exist in column-block `c` (padding not counted). */
export function colsIn(shape: Shape, c: number): number {
  const width = blockCols(shape.dtype);
  return Math.min(width, shape.cols - c * width);
}

/** Bytes between the starts of two rows of a block in column-block `c`, padding included. */
export function rowBytes(shape: Shape, c: number): number {
  return roundUp(colsIn(shape, c) * VALUE_BYTES[shape.dtype], ROW_ALIGN_BYTES);
}

export function blockBytes(shape: Shape, r: number, c: number): number {
  return rowsIn(shape, r) * rowBytes(shape, c);
}

/** @throws AppError 'bad-input' unless rows and cols are whole numbers from 1 to 2³¹ − 1. */
export function assertShape(shape: Shape): void {
  for (const [name, value] of [
    ['rows', shape.rows],
    ['columns', shape.cols],
  ] as const) {
    if (!Number.isInteger(value) || value < 1 || value > 0x7fffffff) {
      throw new AppError('bad-input', `a matrix needs between 1 and 2147483647 ${name}, not ${value}`);
    }
  }
}
