/** What the cases of the backend contract share: their form, checks, and random products with their reference. */
import { type ErrorCode, toAppError } from '../../src/core/errors.ts';
import { randomInt, seededRng } from '../../src/core/rng.ts';
import type { Backend, KRange, ShardId, ShardShape } from '../../src/gpu/backend.ts';
import {
  type OperandBlocks,
  type ValueAt,
  nameBlocks,
  operandBlocks,
  resultValues,
  supply,
} from '../../src/gpu/small-product.ts';
import type { Dtype } from '../../src/matrix/dtype.ts';
import { floatToHalf, halfToFloat } from '../../src/matrix/half.ts';

export interface BackendCase {
  readonly name: string;
  /** Asks for a backend of its own with this much memory, instead of the shared one of SHARED_BYTES. */
  readonly memoryBytes?: number;
  readonly run: (backend: Backend) => Promise<void>;
}

export const SHARED_BYTES = 16 * 2 ** 20;
/** 8 pages: 6 for operands, 1 for a result, 1 for staging. */
export const TINY_BYTES = 2 * 2 ** 20;

export function check(condition: boolean, message: string): void {
  if (!condition) throw new Error(message);
}

export function equal(got: unknown, expected: unknown, what: string): void {
  const [a, b] = [JSON.stringify(got), JSON.stringify(expected)];
  check(a === b, `${what}: ${a}, expected ${b}`);
}

export async function rejects(work: Promise<unknown>, code: ErrorCode, what: string): Promise<void> {
  const outcome = await work.then(
    () => 'success',
    (error: unknown) => toAppError(error).code,
  );
  equal(outcome, code, what);
}

/** Operands with random values of the whole range (i8) or of mixed sizes (floats), and their blocks. */
export class Product {
  readonly shape: ShardShape;
  readonly a: Float64Array;
  readonly b: Float64Array;
  readonly blocks: readonly [OperandBlocks, OperandBlocks];
  readonly names: readonly [string[][], string[][]];
  #reference: { readonly sums: Float64Array; readonly sizes: Float64Array } | undefined;

  constructor(dtype: Dtype, rows: number, cols: number, k: number, name = `${dtype}/${rows}x${cols}x${k}`) {
    this.shape = { dtype, rows, cols, k };
    const rng = seededRng(rows * 7919 + cols * 104_729 + k);
    const value = (): number => {
      if (dtype === 'i8') return randomInt(rng, 256) - 128;
      const x = (2 * rng.float() - 1) * 2 ** (randomInt(rng, 12) - 6);
      return dtype === 'f32' ? Math.fround(x) : halfToFloat(floatToHalf(x));
    };
    this.a = Float64Array.from({ length: rows * k }, value);
    this.b = Float64Array.from({ length: cols * k }, value);
    const at =
      (values: Float64Array): ValueAt =>
      (r, x) =>
        values[r * k + x]!;
    this.blocks = [
      operandBlocks({ dtype, rows, cols: k }, at(this.a)),
      operandBlocks({ dtype, rows: cols, cols: k }, at(this.b)),
    ];
    this.names = [nameBlocks(this.blocks[0], `${name}/a`), nameBlocks(this.blocks[1], `${name}/b`)];
  }

  get kBlocks(): number {
    return this.blocks[0].length;
  }

  get hashes(): string[] {
    return [...this.names[0].flat(), ...this.names[1].flat()];
  }

  supply(backend: Backend, shard: ShardId, from = 0, to = this.kBlocks): Promise<string[]> {
    return supply(backend, shard, { from, to }, this.blocks, this.names);
  }

  range(from = 0, to = this.kBlocks): KRange {
    return { from, to, a: this.names[0].slice(from, to), b: this.names[1].slice(from, to) };
  }

  /** Supplies and accumulates; returns what was missing. */
  async feed(backend: Backend, shard: ShardId, from = 0, to = this.kBlocks): Promise<string[]> {
    const missing = await this.supply(backend, shard, from, to);
    await backend.accumulate(shard, this.range(from, to));
    return missing;
  }

  /** Exact for i8; within γ_K(|A||B|), u = 2⁻²³, else. */
  assertResult(result: readonly Uint8Array[]): void {
    const { cols, k, dtype } = this.shape;
    const unit = dtype === 'i8' ? 0 : (k * 2 ** -23) / (1 - k * 2 ** -23);
    const { sums, sizes } = (this.#reference ??= this.#multiply());
    for (const [at, value] of resultValues(this.shape, result).entries()) {
      const [sum, tolerance] = [sums[at]!, unit * sizes[at]!];
      if (Math.abs(value - sum) <= tolerance) continue;
      const place = `C[${Math.floor(at / cols)}, ${at % cols}]`;
      throw new Error(`${place} = ${value}, expected ${sum} ± ${tolerance}`);
    }
  }

  /** A·Bᵀ and |A|·|B|ᵀ in float64. */
  #multiply(): { sums: Float64Array; sizes: Float64Array } {
    const { rows, cols, k } = this.shape;
    const sums = new Float64Array(rows * cols);
    const sizes = new Float64Array(rows * cols);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < cols; j++) {
        let sum = 0;
        let size = 0;
        for (let x = 0; x < k; x++) {
          const product = this.a[i * k + x]! * this.b[j * k + x]!;
          sum += product;
          size += Math.abs(product);
        }
        sums[i * cols + j] = sum;
        sizes[i * cols + j] = size;
      }
    }
    return { sums, sizes };
  }

  async run(backend: Backend): Promise<void> {
    const shard = await backend.open(this.shape);
    try {
      await this.feed(backend, shard);
      this.assertResult(await backend.close(shard));
    } finally {
      await backend.abandon(shard);
    }
  }
}
