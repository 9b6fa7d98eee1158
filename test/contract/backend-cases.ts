/**
 * What every Backend must do, as plain functions: vitest runs them in Node (backend.ts) and a worker runs
 * them in real browsers (backend-worker.ts), so no test framework is imported here.
 */
import type { Backend } from '../../src/gpu/backend.ts';
import { BLOCK_BYTES } from '../../src/matrix/blocks.ts';
import { DTYPES } from '../../src/matrix/dtype.ts';
import {
  type BackendCase,
  Product,
  SHARED_BYTES,
  TINY_BYTES,
  equal,
  check,
  rejects,
} from './backend-product.ts';
import { badInput, selfKnowledge, stopping } from './backend-rude-cases.ts';

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
