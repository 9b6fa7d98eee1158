/**
 * What every Backend must do, as plain functions: vitest runs them in Node (backend.ts) and a worker runs
 * them in real browsers (backend-worker.ts), so nothing here imports a test framework.
 */
import { type ErrorCode, toAppError } from '../../src/core/errors.ts';
import { randomInt, seededRng } from '../../src/core/rng.ts';
import { BLOCK_BYTES } from '../../src/matrix/blocks.ts';
import { DTYPES, type Dtype } from '../../src/matrix/dtype.ts';
import { floatToHalf, halfToFloat } from '../../src/matrix/half.ts';
import type { Backend, KRange, ShardId, ShardShape } from '../../src/gpu/backend.ts';
import {
  type OperandBlocks,
  type ValueAt,
  supply,
  nameBlocks,
  operandBlocks,
  resultValues,
} from '../../src/gpu/small-product.ts';

export interface BackendCase {
  readonly name: string;
  /** Asks for a backend of its own with this much memory, instead of the shared one of SHARED_BYTES. */
  readonly memoryBytes?: number;
  readonly run: (backend: Backend) => Promise<void>;
}

export const SHARED_BYTES = 16 * 2 ** 20;
/** 8 pages: 6 for operands, 1 for a result, 1 for staging. */
const TINY_BYTES = 2 * 2 ** 20;

function check(condition: boolean, message: string): void {
  if (!condition) throw new Error(message);
}

function equal(got: unknown, expected: unknown, what: string): void {
  const [a, b] = [JSON.stringify(got), JSON.stringify(expected)];
  check(a === b, `${what}: ${a}, expected ${b}`);
}

async function rejects(work: Promise<unknown>, code: ErrorCode, what: string): Promise<void> {
  const outcome = await work.then(
    () => 'success',
    (error: unknown) => toAppError(error).code,
  );
  equal(outcome, code, what);
}

/** Operands with random values of the whole range (i8) or of mixed sizes (floats), and their blocks. */
class Product {
  readonly shape: ShardShape;
  readonly a: Float64Array;
  readonly b: Float64Array;
  readonly blocks: readonly [OperandBlocks, OperandBlocks];
  readonly names: readonly [string[][], string[][]];

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
    const { rows, cols, k, dtype } = this.shape;
    const got = resultValues(this.shape, result);
    const unit = dtype === 'i8' ? 0 : (k * 2 ** -23) / (1 - k * 2 ** -23);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < cols; j++) {
        let sum = 0;
        let size = 0;
        for (let x = 0; x < k; x++) {
          const product = this.a[i * k + x]! * this.b[j * k + x]!;
          sum += product;
          size += Math.abs(product);
        }
        const value = got[i * cols + j]!;
        check(
          Math.abs(value - sum) <= unit * size,
          `C[${i}, ${j}] = ${value}, expected ${sum} ± ${unit * size}`,
        );
      }
    }
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

/** A signal that does something at its nth look, which is between two slices on any machine. */
function atLook(n: number, act: () => boolean): AbortSignal {
  const { signal } = new AbortController();
  let looks = 0;
  Object.defineProperty(signal, 'aborted', { get: () => ++looks >= n && act() });
  return signal;
}

const SHAPES: readonly (readonly [number, number, number])[] = [
  [1, 1, 1],
  [1, 300, 70],
  [256, 256, 1024],
  [257, 513, 1030],
  [3, 700, 2050],
  [33, 5, 4099],
];

const products: BackendCase[] = DTYPES.flatMap((dtype) =>
  SHAPES.map(([rows, cols, k]) => ({
    name: `multiplies ${dtype} ${rows} × ${k} by ${k} × ${cols}`,
    run: (backend) => new Product(dtype, rows, cols, k).run(backend),
  })),
);

