/** What a check keeps secret about one column block (256 columns) of a job: r, and Bᵀr over all of K. */
import { AppError } from '../core/errors.ts';
import { BLOCK_ROWS } from '../matrix/blocks.ts';
import { evenUp } from './kernel.ts';
import type { VerifyParams } from './params.ts';

/**
 * Arrays are planes, one per round, one after the other (and a zero plane where rounds are odd).
 * Both may lie in shared memory. Never send, log or reuse them in another job.
 */
export interface Projection {
  /** planes × k: Bᵀr. */
  readonly y: Float64Array;
  /** k: Σ over the block's columns of |B|. Floats only. */
  readonly absB?: Float64Array;
}

/** Makes the arrays of a projection. */
export type Allocate = (length: number) => Float64Array;

export const heapFloats: Allocate = (length) => new Float64Array(length);
/** For a projection that several threads read: the rows of it are computed once per job. */
export const sharedFloats: Allocate = (length) => new Float64Array(new SharedArrayBuffer(length * 8));

/** The element-wise sum of equally long arrays; the array itself where there is only one. */
export function sumOf(arrays: readonly Float64Array[]): Float64Array {
  const first = arrays[0]!;
  if (arrays.length === 1) return first;
  const sum = new Float64Array(first);
  for (const next of arrays.slice(1)) {
    for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + next[i]!;
  }
  return sum;
}

interface ProjectedColumn extends Projection {
  readonly cols: number;
  readonly r: Float64Array;
}

/** @throws AppError 'too-large' past the params' width, 'shape-mismatch' where r or y is another shape's. */
export function assertColumns(columns: readonly ProjectedColumn[], k: number, params: VerifyParams): void {
  const planes = evenUp(params.rounds);
  let width = 0;
  for (const { cols, r, y, absB } of columns) {
    const fits = r.length === planes * cols && y.length === planes * k && (absB?.length ?? k) === k;
    if (!fits || cols < 1 || cols > BLOCK_ROWS) {
      throw new AppError('shape-mismatch', `not the projection of ${cols} columns over K = ${k}`);
    }
    width += cols;
  }
  if (width < 1 || width > params.maxWidth) {
    throw new AppError('too-large', `a strip of ${width} columns cannot be checked with these parameters`);
  }
}
