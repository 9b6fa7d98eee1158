/**
 * The gate: is a product right, and how far off at most? Errors are relative to Σ|a||b| of their entry, as
 * the rounding bound of a sum of products is: |c − Σab| ≤ γ_K Σ|a||b| (Higham, Accuracy and Stability, §3.1).
 */
import { seededRng } from '../../../src/core/rng.ts';
import { type Task, widen } from './task.ts';

/** Multiply-adds of the float64 reference: whole products up to 512 cubed, evenly spaced rows of larger ones. */
const REFERENCE_WORK = 2 ** 27;
/** Every row is also checked in one sum with random signs, of which so many standard deviations may be off. */
const DEVIATIONS = 8;

export interface Verdict {
  readonly right: boolean;
  /** Largest error of the entries compared with the reference, relative to Σ|a||b|. */
  readonly error: number;
  readonly why: string;
}

/** Row-major values of a product, in whatever number type. */
export type Product = ArrayLike<number>;

export class Judge {
  readonly #task: Task;
  readonly #a: ArrayLike<number>;
  readonly #rows: number[];
  /** Σab and Σ|a||b| of the reference rows. */
  readonly #sums: Float64Array;
  readonly #sizes: Float64Array;
  /** ±1 a column of C, and what each row then sums to. */
  readonly #signs: Int8Array;
  readonly #signed: Float64Array;

  constructor(task: Task) {
    const { rows, cols, k } = task;
    this.#task = task;
    this.#a = widen(task.a);
    const b = widen(task.b);
    const count = Math.min(rows, Math.max(2, Math.floor(REFERENCE_WORK / (cols * k))));
    this.#rows = Array.from({ length: count }, (_, i) => Math.floor((i * rows) / count));
    this.#sums = new Float64Array(count * cols);
    this.#sizes = new Float64Array(count * cols);
    for (const [at, row] of this.#rows.entries()) {
      for (let j = 0; j < cols; j++) {
        let sum = 0;
        let size = 0;
        for (let x = 0, p = row * k, q = j * k; x < k; x++, p++, q++) {
          const product = this.#a[p]! * b[q]!;
          sum += product;
          size += Math.abs(product);
        }
        this.#sums[at * cols + j] = sum;
        this.#sizes[at * cols + j] = size;
      }
    }
    const rng = seededRng(1);
    this.#signs = Int8Array.from({ length: cols }, () => (rng.float() < 0.5 ? -1 : 1));
    this.#signed = this.#signedRows(b);
  }

  /** A·(Bᵀ·signs). */
  #signedRows(b: ArrayLike<number>): Float64Array {
    const { rows, cols, k } = this.#task;
    const combined = new Float64Array(k);
    for (let j = 0; j < cols; j++) {
      for (let x = 0; x < k; x++) combined[x]! += this.#signs[j]! * b[j * k + x]!;
    }
    return Float64Array.from({ length: rows }, (_, i) => {
      let sum = 0;
      for (let x = 0; x < k; x++) sum += this.#a[i * k + x]! * combined[x]!;
      return sum;
    });
  }

  /** @param tolerance the largest error allowed, relative to Σ|a||b|; 0 for exact integers. */
  judge(product: Product, tolerance: number): Verdict {
    const { rows, cols } = this.#task;
    if (product.length !== rows * cols) {
      return { right: false, error: Number.NaN, why: `it has ${product.length} values, not ${rows * cols}` };
    }
    let error = 0;
    let largest = 0;
    for (const [at, row] of this.#rows.entries()) {
      for (let j = 0; j < cols; j++) {
        const size = this.#sizes[at * cols + j]!;
        const off = Math.abs(product[row * cols + j]! - this.#sums[at * cols + j]!);
        largest = Math.max(largest, size);
        if (off !== 0) error = Math.max(error, off / size);
        if (!(off <= tolerance * size)) {
          const entry = `C[${row}, ${j}] is ${product[row * cols + j]!}, not ${this.#sums[at * cols + j]!}`;
          return { right: false, error: off / size, why: entry };
        }
      }
    }
    const slack = DEVIATIONS * error * largest * Math.sqrt(cols);
    for (let i = 0; i < rows; i++) {
      let sum = 0;
      for (let j = 0; j < cols; j++) sum += this.#signs[j]! * product[i * cols + j]!;
      if (!(Math.abs(sum - this.#signed[i]!) <= slack)) {
        return { right: false, error: Number.NaN, why: `row ${i} of C does not add up` };
      }
    }
    return { right: true, error, why: '' };
  }
}
