/** One row-block of an operand (up to 256 rows × K), read and multiplied k-block by k-block. */
import { AppError } from '../core/errors.ts';
import {
  BLOCK_ROWS,
  type Shape,
  blockBytes,
  blockCols,
  colBlocks,
  colsIn,
  rowBytes,
} from '../matrix/blocks.ts';
import { type Dtype, VALUE_BYTES } from '../matrix/dtype.ts';
import { CHUNK, type Planes, SCRATCH_ROWS, addOuter, addProducts, evenUp, makeAbsolute } from './kernel.ts';
import { type ReadValues, operandReader } from './widen.ts';

interface KBlock {
  readonly read: ReadValues;
  /** Values between the starts of two rows. */
  readonly stride: number;
  /** The block holds k-values [from, from + length). */
  readonly from: number;
  readonly length: number;
}

export interface Operand {
  readonly rows: number;
  readonly k: number;
  readonly kBlocks: readonly KBlock[];
}

/** These functions are synchronous and a thread runs one at a time, so scratch is per module. */
const scratch = new Float64Array(SCRATCH_ROWS * CHUNK);

/**
 * `blocks`: the bytes of the row-block's k-blocks, in order.
 * @throws AppError 'shape-mismatch' unless they are exactly the blocks of `rows × k` values.
 */
export function openOperand(dtype: Dtype, rows: number, k: number, blocks: readonly Uint8Array[]): Operand {
  const shape: Shape = { dtype, rows, cols: k };
  const fits =
    rows >= 1 &&
    rows <= BLOCK_ROWS &&
    blocks.length === colBlocks(shape) &&
    blocks.every((bytes, c) => bytes.length === blockBytes(shape, 0, c));
  if (!fits)
    throw new AppError('shape-mismatch', `these are not the blocks of ${rows} × ${k} ${dtype} values`);
  return {
    rows,
    k,
    kBlocks: blocks.map((bytes, c) => ({
      read: operandReader(dtype, bytes),
      stride: rowBytes(shape, c) / VALUE_BYTES[dtype],
      from: c * blockCols(dtype),
      length: colsIn(shape, c),
    })),
  };
}

/** Widens `count` rows of a k-block into scratch; rows beyond the operand's last are zero. */
function loadRows(operand: Operand, block: KBlock, row: number, count: number): void {
  for (let i = 0; i < count; i++) {
    if (row + i < operand.rows) block.read((row + i) * block.stride, block.length, scratch, i * CHUNK);
    else scratch.fill(0, i * CHUNK, i * CHUNK + block.length);
  }
}

export interface RowRange {
  /** Even. */
  readonly from: number;
  readonly to: number;
  /** Use the magnitudes of the operand's values. */
  readonly absolute?: boolean;
}

/**
 * out[row · planes.count + t] += row · plane t, for the rows in the range. `out` has room for an even
 * number of rows. Blocks are the outer loop, so that a block's slice of the planes stays in cache.
 */
export function multiplyRows(operand: Operand, range: RowRange, planes: Planes, out: Float64Array): void {
  for (const block of operand.kBlocks) {
    for (let row = range.from; row < range.to; row += 2) {
      loadRows(operand, block, row, 2);
      if (range.absolute) makeAbsolute(scratch, block.length, 2);
      addProducts(scratch, block.length, planes, block.from, out, row * planes.count);
    }
  }
}

/**
 * out[t · k + i] += Σ_row r[t · rows + row] · operand[row, i] for the first `rounds` planes of r.
 * `absolute` uses the magnitudes of the operand's values.
 */
export function projectRows(
  operand: Operand,
  r: Float64Array,
  rounds: number,
  out: Float64Array,
  absolute = false,
): void {
  const { rows, k } = operand;
  for (const block of operand.kBlocks) {
    for (let row = 0; row < rows; row += SCRATCH_ROWS) {
      loadRows(operand, block, row, SCRATCH_ROWS);
      if (absolute) makeAbsolute(scratch, block.length, SCRATCH_ROWS);
      for (let t = 0; t < rounds; t++) {
        const weight = (i: number): number => (row + i < rows ? r[t * rows + row + i]! : 0);
        const weights = [weight(0), weight(1), weight(2), weight(3)] as const;
        addOuter(scratch, block.length, weights, out, t * k + block.from);
      }
    }
  }
}

/** All rows as planes of k values: `rows` of them, and a zero plane where that makes the count even. */
export function rowsAsPlanes(operand: Operand, absolute = false): Planes {
  const count = evenUp(operand.rows);
  const values = new Float64Array(count * operand.k);
  for (const block of operand.kBlocks) {
    for (let row = 0; row < operand.rows; row++) {
      block.read(row * block.stride, block.length, values, row * operand.k + block.from);
    }
  }
  if (absolute) for (let i = 0; i < values.length; i++) values[i] = Math.abs(values[i]!);
  return { values, stride: operand.k, count };
}
