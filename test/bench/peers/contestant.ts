/** What takes part in a race of kernels. */
import type { Dtype } from '../../../src/matrix/dtype.ts';
import type { Product } from '../kernels/check.ts';
import type { Task } from '../kernels/task.ts';

export interface Contestant {
  readonly name: string;
  readonly dtype: Dtype;
  /** What it sums in, as far as is known. */
  readonly accumulator: string;
  /** The largest error, relative to Σ|a||b|, with which its product counts as right; by K. */
  readonly tolerance: (k: number) => number;
  /** Uploads the operands and compiles. @throws what keeps it from running: it is then listed with that reason. */
  prepare(task: Task): Promise<Entry>;
}

export interface Entry {
  /** The error that it found itself, where it has no `residentProduct`. */
  readonly error?: number;
  /**
   * (a) Operands on the GPU: so many products back to back, one wait at the end, nothing read back.
   * @returns ms, where the contestant has a better clock than ours
   */
  resident(times: number): Promise<number | undefined>;
  /** The product that (a) computes, read back; absent where it checks itself. */
  residentProduct?(): Promise<Product>;
  /** (b) Bytes in main memory to bytes in main memory; resolves to how to see them as a product. */
  bytes?(): Promise<() => Product>;
  /** Frees what `prepare` took. */
  end(): Promise<void>;
}

/** float32 sums: γ_K with twice the unit roundoff, since WGSL allows a fused or an unfused multiply-add. */
export const FLOAT32_TOLERANCE = (k: number): number => k * 2 ** -23;
/** Results (and perhaps sums) rounded to binary16. */
export const FLOAT16_TOLERANCE = (): number => 2 ** -8;
export const EXACT = (): number => 0;
