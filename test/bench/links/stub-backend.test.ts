import { describe, expect, it } from 'vitest';
import { sha256, toHex } from '../../../src/core/bytes.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { BLOCK_BYTES } from '../../../src/matrix/blocks.ts';
import { StubBackend, resultBlocks } from './stub-backend.ts';

const MIB = 2 ** 20;
const SHAPE = { dtype: 'i8', rows: 256, cols: 512, k: 2048 } as const;
const RANGE = {
  from: 0,
  to: 2,
  a: [['a0'], ['a1']],
  b: [
    ['b0', 'c0'],
    ['b1', 'c1'],
  ],
};
const HASHES = ['a0', 'a1', 'b0', 'b1', 'c0', 'c1'];

async function loaded(rate: number): Promise<{ backend: StubBackend; shard: number; busy: number[] }> {
  const busy: number[] = [];
  const onBusy = (from: number, to: number): void => void busy.push(to - from);
  const backend = new StubBackend({ rate, memoryBytes: 16 * MIB, clock: systemClock, onBusy });
  await backend.selfTest();
  const shard = await backend.open(SHAPE);
  for (const hash of await backend.reserve(shard, HASHES))
    await backend.put(shard, hash, new Uint8Array(BLOCK_BYTES));
  return { backend, shard, busy };
}

describe('the stub GPU', () => {
  it('takes as long as its rate says, and counts that as busy', async () => {
    const work = 256 * 512 * 2048;
    const { backend, shard, busy } = await loaded(work / 0.03);
    const started = performance.now();
    expect(await backend.accumulate(shard, RANGE)).toBeCloseTo(30);
    expect(performance.now() - started).toBeGreaterThan(27);
    expect(busy).toEqual([expect.closeTo(30)]);
    expect(await backend.stats()).toMatchObject({ busyMs: expect.closeTo(30) as number });
  });

  it('makes blocks of C that all differ', async () => {
    const { backend, shard } = await loaded(1e15);
    await backend.accumulate(shard, RANGE);
    const blocks = await backend.close(shard);
    const hashes = await Promise.all(blocks.map(async (block) => toHex(await sha256(block))));
    expect(blocks.map((block) => block.length)).toEqual([BLOCK_BYTES, BLOCK_BYTES]);
    expect(new Set(hashes).size).toBe(2);
  });

  it('keeps pages as the real ones do: what is here is not asked for again, what is evicted is told', async () => {
    const { backend, shard } = await loaded(1e15);
    await backend.accumulate(shard, RANGE);
    expect(await backend.reserve(shard, HASHES)).toEqual([]);
    await backend.abandon(shard);
    const next = await backend.open(SHAPE);
    const many = Array.from({ length: backend.pageCount }, (_, i) => `x${i}`);
    expect(await backend.reserve(next, many)).toHaveLength(many.length);
    expect(await backend.takeEvicted()).toEqual(expect.arrayContaining(HASHES));
  });

  it('stops when it is told to', async () => {
    const { backend, shard } = await loaded(1e6);
    const stop = new AbortController();
    const computing = backend.accumulate(shard, RANGE, stop.signal);
    stop.abort();
    await expect(computing).rejects.toMatchObject({ code: 'aborted' });
  });

  it('makes results as wide as those of uniform int8 operands', () => {
    const [block] = resultBlocks(8192, 1);
    const values = new Int32Array(block!.buffer);
    const sigma = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
    expect(sigma / (Math.sqrt(8192) * 5461.25)).toBeCloseTo(1, 1);
  });
});
