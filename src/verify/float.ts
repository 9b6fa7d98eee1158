/**
 * Freivalds with a tolerance, for f32 and f16 products accumulated in float32.
 *
 * A row is refused iff |C'·r − A·(Bᵀr)| > τ in any of T rounds, r uniform on a dyadic grid of [−1, 1].
 * No honest row ever is (bounds.ts). A row with an entry off by 2^b·τ passes one round with probability
 * at most 2^−b: the density of d_j·r_j is at most 1/(2|d_j|), and adding independent terms cannot raise
 * it. So with b = 4, T = 16 the promise is: no entry is off by more than 16 τ, except with probability
 * 2^−64. It is never that the result is exact.
 */
import type { Rng } from '../core/rng.ts';
import type { Dtype } from '../matrix/dtype.ts';
import { tolerance } from './bounds.ts';
import { type Allocate, type Projection, assertColumns, heapFloats, sumOf } from './column.ts';
import { evenUp } from './kernel.ts';
import { type Operand, multiplyRows, openOperand, projectRows } from './operand.ts';
import { type VerifyParams, assertFloatK } from './params.ts';
import { ACCEPTED, type ResultBlock, type Verdict, addResult, refused } from './result.ts';

export type FloatDtype = Exclude<Dtype, 'i8'>;

/** The projection of one column block: y is planes × k, and absB (k) is Σ|B| over its columns. */
export interface FloatProjection extends Projection {
  readonly absB: Float64Array;
}

export interface FloatColumn extends ResultBlock, FloatProjection {
  /** planes × cols, from drawFloat. */
  readonly r: Float64Array;
}

export interface FloatStrip {
  readonly dtype: FloatDtype;
  /** 1 to 256. */
  readonly rows: number;
  readonly k: number;
  readonly params: VerifyParams;
  /** The k-blocks of the strip's A row-block. */
  readonly aBlocks: readonly Uint8Array[];
  readonly columns: readonly FloatColumn[];
}

const GROUP_ROWS = 32;
/** r has this many steps: an operand's 24 bits times 25 stay exact in float64. */
const GRID = 2 ** 24;

/** r for one column block: odd multiples of 2^−24 in (−1, 1), planes × cols. */
export function drawFloat(rng: Rng, cols: number, params: VerifyParams): Float64Array {
  const bytes = rng.bytes(3 * params.rounds * cols);
  const r = new Float64Array(evenUp(params.rounds) * cols);
  for (let i = 0; i < params.rounds * cols; i++) {
    const step = bytes[3 * i]! | (bytes[3 * i + 1]! << 8) | (bytes[3 * i + 2]! << 16);
    r[i] = (2 * step + 1 - GRID) / GRID;
  }
  return r;
}

/**
 * Bᵀr and |B|ᵀ1 for one B row-block of `rows` rows. Needed once per column block and job.
 * @throws AppError 'shape-mismatch' unless `bRows` are the k-blocks of `rows × k` values.
 */
export function projectFloat(
  dtype: FloatDtype,
  k: number,
  bRows: readonly Uint8Array[],
  rows: number,
  r: Float64Array,
  params: VerifyParams,
  allocate: Allocate = heapFloats,
): FloatProjection {
  const operand = openOperand(dtype, rows, k, bRows);
  const y = allocate(evenUp(params.rounds) * k);
  projectRows(operand, r, params.rounds, y);
  const absB = allocate(k);
  projectRows(operand, new Float64Array(rows).fill(1), 1, absB, true);
  return { y, absB };
}

/**
 * Checks one strip of C = A·Bᵀ, cheapest test first: form, finiteness, then the rows, stopping at the
 * first wrong one.
 * @throws AppError 'k-too-large', 'too-large' (wider than the params allow) or 'shape-mismatch'.
 */
export function checkFloatStrip(strip: FloatStrip): Verdict {
  const { dtype, rows, k, params, aBlocks, columns } = strip;
  assertFloatK(k);
  assertColumns(columns, k, params);
  const a = openOperand(dtype, rows, k, aBlocks);
  const planes = evenUp(params.rounds);
  const claimed = new Float64Array(evenUp(rows) * planes);
  const magnitudes = new Float64Array(rows);
  const sums = { dtype: 'f32', rows, limit: 0, products: claimed, magnitudes } as const;
  for (const column of columns) {
    const verdict = addResult(sums, column, { values: column.r, stride: column.cols, count: planes });
    if (!verdict.ok) return verdict;
  }
  const taus = tolerances(a, columns, magnitudes);
  const y = { values: sumOf(columns.map((column) => column.y)), stride: k, count: planes };
  const expected = new Float64Array(claimed.length);
  for (let from = 0; from < rows; from += GROUP_ROWS) {
    const to = Math.min(rows, from + GROUP_ROWS);
    multiplyRows(a, { from, to }, y, expected);
    for (let i = from * planes; i < to * planes; i++) {
      const row = Math.floor(i / planes);
      // Written so that a NaN is refused too.
      if (!(Math.abs(claimed[i]! - expected[i]!) <= taus[row]!)) return refused('mismatch', row);
    }
  }
  return ACCEPTED;
}

/** τ of each row. `magnitudes`: Σ|C'| of each row. */
export function tolerances(
  a: Operand,
  columns: readonly { readonly cols: number; readonly absB: Float64Array }[],
  magnitudes: Float64Array,
): Float64Array {
  const { rows, k } = a;
  const absB = sumOf(columns.map((column) => column.absB));
  const n = columns.reduce((sum, column) => sum + column.cols, 0);
  const b = absB.reduce((sum, value) => sum + value, 0);
  const weights = new Float64Array(2 * k).fill(1);
  weights.set(absB);
  const sums = new Float64Array(evenUp(rows) * 2); // per row: |A|·|B|1 and |A|·1
  multiplyRows(a, { from: 0, to: rows, absolute: true }, { values: weights, stride: k, count: 2 }, sums);
  return magnitudes.map((c, row) =>
    tolerance({ k, n, product: sums[2 * row]!, a: sums[2 * row + 1]!, b, c }),
  );
}
