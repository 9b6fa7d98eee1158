/**
 * The claimed side of a check: C blocks as they came from a contributor. Nothing in them is trusted,
 * and nothing in them makes these functions throw.
 */
import { ROW_ALIGN_BYTES } from '../matrix/blocks.ts';
import { roundUp } from '../core/bytes.ts';
import type { ResultDtype } from '../matrix/dtype.ts';
import { CHUNK, type Planes, addProducts, sumAbsolute } from './kernel.ts';
import { int32View, resultReader } from './widen.ts';

/** Why a strip was refused. */
export type Reason =
  | 'length' // a block does not have the bytes that its shape demands
  | 'padding' // bytes after the last column are not zero: the hash would not be unique
  | 'range' // an i32 that no int8 product can reach
  | 'non-finite' // a float that is NaN or infinite
  | 'mismatch'; // not the product

/** `row` counts from the strip's first row. */
export type Verdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: Reason; readonly row: number };

export const ACCEPTED: Verdict = { ok: true };

export function refused(reason: Reason, row: number): Verdict {
  return { ok: false, reason, row };
}

/** One column block of a strip: 256 columns of C, fewer in the last block of a matrix. */
export interface ResultBlock {
  readonly cols: number;
  /** i32 or f32, little-endian, rows padded with zeros to 16 bytes. */
  readonly cBlock: Uint8Array;
}

/** Values between the starts of two rows of a result block. */
export function resultStride(cols: number): number {
  return roundUp(cols * 4, ROW_ALIGN_BYTES) / 4;
}

/** Length and padding, before any value is looked at. */
export function checkForm(rows: number, { cols, cBlock }: ResultBlock): Verdict {
  const stride = resultStride(cols);
  if (cBlock.length !== rows * stride * 4) return refused('length', 0);
  if (stride === cols) return ACCEPTED;
  const words = int32View(cBlock); // so that −0.0 is not taken for zero bytes
  for (let row = 0; row < rows; row++) {
    for (let i = row * stride + cols; i < (row + 1) * stride; i++) {
      if (words[i] !== 0) return refused('padding', row);
    }
  }
  return ACCEPTED;
}

export interface ResultSums {
  readonly dtype: ResultDtype;
  readonly rows: number;
  /** Largest magnitude of an i32 value. */
  readonly limit: number;
  /** rows (made even) × planes: C·r, added to. */
  readonly products: Float64Array;
  /** rows: Σ|C|, added to where given. */
  readonly magnitudes?: Float64Array;
}

const scratch = new Float64Array(2 * CHUNK);

/** Adds a block's C·r to the sums in one pass over C, refusing what no honest result holds. */
export function addResult(sums: ResultSums, block: ResultBlock, planes: Planes): Verdict {
  const { dtype, rows, limit, products, magnitudes } = sums;
  const form = checkForm(rows, block);
  if (!form.ok) return form;
  const read = resultReader(dtype, block.cBlock, limit);
  const stride = resultStride(block.cols);
  for (let row = 0; row < rows; row += 2) {
    for (let i = 0; i < 2; i++) {
      if (row + i >= rows) scratch.fill(0, CHUNK);
      else if (!read((row + i) * stride, block.cols, scratch, i * CHUNK)) {
        return refused(dtype === 'i32' ? 'range' : 'non-finite', row + i);
      }
      if (magnitudes && row + i < rows) {
        magnitudes[row + i] = magnitudes[row + i]! + sumAbsolute(scratch, i * CHUNK, block.cols);
      }
    }
    addProducts(scratch, block.cols, planes, 0, products, row * planes.count);
  }
  return ACCEPTED;
}
