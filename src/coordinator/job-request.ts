/** What a requester asks for, judged before anything is stored: whether C exists, can be checked, and is described. */
import { AppError } from '../core/errors.ts';
import { formatCredit } from '../core/units.ts';
import type { JobRequest } from '../core/v1.ts';
import { BLOCK_ROWS } from '../matrix/blocks.ts';
import { assertK } from '../matrix/dtype.ts';
import { assertFloatK } from '../matrix/limbs.ts';
import type { NewJob } from '../store/jobs.ts';
import type { Queries } from '../store/database.ts';
import type { Operand } from '../store/schema.ts';
import type { JobDtype } from '../store/schema-floats.ts';
import { getOperand } from '../store/operands.ts';
import { priceOf } from './price.ts';
import { jobParams } from './verify-pool.ts';

/** Cells of one job: its bookkeeping stays within some 100 MiB; C would be 256 GiB. */
const MAX_CELLS = 2 ** 20;
/** A strip of float32 operands is 128 MiB at this K, and a verification thread holds one whole. */
const MAX_K = 2 ** 17;
const MAX_F32 = 3.4028234663852886e38;
/** Titles on contributors' pages: short, and one line. */
const MAX_TITLE_CHARS = 80;

/** @throws AppError 'shape-mismatch', 'k-too-large', 'non-finite', 'too-large', 'bad-input', 'no-credit'. */
export function newJob(request: JobRequest, a: Operand, b: Operand, id: string, createdMs: number): NewJob {
  const dtype = productType(a, b, request.dtype);
  const project = lineOf(request.project ?? 'a matrix product', 'project');
  if (!project) throw new AppError('bad-input', 'a project is one line of text');
  const { deadlineMs = null } = request;
  assertFuture(deadlineMs, createdMs);
  const job = {
    id,
    a: a.id,
    b: b.id,
    dtype,
    rows: a.rows,
    cols: b.rows,
    k: a.k,
    project,
    title: lineOf(request.title ?? '', 'title'),
    priority: request.priority ?? 0,
    createdMs,
    deadlineMs,
  };
  assertPrice(job, request.maxMicrocredits);
  return job;
}

/** @throws AppError 'bad-input' that says what time it is here: clocks differ. */
export function assertFuture(deadlineMs: number | null, nowMs: number): void {
  if (deadlineMs === null || deadlineMs > nowMs) return;
  throw new AppError(
    'bad-input',
    `the deadline ${deadlineMs} is in the past: here it is ${nowMs}, ms since 1970`,
  );
}

function lineOf(text: string, what: string): string {
  const line = text.trim().slice(0, MAX_TITLE_CHARS);
  if (/\p{Cc}/u.test(line)) throw new AppError('bad-input', `a ${what} is one line of text`);
  return line;
}

function assertPrice(job: Pick<NewJob, 'rows' | 'cols' | 'k' | 'dtype'>, most: string | undefined): void {
  const price = priceOf(job);
  if (most === undefined || price <= BigInt(most)) return;
  throw new AppError(
    'no-credit',
    `this job can cost ${formatCredit(price)} credit, more than the ${formatCredit(BigInt(most))} that it may: allow ${price} microcredits, or take a smaller product`,
  );
}

/** @throws AppError 'not-found', or 'gone' for one that was deleted */
export async function operandOf(db: Queries, id: string): Promise<Operand> {
  const operand = /^[0-9a-f]{64}$/.test(id) ? await getOperand(db, id) : undefined;
  if (!operand) throw new AppError('not-found', `there is no operand ${id}; upload it first`);
  if (operand.removedMs !== null)
    throw new AppError('gone', `operand ${id} was deleted; upload it again first`);
  return operand;
}

/** What there is to know of an operand before it is multiplied. */
export type ProductSide = Pick<Operand, 'dtype' | 'rows' | 'k' | 'maxAbs'>;

/** The type of the product. @throws AppError as assertProduct, and 'bad-input' where it cannot be what is asked for */
export function productType(a: ProductSide, b: ProductSide, asked: JobRequest['dtype']): JobDtype {
  assertProduct(a, b);
  if (asked === 'f32x' && a.dtype === 'f32') {
    assertFloatK(a.k);
    return asked;
  }
  if (asked === 'f32x') {
    const advice =
      a.dtype === 'i8'
        ? 'int8 products are exact as they are'
        : 'send them with as=f32, which changes no value';
    throw new AppError('bad-input', `f32x multiplies f32 operands, and these are ${a.dtype}: ${advice}`);
  }
  if (asked !== undefined && asked !== a.dtype)
    throw new AppError(
      'bad-input',
      `the operands are ${a.dtype}, not ${asked}: leave dtype out, or send others`,
    );
  jobParams(a.dtype, a.k, b.rows); // throws for what cannot be checked
  return a.dtype;
}

/** @throws AppError unless C = A·Bᵀ exists and every entry of it can be a number. */
function assertProduct(a: ProductSide, b: ProductSide): void {
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
