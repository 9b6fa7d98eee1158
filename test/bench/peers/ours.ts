/** Tilework's own backend, through the same interface that a contributor uses. */
import { stopwatch as clock } from '../../../src/core/clock.ts';
import type { Backend, KRange, ShardId, ShardShape } from '../../../src/gpu/backend.ts';
import { shaders } from '../../../src/gpu/shaders.node.ts';
import {
  type OperandBlocks,
  nameBlocks,
  operandBlocks,
  resultValues,
} from '../../../src/gpu/small-product.ts';
import { createWebGpuBackend } from '../../../src/gpu/webgpu.ts';
import type { Dtype } from '../../../src/matrix/dtype.ts';
import type { Product } from '../kernels/check.ts';
import { type Task, widen } from '../kernels/task.ts';
import { type Contestant, EXACT, type Entry, FLOAT32_TOLERANCE } from './contestant.ts';

/** The backend as a contributor has it: tested, with the kernels that won on this adapter. */
export async function openOurs(gpu: GPU, memoryBytes: number): Promise<Backend> {
  const backend = await createWebGpuBackend({ gpu, shaders, memoryBytes, allowFallback: true, clock });
  await backend.selfTest();
  return backend;
}

/** The backend with one kernel and no self-test; no other shapes or number types than that kernel's. */
export function openFixed(gpu: GPU, memoryBytes: number, kernel: string): Promise<Backend> {
  const kernels = (name: string): boolean => name === kernel;
  return createWebGpuBackend({ gpu, shaders, memoryBytes, allowFallback: true, clock, kernels });
}

export function ourContestant(name: string, dtype: Dtype, backend: Backend): Contestant {
  return {
    name,
    dtype,
    accumulator: dtype === 'i8' ? 'i32' : 'f32',
    tolerance: dtype === 'i8' ? EXACT : FLOAT32_TOLERANCE,
    prepare: (task) => OurEntry.make(backend, task),
  };
}

export type OperandPair = readonly [OperandBlocks, OperandBlocks];

/** Blocks of both operands, in the form in which a contributor gets them. */
export function blocksOf({ dtype, rows, cols, k, a, b }: Task): OperandPair {
  const [left, right] = [widen(a), widen(b)];
  return [
    operandBlocks({ dtype, rows, cols: k }, (r, x) => left[r * k + x]!),
    operandBlocks({ dtype, rows: cols, cols: k }, (r, x) => right[r * k + x]!),
  ];
}

let uploads = 0;

class OurEntry implements Entry {
  readonly #backend: Backend;
  readonly #shape: ShardShape;
  readonly #blocks: OperandPair;
  readonly #resident: KRange;
  #shard: ShardId | undefined;

  private constructor(backend: Backend, { dtype, rows, cols, k }: Task, blocks: OperandPair) {
    this.#backend = backend;
    this.#shape = { dtype, rows, cols, k };
    this.#blocks = blocks;
    this.#resident = this.#name();
  }

  static async make(backend: Backend, task: Task): Promise<OurEntry> {
    const entry = new OurEntry(backend, task, blocksOf(task));
    entry.#shard = await backend.open(entry.#shape);
    await entry.#supply(entry.#shard, entry.#resident);
    await backend.accumulate(entry.#shard, entry.#resident);
    return entry;
  }

  /** Names of their own, so that the page cache cannot spare the upload. */
  #name(): KRange {
    const [a, b] = this.#blocks;
    const name = `bench/${uploads++}`;
    return { from: 0, to: a.length, a: nameBlocks(a, `${name}/a`), b: nameBlocks(b, `${name}/b`) };
  }

  async #supply(shard: ShardId, range: KRange): Promise<void> {
    const [a, b] = this.#blocks.map((blocks) => blocks.flat());
    const names = [...range.a.flat(), ...range.b.flat()];
    const bytes = new Map(names.map((name, i) => [name, i < a!.length ? a![i]! : b![i - a!.length]!]));
    const missing = await this.#backend.reserve(shard, names);
    for (const name of missing) await this.#backend.put(shard, name, bytes.get(name)!);
  }

  async resident(times: number): Promise<undefined> {
    const products: Promise<number>[] = [];
    for (let i = 0; i < times; i++) {
      // The pins that each accumulate takes off; the pages stay where they are.
      await this.#supply(this.#shard!, this.#resident);
      products.push(this.#backend.accumulate(this.#shard!, this.#resident));
    }
    await Promise.all(products);
    return undefined;
  }

  residentProduct(): Promise<Product> {
    return this.#product(this.#resident).then((see) => see());
  }

  bytes(): Promise<() => Product> {
    return this.#product(this.#name());
  }

  async #product(range: KRange): Promise<() => Product> {
    const shard = await this.#backend.open(this.#shape);
    await this.#supply(shard, range);
    await this.#backend.accumulate(shard, range);
    const blocks = await this.#backend.close(shard);
    return () => resultValues(this.#shape, blocks);
  }

  async end(): Promise<void> {
    await this.#backend.abandon(this.#shard!);
  }
}
