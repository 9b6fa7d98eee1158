import { describe, expect, it } from 'vitest';
import type { FetchNode } from '../../src/contributor/nodes.ts';
import { OperandReader, type ShardOperands } from '../../src/contributor/operands.ts';
import { RecoveringBackend } from '../../src/contributor/recovering-backend.ts';
import {
  type ShardContext,
  type ShardProgress,
  computeShard,
  copyAfterMs,
} from '../../src/contributor/shard.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { Hash } from '../../src/matrix/manifest.ts';
import type { Dtype } from '../../src/matrix/dtype.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { Fragile, type FragileOptions } from './fragile.ts';
import { BlockMap, laneOver, storedProduct } from './stored.ts';
import { MIB, cpuBackend } from './with-backend.ts';

/** 12 pages: one k-block of a one-cell shard at a time. */
const TIGHT = 4 * MIB;
const K_BLOCKS = 5;
/** C is copied out before every range but the first. */
const ALWAYS = (): number => 0;
const NEVER = (): number => Infinity;

interface Job {
  readonly operands: ShardOperands;
  readonly store: BlockMap;
  /** C's blocks from a device that is not lost. */
  readonly expected: readonly Uint8Array[];
}

async function jobOf(dtype: Dtype = 'i8', kPerBlock = 1024): Promise<Job> {
  const { store, work } = await storedProduct(dtype, 20, 10, K_BLOCKS * kPerBlock);
  const operands = await new OperandReader(store.fetch).shard(work);
  const backend = cpuBackend(TIGHT);
  const { blocks } = await computeShard(operands, contextOf(backend, store));
  store.asked.length = 0;
  return { operands, store, expected: blocks };
}

function contextOf(
  backend: ShardContext['backend'],
  store: BlockMap,
  { fetch = store.fetch, ...own }: Partial<ShardContext> & { readonly fetch?: FetchNode } = {},
): ShardContext {
  const { signal } = new AbortController();
  return { backend, lane: laneOver(fetch), clock: systemClock, signal, onProgress: () => {}, ...own };
}

/** Devices that are lost where `at` says, and one that is not. */
async function recovering(
  ...at: (FragileOptions['at'] | Omit<FragileOptions, 'inner'>)[]
): Promise<{ gpu: RecoveringBackend; devices: Fragile[]; again: Promise<void> }> {
  const devices: Fragile[] = [];
  const again = Promise.withResolvers<void>();
  const gpu = new RecoveringBackend({
    open: async () => {
      const next = at[devices.length];
      const options = next && 'length' in next ? { at: next } : next;
      const device = new Fragile({ inner: cpuBackend(TIGHT), ...options });
      if (devices.push(device) === 2) again.resolve();
      return device.backend;
    },
    clock: systemClock,
    signal: new AbortController().signal,
    onEvent: () => {},
  });
  await gpu.start();
  return { gpu, devices, again: again.promise };
}

/** Of which k-block each operand block is. */
function kBlockOf({ a, b }: ShardOperands): Map<Hash, number> {
  return new Map([...a, ...b].flatMap((strip) => strip.map((hash, k) => [hash, k] as const)));
}

