/** How busy the link and the GPU are kept, in virtual time: 100 Mbit/s and 20 ms, and a GPU of any speed. */
import { describe, expect, it } from 'vitest';
import { FetchQueue } from '../../src/contributor/fetch-queue.ts';
import { LEASES_IN_FLIGHT } from '../../src/contributor/ranges.ts';
import { computeShard } from '../../src/contributor/shard.ts';
import { Semaphore, withPermit } from '../../src/core/async.ts';
import { sleep } from '../../src/core/clock.ts';
import type { KRange } from '../../src/gpu/backend.ts';
import { PageTable } from '../../src/gpu/pages.ts';
import type { Hash } from '../../src/matrix/manifest.ts';
import { WANT_WINDOW } from '../../src/protocol/limits.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { cpuBackend, withBackend } from './with-backend.ts';

const BLOCK_MS = 21;
const ONE_WAY_MS = 10;
/** From a free slot to the next lease: a round trip, and the coordinator's bookkeeping. */
const GRANT_MS = 25;
const LEASES = 6;
const STRIPS = 4;
const K_BLOCKS = 16;
/** A lease brings four new strips beside the four that all of them share. */
const NEW_BLOCKS = STRIPS * K_BLOCKS;

/** One block after another, each want answered after a round trip. */
class SlowLink {
  busyMs = 0;
  readonly asked: Hash[] = [];
  readonly #clock: FakeClock;
  readonly #window = new Semaphore(WANT_WINDOW);
  #freeAt = 0;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  readonly fetch = (hash: Hash): Promise<Uint8Array> =>
    withPermit(this.#window, async () => {
      this.asked.push(hash);
      const start = Math.max(this.#clock.now() + ONE_WAY_MS, this.#freeAt);
      this.#freeAt = start + BLOCK_MS;
      this.busyMs += BLOCK_MS;
      await sleep(this.#clock, this.#freeAt + ONE_WAY_MS - this.#clock.now());
      return new Uint8Array(16);
    });
}

/** Pages as they are, and multiplications that only take their time. */
function timedBackend(clock: FakeClock, pageCount: number, leaseMs: number) {
  const pages = new PageTable(pageCount);
  const turn = new Semaphore(1);
  const gpu = { busyMs: 0 };
  let shards = 0;
  const backend = withBackend(cpuBackend(), {
    open: async () => ++shards,
    reserve: async (shard, hashes) => pages.reserve(shard, hashes),
    put: async (shard, hash, bytes) => void pages.fill(shard, hash, bytes.length),
    accumulate: async (shard, range: KRange) => {
      const ms = (leaseMs * (range.to - range.from)) / K_BLOCKS;
      await withPermit(turn, () => sleep(clock, ms));
      gpu.busyMs += ms;
      pages.release(shard, [...range.a, ...range.b].flat());
      return ms;
    },
    close: async (shard) => {
      pages.releaseAll(shard);
      return [];
    },
  });
  return { gpu, backend: Object.defineProperty(backend, 'pageCount', { value: pageCount }) };
}

const strips = (side: string, first: number): Hash[][] =>
  Array.from({ length: STRIPS }, (_, i) =>
    Array.from({ length: K_BLOCKS }, (__, k) => `${side} ${first + i} ${k}`),
  );

/** Shares of the time in which the link and the GPU were busy. */
async function run(leaseMs: number, pageCount: number) {
  const clock = new FakeClock(0);
  const link = new SlowLink(clock);
  const queue = new FetchQueue({ fetch: link.fetch });
  const { gpu, backend } = timedBackend(clock, pageCount, leaseMs);
  const leases = { granted: 0, done: 0 };
  const compute = async (n: number): Promise<void> => {
    const lane = queue.lane();
    await computeShard(
      { dtype: 'i8', rows: 1024, cols: 1024, k: 16_384, a: strips('a', 0), b: strips('b', n * STRIPS) },
      {
        backend,
        lane,
        clock,
        signal: new AbortController().signal,
        onProgress: () => {},
        copyAfter: () => Infinity,
      },
    );
    lane.end();
    leases.done += 1;
    grant();
  };
  const grant = (): void => {
    if (leases.granted === LEASES) return;
    const n = leases.granted++;
    clock.after(GRANT_MS, () => void compute(n));
  };
  for (let i = 0; i < LEASES_IN_FLIGHT; i++) grant();
  while (leases.done < LEASES) await clock.advance(20);
  expect(new Set(link.asked).size).toBe(link.asked.length);
  expect(link.asked).toHaveLength((LEASES + 1) * NEW_BLOCKS);
  return { link: link.busyMs / clock.now(), gpu: gpu.busyMs / clock.now() };
}

describe('with a lease’s download and its computing side by side', () => {
  // The first lease's download has no company, nor has the last one's computing.
  it('a slow link is never idle', async () => {
    expect((await run(300, 1536)).link).toBeGreaterThan(0.97);
  });

  it('link and GPU that are equally slow are both busy', async () => {
    const { link, gpu } = await run(NEW_BLOCKS * BLOCK_MS, 1536);
    expect(link).toBeGreaterThan(0.95);
    expect(gpu).toBeGreaterThan(0.8);
  });

  it('and so they are with pages for a lease and a half', async () => {
    const { link, gpu } = await run(NEW_BLOCKS * BLOCK_MS, 192);
    expect(link).toBeGreaterThan(0.95);
    expect(gpu).toBeGreaterThan(0.8);
  });

  it('a slow GPU waits for the first blocks only', async () => {
    expect((await run(3000, 1536)).gpu).toBeGreaterThan(0.96);
  });
});
