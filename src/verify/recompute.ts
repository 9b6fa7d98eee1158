/**
 * Computing a strip again instead of checking it: cheaper where it has fewer columns than there are
 * rounds (params.ts `narrow`), and stricter, because every entry is looked at.
 */
import { type Dtype, RESULT_DTYPE, assertK } from '../matrix/dtype.ts';
import { tolerance } from './bounds.ts';
import { type Planes, evenUp } from './kernel.ts';
import { type Operand, multiplyRows, openOperand, rowsAsPlanes } from './operand.ts';
import { MAX_PRODUCT_I8, assertFloatK } from './params.ts';
import { ACCEPTED, type ResultBlock, type Verdict, checkForm, refused, resultStride } from './result.ts';
import { resultReader } from './widen.ts';

export interface RecomputeColumn extends ResultBlock {
  /** The k-blocks of the column block's B row-block, which has `cols` rows. */
  readonly bBlocks: readonly Uint8Array[];
}

export interface RecomputeStrip {
  readonly dtype: Dtype;
  /** 1 to 256. */
  readonly rows: number;
  readonly k: number;
  /** The k-blocks of the strip's A row-block. */
  readonly aBlocks: readonly Uint8Array[];
  readonly columns: readonly RecomputeColumn[];
}

/**
 * i8: every entry equals the product. Floats: every entry is within the deterministic bound of it.
 * @throws AppError 'k-too-large' or 'shape-mismatch'.
 */
export function recomputeStrip(strip: RecomputeStrip): Verdict {
  const { dtype, rows, k, aBlocks } = strip;
  if (dtype === 'i8') assertK(dtype, k);
  else assertFloatK(k);
  const a = openOperand(dtype, rows, k, aBlocks);
  for (const column of strip.columns) {
    const verdict = recomputeColumn(dtype, a, column);
    if (!verdict.ok) return verdict;
  }
  return ACCEPTED;
}

function recomputeColumn(dtype: Dtype, a: Operand, column: RecomputeColumn): Verdict {
  const form = checkForm(a.rows, column);
  if (!form.ok) return form;
  const { cols, cBlock } = column;
  const b = openOperand(dtype, cols, a.k, column.bBlocks);
  const planes = rowsAsPlanes(b);
  const products = multiplyAll(a, planes);
  const taus = dtype === 'i8' ? () => 0 : entryTolerances(a, b);
  const result = RESULT_DTYPE[dtype];
  const read = resultReader(result, cBlock, a.k * MAX_PRODUCT_I8);
  const claimed = new Float64Array(cols);
  for (let row = 0; row < a.rows; row++) {
    if (!read(row * resultStride(cols), cols, claimed, 0)) {
      return refused(result === 'i32' ? 'range' : 'non-finite', row);
    }
    for (let j = 0; j < cols; j++) {
      const error = Math.abs(claimed[j]! - products[row * planes.count + j]!);
      if (!(error <= taus(row, j, claimed[j]!))) return refused('mismatch', row);
    }
  }
  return ACCEPTED;
}

function multiplyAll(a: Operand, planes: Planes, absolute = false): Float64Array {
  const out = new Float64Array(evenUp(a.rows) * planes.count);
  multiplyRows(a, { from: 0, to: a.rows, absolute }, planes, out);
  return out;
}

/** The bound of each entry, which is the bound of a row of one column. */
function entryTolerances(a: Operand, b: Operand): (row: number, j: number, c: number) => number {
  const { k } = a;
  const absolute = rowsAsPlanes(b, true);
  const products = multiplyAll(a, absolute, true);
  const ones = { values: new Float64Array(2 * k).fill(1), stride: k, count: 2 };
  const sumsA = multiplyAll(a, ones, true);
  const sumsB = multiplyAll(b, ones, true);
  return (row, j, c) =>
    tolerance({
      k,
      n: 1,
      product: products[row * absolute.count + j]!,
      a: sumsA[2 * row]!,
      b: sumsB[2 * j]!,
      c: Math.abs(c),
    });
}
