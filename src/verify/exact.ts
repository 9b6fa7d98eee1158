/**
 * Freivalds over the integers for i8 products, in float64 that never rounds.
 *
 * C is accepted iff every |C| ≤ K·2¹⁴ and C·r = A·(Bᵀr) for T secret r, uniform in [0, 2^S). A wrong row
 * passes one round with probability at most 2^−S: fix all of r but one entry where the row is wrong,
 * and at most one value of that entry fits (Freivalds 1977; Schwartz 1980, Zippel 1979).
 * It must stay over ℤ: modulo 2³² an error of 2³¹ passes every second round, and without the range
 * check C·r could leave the integers that float64 holds.
 */
import { AppError } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';
import { assertK } from '../matrix/dtype.ts';
import { type Allocate, assertColumns, heapFloats, sumOf } from './column.ts';
import { evenUp } from './kernel.ts';
import { multiplyRows, openOperand, projectRows } from './operand.ts';
import { MAX_BITS, MAX_PRODUCT_I8, type VerifyParams } from './params.ts';
import { ACCEPTED, type ResultBlock, type Verdict, addResult, refused } from './result.ts';

export interface ExactColumn extends ResultBlock {
  /** planes × cols, from drawExact. */
  readonly r: Float64Array;
  /** planes × k, from projectExact. */
  readonly y: Float64Array;
}

export interface ExactStrip {
  /** 1 to 256. */
  readonly rows: number;
  readonly k: number;
  readonly params: VerifyParams;
  /** The k-blocks of the strip's A row-block. */
  readonly aBlocks: readonly Uint8Array[];
  readonly columns: readonly ExactColumn[];
}

/** Rows between two looks at whether the strip is still right. */
const GROUP_ROWS = 32;

/**
 * r for one column block, uniform in [0, 2^S): planes × cols.
 * Three bytes a number whatever S is, so that a seed replays the same stream for every shape.
 */
export function drawExact(rng: Rng, cols: number, params: VerifyParams): Float64Array {
  if (params.bits > MAX_BITS) throw new AppError('bad-input', `r has at most ${MAX_BITS} bits`);
  const bytes = rng.bytes(3 * params.rounds * cols);
  const r = new Float64Array(evenUp(params.rounds) * cols);
  const mask = 2 ** params.bits - 1;
  for (let i = 0; i < params.rounds * cols; i++) {
    r[i] = (bytes[3 * i]! | (bytes[3 * i + 1]! << 8) | (bytes[3 * i + 2]! << 16)) & mask;
  }
  return r;
}

/**
 * Bᵀr for one B row-block of `rows` rows: planes × k, exact. Needed once per column block and job.
 * @throws AppError 'shape-mismatch' unless `bRows` are the k-blocks of `rows × k` int8 values.
 */
export function projectExact(
  k: number,
  bRows: readonly Uint8Array[],
  rows: number,
  r: Float64Array,
  params: VerifyParams,
  allocate: Allocate = heapFloats,
): Float64Array {
  const y = allocate(evenUp(params.rounds) * k);
  projectRows(openOperand('i8', rows, k, bRows), r, params.rounds, y);
  return y;
}

/**
 * Checks one strip of C = A·Bᵀ, cheapest test first: form, range, then the rows, stopping at the first
 * wrong one. The two sides have their own accumulators: a difference would not be exact.
 * @throws AppError 'k-too-large', 'too-large' (wider than the params allow) or 'shape-mismatch'.
 */
export function checkExactStrip(strip: ExactStrip): Verdict {
  const { rows, k, params, aBlocks, columns } = strip;
  assertK('i8', k);
  assertColumns(columns, k, params);
  const a = openOperand('i8', rows, k, aBlocks);
  const planes = evenUp(params.rounds);
  const claimed = new Float64Array(evenUp(rows) * planes);
  const sums = { dtype: 'i32', rows, limit: k * MAX_PRODUCT_I8, products: claimed } as const;
  for (const column of columns) {
    const verdict = addResult(sums, column, { values: column.r, stride: column.cols, count: planes });
    if (!verdict.ok) return verdict;
  }
  const y = { values: sumOf(columns.map((column) => column.y)), stride: k, count: planes };
  const expected = new Float64Array(claimed.length);
  for (let from = 0; from < rows; from += GROUP_ROWS) {
    const to = Math.min(rows, from + GROUP_ROWS);
    multiplyRows(a, { from, to }, y, expected);
    for (let i = from * planes; i < to * planes; i++) {
      if (claimed[i] !== expected[i]) return refused('mismatch', Math.floor(i / planes));
    }
  }
  return ACCEPTED;
}
