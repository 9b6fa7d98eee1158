import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FetchNode } from '../../src/contributor/nodes.ts';
import { OperandReader, type ShardOperands } from '../../src/contributor/operands.ts';
import { LEASES_IN_FLIGHT } from '../../src/contributor/ranges.ts';
import { type ShardContext, type ShardProgress, computeShard } from '../../src/contributor/shard.ts';
import { systemClock } from '../../src/core/clock.ts';
import { AppError } from '../../src/core/errors.ts';
import type { Backend, KRange } from '../../src/gpu/backend.ts';
import type { Hash } from '../../src/matrix/manifest.ts';
import { BlockMap, laneOver, storedProduct } from './stored.ts';
import { MIB, cpuBackend, untilAborted, withBackend } from './with-backend.ts';

/** 12 pages: one k-block of a one-cell shard at a time. */
const TIGHT = 4 * MIB;

async function operandsOf(
  rows: number,
  cols: number,
  k: number,
): Promise<{ operands: ShardOperands; store: BlockMap; expected: ArrayLike<number> }> {
  const { store, work, expected } = await storedProduct('i8', rows, cols, k);
  const operands = await new OperandReader(store.fetch).shard(work);
  store.asked.length = 0;
  return { operands, store, expected };
}

type Own = Partial<ShardContext> & { readonly fetch?: FetchNode };

function context(backend: Backend, store: BlockMap, { fetch = store.fetch, ...own }: Own = {}): ShardContext {
  return {
    backend,
    lane: laneOver(fetch),
    clock: systemClock,
    signal: new AbortController().signal,
    onProgress: () => {},
    ...own,
  };
}

const firstRow = (block: Uint8Array, count: number): number[] =>
  Array.from(new Int32Array(block.slice().buffer).subarray(0, count));

/** Nothing of a shard is left: no C, and every page can be pinned by the next one. */
async function expectFree(backend: Backend): Promise<void> {
  expect((await backend.stats()).resultBytes).toBe(0);
  const shard = await backend.open({ dtype: 'i8', rows: 1, cols: 1, k: 1 });
  const all = Array.from({ length: backend.pageCount }, (_, i) => i.toString(16).padStart(64, 'f'));
  await expect(backend.reserve(shard, all)).resolves.toHaveLength(backend.pageCount);
  await backend.abandon(shard);
}