const memory: BackendCase[] = [
  {
    name: 'streams k-blocks through fewer pages than the shard has blocks, and reports what it evicted',
    memoryBytes: TINY_BYTES,
    async run(backend) {
      const product = new Product('i8', 70, 40, 8 * 1024 + 5);
      check(backend.pageCount < product.hashes.length, 'the test needs a small arena');
      const shard = await backend.open(product.shape);
      for (let kb = 0; kb < product.kBlocks; kb++) await product.feed(backend, shard, kb, kb + 1);
      product.assertResult(await backend.close(shard));
      const kept = product.kBlocks * 2 - backend.pageCount;
      const order = product.names[0].flatMap((a, kb) => [...a, ...product.names[1][kb]!]);
      equal(await backend.takeEvicted(), order.slice(0, kept), 'evicted, oldest first');
      equal(await backend.takeEvicted(), [], 'evicted since');
    },
  },
  {
    name: 'misses nothing the second time a shard needs the same blocks',
    async run(backend) {
      const product = new Product('f32', 20, 300, 300, 'reused');
      const first = await backend.open(product.shape);
      equal((await product.feed(backend, first)).length, product.hashes.length, 'missing at first');
      await backend.close(first);
      const second = await backend.open(product.shape);
      equal(await product.feed(backend, second), [], 'missing then');
      product.assertResult(await backend.close(second));
    },
  },
  {
    name: 'refuses a result over its budget and goes on',
    memoryBytes: TINY_BYTES,
    async run(backend) {
      await rejects(backend.open({ dtype: 'i8', rows: 257, cols: 1, k: 1 }), 'out-of-memory', 'two cells');
      const one = await backend.open({ dtype: 'i8', rows: 256, cols: 256, k: 1 });
      await rejects(backend.open({ dtype: 'i8', rows: 1, cols: 1, k: 1 }), 'out-of-memory', 'a second cell');
      equal((await backend.stats()).resultBytes, BLOCK_BYTES, 'result bytes');
      await backend.abandon(one);
      await new Product('i8', 5, 6, 7).run(backend);
      equal((await backend.stats()).resultBytes, 0, 'result bytes at the end');
    },
  },
  {
    name: 'refuses to pin more blocks than there are pages, pins none of them, and goes on',
    memoryBytes: TINY_BYTES,
    async run(backend) {
      const names = Array.from({ length: backend.pageCount }, (_, i) => `block ${i}`);
      const shard = await backend.open({ dtype: 'i8', rows: 1, cols: 1, k: 1 });
      await rejects(backend.reserve(shard, [...names, 'one more']), 'out-of-memory', 'too many');
      equal(await backend.reserve(shard, names), names, 'missing');
      await rejects(backend.reserve(shard, ['one more']), 'out-of-memory', 'all are pinned');
      await backend.abandon(shard);
      await new Product('i8', 5, 6, 7).run(backend);
    },
  },
  {
    name: 'keeps its own copy of a block, ignores a second one, and lets the buffer be transferred away',
    async run(backend) {
      const product = new Product('i8', 9, 9, 40, 'copied');
      const shard = await backend.open(product.shape);
      const [a, b] = [product.blocks[0][0]![0]!.slice(), product.blocks[1][0]![0]!.slice()];
      await backend.reserve(shard, product.hashes);
      await backend.put(shard, product.hashes[0]!, a);
      structuredClone(a, { transfer: [a.buffer] });
      await backend.put(shard, product.hashes[1]!, b);
      await backend.put(shard, product.hashes[1]!, b.fill(3));
      await backend.accumulate(shard, product.range());
      product.assertResult(await backend.close(shard));
    },
  },
];

const sharing: BackendCase[] = [
  {
    name: 'multiplies an operand by itself from one copy of its blocks',
    async run(backend) {
      const product = new Product('i8', 300, 300, 1100, 'itself');
      product.b.set(product.a);
      product.names[1].splice(0, Infinity, ...product.names[0]);
      product.blocks[1].splice(0, Infinity, ...product.blocks[0]);
      const shard = await backend.open(product.shape);
      equal(await product.feed(backend, shard), product.names[0].flat(), 'missing');
      product.assertResult(await backend.close(shard));
    },
  },
  {
    name: 'keeps two open shards apart while their k-blocks interleave',
    async run(backend) {
      const one = new Product('i8', 40, 60, 2100, 'one');
      const two = new Product('f16', 60, 40, 1100, 'two');
      const [first, second] = [await backend.open(one.shape), await backend.open(two.shape)];
      for (let kb = 0; kb < 3; kb++) {
        await one.feed(backend, first, kb, kb + 1);
        await two.feed(backend, second, kb, kb + 1);
      }
      two.assertResult(await backend.close(second));
      one.assertResult(await backend.close(first));
    },
  },
  {
    name: 'takes a burst of shards at once',
    async run(backend) {
      const shards = DTYPES.flatMap((dtype) => [
        new Product(dtype, 30, 70, 600, `burst ${dtype} 1`),
        new Product(dtype, 130, 7, 600, `burst ${dtype} 2`),
      ]);
      await Promise.all(shards.map((product) => product.run(backend)));
      equal((await backend.stats()).resultBytes, 0, 'result bytes at the end');
    },
  },
];

