/** A product of two matrices as one call: in Node and in browsers, over arrays and streams. */
import { AppError, throwIfAborted } from '../core/errors.ts';
import type { JobDtype, JobRequest, JobView } from '../core/v1.ts';
import { type Product, decodeProduct } from './arrays.ts';
import type { TileworkClient } from './client.ts';
import { downloadResult } from './download.ts';
import { type ArrayMatrix, type Matrix, dtypeOf, npyFile } from './matrices.ts';
import { runJob } from './run-job.ts';

export type MultiplyProgress =
  | { readonly phase: 'upload'; readonly matrix: 'a' | 'b'; readonly bytes: number; readonly size: number }
  | { readonly phase: 'compute'; readonly job: JobView }
  | { readonly phase: 'download'; readonly bytes: number; readonly size: number | undefined };

export interface MultiplyOptions extends Omit<JobRequest, 'a' | 'b' | 'dtype'> {
  readonly client: TileworkClient;
  /** 'f32x': exact floats, of f32 matrices. @default by the arrays: Int8Array is i8, Uint16Array f16 (its bits), Float32Array f32 */
  readonly dtype?: JobDtype | undefined;
  /** B is given as N × K, as it is stored: nothing has to be turned. @default false */
  readonly transposedB?: boolean | undefined;
  /** Ends it wherever it is; a job that runs is cancelled. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: MultiplyProgress) => void) | undefined;
}

export interface MultiplyResult extends Product {
  /** Who computed it, how it was checked, what it cost. */
  readonly job: JobView;
}

/**
 * C = A·B for A of M × K and B of K × N (N × K with `transposedB`), whole in memory: int32 of int8, else float32.
 * What breaks off is tried again; nothing is submitted twice. For a product that is larger than memory use `runJob`
 * and `downloadResult`, or `client.top`.
 * @throws AppError 'shape-mismatch', 'bad-input', 'non-finite', 'k-too-large', 'no-credit', 'unauthorized', 'aborted',
 *   'unreachable', and as `runJob`
 */
export async function multiply(a: Matrix, b: Matrix, options: MultiplyOptions): Promise<MultiplyResult> {
  const { client, transposedB = false, signal, onProgress } = options;
  const same = a === b && transposedB;
  const left = await provide(a, 'a', options);
  const right = same ? left : await provide(b, 'b', options);
  const job = await runJob(
    client,
    { ...requestOf(options), a: left, b: right },
    { signal, onJob: (view) => onProgress?.({ phase: 'compute', job: view }) },
  );
  return { ...(await fetched(client, job, options)), job };
}

function requestOf(options: MultiplyOptions): Omit<JobRequest, 'a' | 'b'> {
  const { project, title, priority, deadlineMs, maxMicrocredits } = options;
  const dtype = options.dtype === 'f32x' ? options.dtype : undefined;
  const fields = Object.entries({ dtype, project, title, priority, deadlineMs, maxMicrocredits });
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined));
}

/** The operand's id. */
async function provide(matrix: Matrix, which: 'a' | 'b', options: MultiplyOptions): Promise<string> {
  const { client, transposedB = false, signal, onProgress } = options;
  throwIfAborted(signal);
  if ('id' in matrix) return matrix.id;
  const dtype = options.dtype === 'f32x' ? 'f32' : options.dtype;
  const file = npyFile(matrix, dtype ?? dtypeOf(matrix));
  const side = which === 'a' || transposedB ? 'rows' : 'transpose';
  const operand = await client.uploadOperand(file.stream, {
    side,
    name: nameOf(matrix, which),
    size: file.size,
    signal,
    onProgress: (bytes) => onProgress?.({ phase: 'upload', matrix: which, bytes, size: file.size }),
  });
  return operand.id;
}

function nameOf({ name }: ArrayMatrix, which: 'a' | 'b'): string {
  return name ?? which.toUpperCase();
}

async function fetched(
  client: TileworkClient,
  job: JobView,
  { signal, onProgress }: MultiplyOptions,
): Promise<Product> {
  let file = new Uint8Array(0);
  let at = 0;
  let expected: number | undefined;
  const pieces = downloadResult(client, job.id, {
    signal,
    onProgress: (bytes, size) => {
      expected = size;
      onProgress?.({ phase: 'download', bytes, size });
    },
  });
  for await (const piece of pieces) {
    if (at + piece.length > file.length) {
      // All of it at once as soon as its size is known; a product and its header, at the most twice.
      const grown = new Uint8Array(Math.max(expected ?? 0, 2 * file.length, at + piece.length));
      grown.set(file.subarray(0, at));
      file = grown;
    }
    file.set(piece, at);
    at += piece.length;
  }
  const product = decodeProduct(file.subarray(0, at));
  if (product.rows === job.rows && product.cols === job.cols) return product;
  throw new AppError(
    'bad-frame',
    `a product of ${product.rows} × ${product.cols} came, not of ${job.rows} × ${job.cols}`,
  );
}