describe('a shard whose device is lost', () => {
  // The range that the next device begins with; the device before was asked for all up to the loss.
  const LAST = K_BLOCKS - 1;
  it.each<[FragileOptions['at'] & {}, number]>([
    [['open', 0], 0],
    [['reserve', 0], 0],
    [['put', 1], 0],
    [['accumulate', 0], 0],
    [['save', 0], 0],
    [['reserve', 2], 0],
    [['accumulate', 2], 2],
    [['save', 2], 2],
    [['accumulate', LAST], LAST],
    [['close', 0], LAST],
  ])('in %j goes on from the last copy of C', async (at, resumed) => {
    const { operands, store, expected } = await jobOf();
    const { gpu, devices } = await recovering(at);
    const { blocks } = await computeShard(operands, contextOf(gpu, store, { copyAfter: ALWAYS }));
    expect(blocks).toEqual(expected);
    expect(devices).toHaveLength(2);
    expect(devices[1]!.computed).toEqual([0, 1, 2, 3, 4].slice(resumed));
    const start = devices[1]!.calls.find(({ method }) => method === 'open')!.args[1];
    expect(start === undefined).toBe(resumed === 0);
    expect((await gpu.stats()).resultBytes).toBe(0);
  });

  it.each(['f32', 'f16'] as const)('gives the same bytes of %s as one that was not', async (dtype) => {
    const { operands, store, expected } = await jobOf(dtype, dtype === 'f32' ? 256 : 512);
    const { gpu, devices } = await recovering(['accumulate', 3]);
    const { blocks } = await computeShard(operands, contextOf(gpu, store, { copyAfter: ALWAYS }));
    expect(blocks).toEqual(expected);
    expect(devices[1]!.computed).toEqual([3, 4]);
  });

  it('fetches only what the next device lacks', async () => {
    const { operands, store, expected } = await jobOf();
    const { gpu } = await recovering(['accumulate', 3]);
    const { blocks } = await computeShard(operands, contextOf(gpu, store, { copyAfter: ALWAYS }));
    expect(blocks).toEqual(expected);
    const k = kBlockOf(operands);
    const asked = Array.from(
      { length: K_BLOCKS },
      (_, at) => store.asked.filter((h) => k.get(h) === at).length,
    );
    expect(asked).toEqual([2, 2, 2, 4, 4]);
  });

  it('begins again where C was never copied', async () => {
    const { operands, store, expected } = await jobOf();
    const { gpu, devices } = await recovering(['accumulate', LAST]);
    const { blocks } = await computeShard(operands, contextOf(gpu, store, { copyAfter: NEVER }));
    expect(blocks).toEqual(expected);
    expect(devices[0]!.asked('save')).toBe(0);
    expect(devices[1]!.computed).toEqual([0, 1, 2, 3, 4]);
  });

  it('goes on a second time from what the second device had copied', async () => {
    const { operands, store, expected } = await jobOf();
    const { gpu, devices } = await recovering(['accumulate', 1], ['accumulate', 2]);
    const { blocks } = await computeShard(operands, contextOf(gpu, store, { copyAfter: ALWAYS }));
    expect(blocks).toEqual(expected);
    expect(devices.map(({ computed }) => computed)).toEqual([
      [0, 1],
      [1, 2, 3],
      [3, 4],
    ]);
  });

  it('ends with the reason when no device comes any more', async () => {
    const { operands, store } = await jobOf();
    const { gpu, devices } = await recovering(['accumulate', 1], ['accumulate', 1], ['accumulate', 1]);
    const over = computeShard(operands, contextOf(gpu, store, { copyAfter: ALWAYS }));
    await expect(over).rejects.toMatchObject({
      code: 'gpu-lost',
      message: expect.stringContaining('The GPU is left alone now'),
    });
    expect(devices).toHaveLength(3);
  });

  it('goes on beside another that shares its blocks', async () => {
    const { operands, store, expected } = await jobOf();
    const { gpu, devices } = await recovering(['accumulate', 5]);
    const context = contextOf(gpu, store, { copyAfter: ALWAYS });
    const both = await Promise.all([computeShard(operands, context), computeShard(operands, context)]);
    for (const { blocks } of both) expect(blocks).toEqual(expected);
    expect(devices[0]!.computed).toHaveLength(6);
    expect(devices[1]!.computed.length).toBeLessThan(2 * K_BLOCKS);
    expect((await gpu.stats()).resultBytes).toBe(0);
  });

  it('uses what was on its way when the device was lost, once', async () => {
    const { operands, store, expected } = await jobOf();
    const { gpu, again } = await recovering(['accumulate', 0]);
    const slow = operands.a[0]![1]!;
    const asked: Hash[] = [];
    const fetch = async (hash: Hash): Promise<Uint8Array> => {
      asked.push(hash);
      if (hash === slow) await again; // arrives only when the next device is there
      return store.fetch(hash);
    };
    const { blocks } = await computeShard(operands, contextOf(gpu, store, { fetch }));
    expect(blocks).toEqual(expected);
    expect(asked.filter((hash) => hash === slow)).toHaveLength(1);
  });

  it('goes back in its progress to where it goes on, once', async () => {
    const { operands, store } = await jobOf();
    const { gpu } = await recovering(['accumulate', 3]);
    const seen: ShardProgress[] = [];
    const onProgress = (progress: ShardProgress): void => void seen.push(progress);
    await computeShard(operands, contextOf(gpu, store, { copyAfter: NEVER, onProgress }));
    const done = seen.map((progress) => progress.done);
    const falls = seen.filter((now, i) => i > 0 && now.done < done[i - 1]!);
    expect(falls).toEqual([{ stage: 'downloading', done: 0, total: K_BLOCKS }]);
    expect(Math.max(...done.slice(0, seen.indexOf(falls[0]!)))).toBeGreaterThan(0);
    expect(seen.at(-1)).toEqual({ stage: 'computing', done: K_BLOCKS, total: K_BLOCKS });
  });

  it('is stopped while the next device is built, once that is there, and leaves nothing', async () => {
    const { operands, store } = await jobOf();
    const stop = new AbortController();
    const { gpu, devices } = await recovering(['accumulate', 2], {
      own: { selfTest: async () => stop.abort() },
    });
    const stopped = computeShard(operands, contextOf(gpu, store, { copyAfter: ALWAYS, signal: stop.signal }));
    await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
    expect(devices[1]!.computed).toEqual([]);
    expect((await gpu.stats()).resultBytes).toBe(0);
  });

  it('counts the GPU time of what is in C only', async () => {
    const { operands, store } = await jobOf();
    const { gpu } = await recovering(['accumulate', 3]);
    const timed = new Proxy(gpu, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        if (name !== 'accumulate') return value.bind(target);
        return (...args: Parameters<typeof gpu.accumulate>) => gpu.accumulate(...args).then(() => 10);
      },
    });
    const { gpuMs } = await computeShard(operands, contextOf(timed, store, { copyAfter: ALWAYS }));
    expect(gpuMs).toBe(10 * K_BLOCKS);
  });
});

describe('copying C out', () => {
  it('is due after a second of GPU time, or 20 times what the last copy took', () => {
    expect([0, 10, 50, 51, 400].map(copyAfterMs)).toEqual([1000, 1000, 1000, 1020, 8000]);
  });

  it('happens when it is due, and not before', async () => {
    const { operands, store } = await jobOf();
    const clock = new FakeClock();
    const inner = cpuBackend(TIGHT);
    const copies: number[] = [];
    const device = new Fragile({
      inner,
      own: {
        accumulate: async (...args) => {
          await inner.accumulate(...args);
          return 600;
        },
        save: async (shard) => {
          copies.push(device.computed.length);
          await clock.advance(70); // the next is due after 1,400 ms
          return inner.save(shard);
        },
      },
    });
    const { gpuMs } = await computeShard(operands, contextOf(device.backend, store, { clock }));
    expect(gpuMs).toBe(3000);
    // Due after the second range, which the third may have been asked for ahead of; then not again.
    expect(copies).toHaveLength(1);
    expect(copies[0]).toBeGreaterThanOrEqual(2);
    expect(copies[0]).toBeLessThanOrEqual(3);
  });
});