const stopping: BackendCase[] = [
  {
    name: 'stops between two slices when the signal fires, then refuses the half-done shard and goes on',
    async run(backend) {
      const product = new Product('i8', 256, 256, 4096, 'aborted');
      const shard = await backend.open(product.shape);
      await product.supply(backend, shard);
      const signal = atLook(6, () => true);
      await rejects(backend.accumulate(shard, product.range(), signal), 'aborted', 'accumulate');
      await rejects(backend.close(shard), 'conflict', 'close');
      await backend.abandon(shard);
      await new Product('i8', 50, 60, 70, 'after abort').run(backend);
    },
  },
  {
    name: 'does nothing at all for a signal that has already fired',
    async run(backend) {
      const product = new Product('f32', 10, 10, 10, 'too late');
      const shard = await backend.open(product.shape);
      await product.supply(backend, shard);
      await rejects(backend.accumulate(shard, product.range(), AbortSignal.abort()), 'aborted', 'accumulate');
      await product.feed(backend, shard);
      product.assertResult(await backend.close(shard));
    },
  },
  {
    name: 'ends a running accumulate when its shard is abandoned, and unpins everything',
    memoryBytes: TINY_BYTES,
    async run(backend) {
      const product = new Product('i8', 256, 256, 3072, 'abandoned');
      const shard = await backend.open(product.shape);
      await product.supply(backend, shard);
      let abandoned: Promise<void> | undefined;
      const signal = atLook(6, () => {
        abandoned ??= backend.abandon(shard);
        return false;
      });
      await rejects(backend.accumulate(shard, product.range(), signal), 'aborted', 'accumulate');
      await abandoned;
      await backend.abandon(shard);
      await rejects(backend.reserve(shard, []), 'not-found', 'reserve');
      await rejects(backend.close(shard), 'not-found', 'close');
      const next = await backend.open({ dtype: 'i8', rows: 1, cols: 1, k: 1 });
      const names = Array.from({ length: backend.pageCount }, (_, i) => `block ${i}`);
      equal((await backend.reserve(next, names)).length, names.length, 'pages to be had');
    },
  },
  {
    name: 'rejects whatever runs and whatever comes after destroy',
    memoryBytes: TINY_BYTES,
    async run(backend) {
      const product = new Product('i8', 256, 256, 3072, 'destroyed');
      const shard = await backend.open(product.shape);
      await product.supply(backend, shard);
      let destroyed: Promise<void> | undefined;
      const signal = atLook(6, () => {
        destroyed ??= backend.destroy();
        return false;
      });
      await rejects(backend.accumulate(shard, product.range(), signal), 'closed', 'accumulate');
      await destroyed;
      await backend.destroy();
      await rejects(backend.open(product.shape), 'closed', 'open');
      await rejects(backend.reserve(shard, []), 'closed', 'reserve');
      await rejects(backend.put(shard, 'x', new Uint8Array(16)), 'closed', 'put');
      await rejects(backend.accumulate(shard, product.range()), 'closed', 'accumulate');
      await rejects(backend.close(shard), 'closed', 'close');
      await rejects(backend.takeEvicted(), 'closed', 'takeEvicted');
      await rejects(backend.stats(), 'closed', 'stats');
      await rejects(backend.selfTest(), 'closed', 'selfTest');
      await backend.abandon(shard);
    },
  },
];

