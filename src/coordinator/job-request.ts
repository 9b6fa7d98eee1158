/** What a requester asks for, judged before anything is stored: whether C exists, can be checked, and is described. */
import { AppError } from '../core/errors.ts';
import type { JobRequest } from '../core/v1.ts';
import { BLOCK_ROWS } from '../matrix/blocks.ts';
import { assertK } from '../matrix/dtype.ts';
import type { NewJob } from '../store/jobs.ts';
import type { Operand } from '../store/schema.ts';
import { jobParams } from './verify-pool.ts';

/** Cells of one job: its bookkeeping stays within some 100 MiB; C would be 256 GiB. */
const MAX_CELLS = 2 ** 20;
/** A strip of float32 operands is 128 MiB at this K, and a verification thread holds one whole. */
const MAX_K = 2 ** 17;
const MAX_F32 = 3.4028234663852886e38;
/** A title on contributors' pages: short, and one line. */
const MAX_PROJECT_CHARS = 80;

/** @throws AppError 'shape-mismatch', 'k-too-large', 'non-finite', 'too-large', 'bad-input'. */
export function newJob(request: JobRequest, a: Operand, b: Operand, id: string, createdMs: number): NewJob {
  assertProduct(a, b);
  jobParams(a.dtype, a.k, b.rows); // throws for what cannot be checked
  const project = (request.project ?? 'a matrix product').trim().slice(0, MAX_PROJECT_CHARS);
  if (!project || /\p{Cc}/u.test(project)) throw new AppError('bad-input', 'a project is one line of text');
  return {
    id,
    a: a.id,
    b: b.id,
    dtype: a.dtype,
    rows: a.rows,
    cols: b.rows,
    k: a.k,
    project,
    title: '',
    priority: request.priority ?? 0,
    createdMs,
  };
}

/** @throws AppError unless C = A·Bᵀ exists and every entry of it can be a number. */
function assertProduct(a: Operand, b: Operand): void {
  if (a.dtype !== b.dtype) {
    throw new AppError('shape-mismatch', `A is ${a.dtype} and B is ${b.dtype}; both must have one type`);
  }
  if (a.k !== b.k) {
    throw new AppError(
      'shape-mismatch',
      `A is ${a.rows} × ${a.k} and B is ${b.k} × ${b.rows}: the inner sizes ${a.k} and ${b.k} differ`,
    );
  }
  assertK(a.dtype, a.k);
  if (a.k > MAX_K) {
    throw new AppError(
      'k-too-large',
      `K = ${a.k} is too large: at most ${MAX_K}. Split K and add the partial products.`,
    );
  }
  const largest = a.k * a.maxAbs * b.maxAbs;
  if (a.dtype !== 'i8' && largest * 1.01 > MAX_F32) {
    throw new AppError(
      'non-finite',
      `sums of K = ${a.k} products of values up to ${a.maxAbs} and ${b.maxAbs} could overflow float32; scale the operands down`,
    );
  }
  if (Math.ceil(a.rows / BLOCK_ROWS) * Math.ceil(b.rows / BLOCK_ROWS) > MAX_CELLS) {
    throw new AppError(
      'too-large',
      `C has more than ${MAX_CELLS} cells of 256 × 256; cut the product into several jobs`,
    );
  }
}
