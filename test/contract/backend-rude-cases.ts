/** Cases of the backend contract: stopping, bad input, and what a backend knows of itself. */
import type { ShardShape } from '../../src/gpu/backend.ts';
import { BLOCK_BYTES } from '../../src/matrix/blocks.ts';
import type { Dtype } from '../../src/matrix/dtype.ts';
import { type BackendCase, Product, TINY_BYTES, check, equal, rejects } from './backend-product.ts';

/**
 * A signal that does something at its nth look. The first look is at the call, one more is before each slice, and
 * those of a new backend grow fourfold at most from 4 M multiply-adds: the fourth is between two slices on any
 * machine.
 */
function atLook(n: number, act: () => boolean): AbortSignal {
  const { signal } = new AbortController();
  let looks = 0;
  Object.defineProperty(signal, 'aborted', { get: () => ++looks >= n && act() });
  return signal;
}

export const stopping: BackendCase[] = [
  {
    name: 'stops between two slices when the signal fires, then refuses the half-done shard and goes on',
    memoryBytes: TINY_BYTES,
    async run(backend) {
      const product = new Product('i8', 256, 256, 3072, 'aborted');
      const shard = await backend.open(product.shape);
      await product.supply(backend, shard);
      const signal = atLook(4, () => true);
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
      const signal = atLook(4, () => {
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
      const signal = atLook(4, () => {
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

export const badInput: BackendCase[] = [
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

export const selfKnowledge: BackendCase[] = [
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