const badInput: BackendCase[] = [
  {
    name: 'refuses shapes that cannot be computed',
    async run(backend) {
      const shape: ShardShape = { dtype: 'i8', rows: 1, cols: 1, k: 1 };
      await rejects(backend.open({ ...shape, rows: 0 }), 'bad-input', 'no rows');
      await rejects(backend.open({ ...shape, cols: 1.5 }), 'bad-input', 'half a column');
      await rejects(backend.open({ ...shape, k: -1 }), 'bad-input', 'negative K');
      await rejects(backend.open({ ...shape, k: 131_072 }), 'k-too-large', 'K too large');
      await rejects(backend.open({ ...shape, dtype: 'i4' as Dtype }), 'bad-input', 'no such dtype');
    },
  },
  {
    name: 'refuses blocks that are not where they belong, and goes on',
    async run(backend) {
      const product = new Product('i8', 20, 20, 40, 'misplaced');
      const shard = await backend.open(product.shape);
      const [a, b] = product.hashes as [string, string];
      const range = product.range();
      const block = product.blocks[0][0]![0]!;
      await rejects(backend.put(shard, a, block), 'bad-input', 'put without reserve');
      await rejects(backend.accumulate(shard, range), 'bad-input', 'accumulate without reserve');
      await backend.reserve(shard, [a, b]);
      await rejects(backend.put(shard, a, block.subarray(0, 15)), 'bad-input', 'odd length');
      await rejects(backend.put(shard, a, new Uint8Array(BLOCK_BYTES + 16)), 'bad-input', 'too long');
      await rejects(backend.accumulate(shard, range), 'bad-input', 'accumulate without put');
      await backend.reserve(shard, [a, b]);
      await backend.put(shard, a, block);
      await backend.put(shard, b, block.subarray(0, 16));
      await rejects(backend.accumulate(shard, range), 'bad-input', 'a block of another shape');
      await rejects(backend.accumulate(shard, { ...range, to: 2 }), 'bad-input', 'k-block beyond K');
      await rejects(backend.accumulate(shard, { ...range, a: [[a, b]] }), 'bad-input', 'too many row-blocks');
      await backend.abandon(shard);
      await rejects(backend.reserve(shard + 1000, []), 'not-found', 'unknown shard');
      await new Product('i8', 20, 20, 40, 'well placed').run(backend);
    },
  },
];

const selfKnowledge: BackendCase[] = [
  {
    name: 'passes its own known answers and does not report their blocks as evicted',
    memoryBytes: 4 * 2 ** 20,
    async run(backend) {
      await backend.selfTest();
      await backend.selfTest();
      await new Product('i8', 10, 10, 6 * 1024, 'after the self-test').run(backend);
      equal(
        (await backend.takeEvicted()).filter((hash) => hash.startsWith('self-test')),
        [],
        'evicted',
      );
    },
  },
  {
    name: 'counts its pages, and knows its speed once it has computed',
    memoryBytes: TINY_BYTES,
    async run(backend) {
      const before = await backend.stats();
      equal([before.pages, before.pagesUsed], [backend.pageCount, 0], 'pages');
      equal(before.rates, { i8: 0, f16: 0, f32: 0 }, 'rates');
      await new Product('i8', 256, 256, 3072, 'timed').run(backend);
      const after = await backend.stats();
      equal(after.pagesUsed, 6, 'pages used');
      check(after.rates.i8 > 0 && after.rates.f32 === 0, `rates ${JSON.stringify(after.rates)}`);
    },
  },
];

export const backendCases: readonly BackendCase[] = [
  ...products,
  ...memory,
  ...sharing,
  ...stopping,
  ...badInput,
  ...selfKnowledge,
];

export type MakeBackend = (memoryBytes: number) => Promise<Backend>;

/** Runs all cases and says which failed. */
export async function runBackendCases(make: MakeBackend): Promise<{ passed: number; failed: string[] }> {
  const shared = await make(SHARED_BYTES);
  const failed: string[] = [];
  for (const { name, memoryBytes, run } of backendCases) {
    const backend = memoryBytes === undefined ? shared : await make(memoryBytes);
    try {
      await run(backend);
    } catch (error) {
      failed.push(`${name}: ${String(error)}`);
    } finally {
      if (backend !== shared) await backend.destroy();
    }
  }
  await shared.destroy();
  return { passed: backendCases.length - failed.length, failed };
}