describe('computing a shard', () => {
  it('multiplies, fetching every block once, and leaves nothing pinned', async () => {
    const { operands, store, expected } = await operandsOf(300, 260, 2100);
    const backend = cpuBackend();
    const { blocks, gpuMs } = await computeShard(operands, context(backend, store));
    expect(blocks).toHaveLength(4);
    expect(firstRow(blocks[0]!, 256)).toEqual(Array.from(expected).slice(0, 256));
    expect(firstRow(blocks[1]!, 4)).toEqual(Array.from(expected).slice(256, 260));
    expect(gpuMs).toBeGreaterThan(0);
    expect(store.asked.length).toBe(new Set(store.asked).size);
    expect(new Set(store.asked)).toEqual(new Set([...operands.a.flat(), ...operands.b.flat()]));
    await expectFree(backend);
  });

  it('leaves no listener on a joined signal, which would keep the whole shard in a browser’s memory', async () => {
    const { operands, store } = await operandsOf(20, 20, 100);
    const signals: AbortSignal[] = [];
    const backend = cpuBackend();
    const watched = withBackend(backend, {
      accumulate: (id, range, signal) => {
        signals.push(signal!);
        return backend.accumulate(id, range, signal);
      },
    });
    await computeShard(operands, context(watched, store));
    const stop = new AbortController();
    const onProgress = ({ stage }: ShardProgress): void => {
      if (stage === 'computing') stop.abort();
    };
    const stopped = computeShard(operands, context(watched, store, { signal: stop.signal, onProgress }));
    await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
    expect(signals).toHaveLength(2);
    expect(signals.flatMap((signal) => getEventListeners(signal, 'abort'))).toEqual([]);
  });

  it('fetches nothing that is still in the pages', async () => {
    const { operands, store } = await operandsOf(20, 20, 3000);
    const backend = cpuBackend();
    const first = await computeShard(operands, context(backend, store));
    store.asked.length = 0;
    const second = await computeShard(operands, context(backend, store));
    expect(store.asked).toEqual([]);
    expect(second.blocks).toEqual(first.blocks);
  });

  it('multiplies an operand by itself from one copy of its blocks', async () => {
    const { operands, store } = await operandsOf(30, 30, 2000);
    const square = { ...operands, b: operands.a };
    const { blocks } = await computeShard(square, context(cpuBackend(), store));
    expect(store.asked).toHaveLength(2);
    const c = new Int32Array(blocks[0]!.slice().buffer);
    const stride = 32; // 30 values of 4 bytes, padded to 16 bytes
    expect(c[1]).toBe(c[stride]);
  });

  it('starts the GPU on one range while the next is still on its way', async () => {
    const { operands, store, expected } = await operandsOf(10, 10, 3 * 1024);
    const second = new Set([operands.a[0]![1]!, operands.b[0]![1]!]);
    const started = Promise.withResolvers<void>();
    const order: string[] = [];
    const inner = cpuBackend(TIGHT);
    const backend = withBackend(inner, {
      accumulate: (shard, range, signal) => {
        order.push(`compute ${range.from}`);
        started.resolve();
        return inner.accumulate(shard, range, signal);
      },
    });
    const { blocks } = await computeShard(
      operands,
      context(backend, store, {
        // The second range arrives only when the first one computes: without overlap this never ends.
        fetch: async (hash) => {
          if (second.has(hash)) await started.promise;
          const bytes = await store.fetch(hash);
          if (second.has(hash)) order.push('arrived 1');
          return bytes;
        },
      }),
    );
    expect(order).toEqual(['compute 0', 'arrived 1', 'arrived 1', 'compute 1', 'compute 2']);
    expect(firstRow(blocks[0]!, 10)).toEqual(Array.from(expected).slice(0, 10));
  });

  it('adds up what the backend says that its own ranges took, also of those that overlap', async () => {
    const { operands, store } = await operandsOf(10, 10, 4 * 1024);
    const inner = cpuBackend(TIGHT);
    let asked = 0;
    const pairs = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const backend = withBackend(inner, {
      accumulate: async (...args) => {
        const nth = asked++;
        const pair = pairs[nth >> 1]!;
        if (nth % 2 === 1) pair.resolve(); // the first of two ends only once the second was asked for
        await pair.promise;
        await inner.accumulate(...args);
        return 70;
      },
    });
    expect((await computeShard(operands, context(backend, store))).gpuMs).toBe(280);
  });

  it('reports progress that only grows, from nothing to all', async () => {
    const { operands, store } = await operandsOf(10, 10, 5 * 1024);
    const seen: ShardProgress[] = [];
    const onProgress = (progress: ShardProgress): void => void seen.push(progress);
    await computeShard(operands, context(cpuBackend(TIGHT), store, { onProgress }));
    expect(seen[0]).toEqual({ stage: 'downloading', done: 0, total: 5 });
    expect(seen.at(-1)).toEqual({ stage: 'computing', done: 5, total: 5 });
    const done = seen.map((progress) => progress.done);
    expect(done).toEqual(done.toSorted((x, y) => x - y));
    expect(new Set(seen.map(({ total }) => total))).toEqual(new Set([5]));
  });

  it('gives everything back when it is stopped in mid-download', async () => {
    const { operands, store } = await operandsOf(300, 10, 3000);
    const backend = cpuBackend();
    const stop = new AbortController();
    let arrived = 0;
    const shard = computeShard(
      operands,
      context(backend, store, {
        signal: stop.signal,
        fetch: async (hash) => {
          if (++arrived < 3) return store.fetch(hash);
          queueMicrotask(() => stop.abort());
          return untilAborted(stop.signal);
        },
      }),
    );
    await expect(shard).rejects.toMatchObject({ code: 'aborted' });
    await expectFree(backend);
  });

  it('gives everything back when it is stopped while it computes and loads', async () => {
    const { operands, store } = await operandsOf(10, 10, 3 * 1024);
    const stop = new AbortController();
    const inner = cpuBackend(TIGHT);
    const backend = withBackend(inner, {
      accumulate: (shard, range, signal) => {
        stop.abort();
        return inner.accumulate(shard, range, signal);
      },
    });
    const fetch = (hash: Hash): Promise<Uint8Array> =>
      hash === operands.a[0]![1] ? untilAborted(stop.signal) : store.fetch(hash);
    await expect(
      computeShard(operands, context(backend, store, { signal: stop.signal, fetch })),
    ).rejects.toMatchObject({ code: 'aborted' });
    await expectFree(inner);
  });

  it('asks for a range before the one ahead of it has ended, and holds half of the pages at most', async () => {
    const { operands, store, expected } = await operandsOf(10, 10, 5 * 1024);
    const inner = cpuBackend(TIGHT);
    const second = Promise.withResolvers<void>();
    let [asked, ended, most] = [0, 0, 0];
    const backend = withBackend(inner, {
      accumulate: async (...args) => {
        if (++asked === 2) second.resolve();
        await second.promise; // the first one ends only after the second was asked for
        const ms = await inner.accumulate(...args);
        ended += 1;
        return ms;
      },
      reserve: async (...args) => {
        const missing = await inner.reserve(...args);
        most = Math.max(most, (await inner.stats()).pagesUsed / 2 - ended);
        return missing;
      },
    });
    const { blocks } = await computeShard(operands, context(backend, store));
    expect(asked).toBe(5);
    expect(most).toBe(inner.pageCount / 4);
    expect(firstRow(blocks[0]!, 10)).toEqual(Array.from(expected).slice(0, 10));
  });

  it('has the next lease asked for before the first has ended', async () => {
    const { operands, store } = await operandsOf(10, 10, 1024);
    const inner = cpuBackend();
    const both = Promise.withResolvers<void>();
    let asked = 0;
    const backend = withBackend(inner, {
      accumulate: async (...args) => {
        if (++asked === 2) both.resolve();
        await both.promise;
        return inner.accumulate(...args);
      },
    });
    const [one, two] = await Promise.all([1, 2].map(() => computeShard(operands, context(backend, store))));
    expect(one!.blocks).toEqual(two!.blocks);
    await expectFree(inner);
  });

  it('goes one range at a time where the pages are too few for two', async () => {
    const { operands, store, expected } = await operandsOf(600, 300, 3 * 1024); // 5 blocks a k-block
    const inner = cpuBackend(TIGHT); // 12 pages, and no room for so much C
    const backend = withBackend(cpuBackend(), {});
    Object.defineProperty(backend, 'pageCount', { value: inner.pageCount });
    let [running, most] = [0, 0];
    const single = withBackend(backend, {
      accumulate: async (...args) => {
        most = Math.max(most, ++running);
        const ms = await backend.accumulate(...args);
        running -= 1;
        return ms;
      },
    });
    const { blocks } = await computeShard(operands, context(single, store));
    expect(most).toBe(1);
    expect(firstRow(blocks[0]!, 256)).toEqual(Array.from(expected).slice(0, 256));
  });

  it.each(['not-found', 'closed', 'bad-frame'] as const)(
    'says why a block could not be had (%s), and gives everything back',
    async (code) => {
      const { operands, store } = await operandsOf(300, 10, 3000);
      const backend = cpuBackend();
      const fetch = (hash: Hash): Promise<Uint8Array> =>
        hash === operands.a[1]![2] ? Promise.reject(new AppError(code, 'lost')) : store.fetch(hash);
      await expect(computeShard(operands, context(backend, store, { fetch }))).rejects.toMatchObject({
        code,
      });
      await expectFree(backend);
    },
  );

  it('does not leave a failed look-ahead unhandled when the GPU fails first', async () => {
    const { operands, store } = await operandsOf(10, 10, 2 * 1024);
    const inner = cpuBackend(TIGHT);
    const failed = Promise.withResolvers<void>();
    let opened = 0;
    const gone = new AppError('gpu-lost', 'the device is gone');
    const backend = withBackend(inner, {
      open: (shape) => (opened++ === 0 ? inner.open(shape) : Promise.reject(gone)),
      accumulate: () => {
        queueMicrotask(failed.resolve);
        return Promise.reject(gone);
      },
    });
    const fetch = async (hash: Hash): Promise<Uint8Array> => {
      if (hash !== operands.a[0]![1]) return store.fetch(hash);
      await failed.promise;
      throw new AppError('closed', 'the link is gone as well');
    };
    await expect(computeShard(operands, context(backend, store, { fetch }))).rejects.toMatchObject({
      code: 'gpu-lost',
    });
    await expectFree(inner);
  });

  it('is refused where C does not fit, before anything is fetched', async () => {
    const { operands, store } = await operandsOf(600, 600, 100);
    await expect(
      computeShard({ ...operands, rows: 1024, cols: 1024 }, context(cpuBackend(TIGHT), store)),
    ).rejects.toMatchObject({ code: 'out-of-memory' });
    expect(store.asked).toEqual([]);
  });

  it('cuts K so that every lease in flight can hold two ranges, and covers all of it in order', async () => {
    const side = fc.integer({ min: 1, max: 6 });
    await fc.assert(
      fc.asyncProperty(
        side,
        side,
        fc.integer({ min: 1, max: 60 }),
        fc.nat(600),
        async (m, n, kBlocks, extra) => {
          const pageCount = 4 * (m + n) + extra;
          const ranges = await rangesOf(m, n, kBlocks, pageCount);
          expect(ranges[0]!.from).toBe(0);
          expect(ranges.at(-1)!.to).toBe(kBlocks);
          for (const [i, { from, to, a, b }] of ranges.entries()) {
            expect(from).toBe(i === 0 ? 0 : ranges[i - 1]!.to);
            expect(2 * LEASES_IN_FLIGHT * (to - from) * (m + n)).toBeLessThanOrEqual(pageCount);
            expect(a).toEqual(Array.from({ length: to - from }, (_, k) => row('a', m, from + k)));
            expect(b).toEqual(Array.from({ length: to - from }, (_, k) => row('b', n, from + k)));
          }
        },
      ),
    );
  });
});

const row = (side: string, strips: number, k: number): Hash[] =>
  Array.from({ length: strips }, (_, strip) => `${side} ${strip} ${k}`);

/** What a backend with this many pages is asked to accumulate. */
async function rangesOf(m: number, n: number, kBlocks: number, pageCount: number): Promise<KRange[]> {
  const ranges: KRange[] = [];
  const backend = withBackend(cpuBackend(), {
    open: async () => 1,
    reserve: async () => [],
    accumulate: async (_, range) => {
      ranges.push(range);
      return 0;
    },
    close: async () => [],
  });
  Object.defineProperty(backend, 'pageCount', { value: pageCount });
  const strips = (side: string, count: number): Hash[][] =>
    Array.from({ length: count }, (_, strip) =>
      Array.from({ length: kBlocks }, (__, k) => `${side} ${strip} ${k}`),
    );
  const shape = { dtype: 'i8', rows: m, cols: n, k: kBlocks } as const;
  await computeShard({ ...shape, a: strips('a', m), b: strips('b', n) }, context(backend, new BlockMap()));
  return ranges;
}
