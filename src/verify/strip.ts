/**
 * The one entry to verification, whatever the number type. Pure and synchronous: callers run it in
 * worker threads, draw r from a CSPRNG, keep projections per job and column block, and draw again
 * after any refusal.
 */
import { AppError } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';
import { type Dtype, assertK } from '../matrix/dtype.ts';
import type { Allocate, Projection } from './column.ts';
import { checkExactStrip, drawExact, projectExact } from './exact.ts';
import { type FloatColumn, checkFloatStrip, drawFloat, projectFloat } from './float.ts';
import { type VerifyParams, assertFloatK, chooseExact, chooseFloat } from './params.ts';
import type { ResultBlock, Verdict } from './result.ts';

/** One column block of a strip: what was claimed, and the job's secrets for it. */
export interface StripColumn extends ResultBlock, Projection {
  /** From drawColumn. */
  readonly r: Float64Array;
}

export interface Strip {
  readonly dtype: Dtype;
  /** 1 to 256. */
  readonly rows: number;
  readonly k: number;
  readonly params: VerifyParams;
  /** The k-blocks of the strip's A row-block. */
  readonly aBlocks: readonly Uint8Array[];
  readonly columns: readonly StripColumn[];
}

/** One B row-block: the columns of C that it makes, and the r drawn for them. */
export interface ColumnOperand {
  readonly dtype: Dtype;
  /** Columns of C, which are rows of B: 1 to 256. */
  readonly cols: number;
  readonly k: number;
  readonly params: VerifyParams;
  /** The k-blocks of the B row-block. */
  readonly bBlocks: readonly Uint8Array[];
  readonly r: Float64Array;
}

/**
 * The strength of a job's checks, for strips of at most `maxWidth` columns.
 * @param missLog2 - the chance to reach or to fall below; without it, what a secret r needs
 * @throws AppError 'k-too-large', or 'too-large' where shards must be narrower.
 */
export function paramsFor(dtype: Dtype, k: number, maxWidth: number, missLog2?: number): VerifyParams {
  if (dtype === 'i8') {
    assertK(dtype, k);
    return chooseExact(k, maxWidth, missLog2);
  }
  assertFloatK(k);
  return chooseFloat(missLog2);
}

/** log₂ of the chance that one check accepts what it promises to refuse. */
export function missBound(params: VerifyParams): number {
  return params.missLog2;
}

/** The secret r of one column block of a job. `rng` must be a CSPRNG outside of tests. */
export function drawColumn(dtype: Dtype, rng: Rng, cols: number, params: VerifyParams): Float64Array {
  return dtype === 'i8' ? drawExact(rng, cols, params) : drawFloat(rng, cols, params);
}

/** Bᵀr (and |B|ᵀ1 for floats), once per column block and job. @throws AppError 'shape-mismatch'. */
export function projectColumn(column: ColumnOperand, allocate?: Allocate): Projection {
  const { dtype, cols, k, params, bBlocks, r } = column;
  return dtype === 'i8'
    ? { y: projectExact(k, bBlocks, cols, r, params, allocate) }
    : projectFloat(dtype, k, bBlocks, cols, r, params, allocate);
}

/**
 * Whether the claimed blocks are a strip of the product. Bytes from a contributor never make it throw.
 * @throws AppError where the coordinator's own side does not fit together.
 */
export function checkStrip(strip: Strip): Verdict {
  const { dtype } = strip;
  if (dtype === 'i8') return checkExactStrip(strip);
  return checkFloatStrip({ ...strip, dtype, columns: strip.columns.map(toFloatColumn) });
}

function toFloatColumn(column: StripColumn): FloatColumn {
  const { absB } = column;
  if (!absB) throw new AppError('shape-mismatch', 'a float column needs the magnitudes of B');
  return { ...column, absB };
}
