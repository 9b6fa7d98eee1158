/**
 * Computes one shard on a backend: k-blocks stream in while earlier ones compute, and each range is asked
 * for before the one ahead of it has ended, so that even one lease keeps the GPU busy.
 *
 * C is copied out now and then. When the device is lost the shard goes on, on the next device, from the last
 * copy: the lease is not lost, only the work since.
 */
import { Semaphore } from '../core/async.ts';
import type { Clock } from '../core/clock.ts';
import { AppError, isAppError, throwIfAborted } from '../core/errors.ts';
import type { Backend, KRange, ShardId } from '../gpu/backend.ts';
import type { FetchBytes, Hash } from '../matrix/manifest.ts';
import type { ShardOperands } from './operands.ts';
import { cutRanges } from './ranges.ts';

export interface ShardProgress {
  readonly stage: 'downloading' | 'computing';
  /** k-blocks accumulated, of how many; fewer again after the GPU was lost. */
  readonly done: number;
  readonly total: number;
}

export interface ShardOutcome {
  /** C's blocks, row-major by cell. */
  readonly blocks: Uint8Array[];
  /** Of all that is in C; what a lost device computed since the last copy does not count. */
  readonly gpuMs: number;
}

export interface ShardContext {
  readonly backend: Backend;
  readonly fetch: FetchBytes;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ShardProgress) => void;
  /** Block bytes that one range had to fetch, and how long they took. */
  readonly onLoaded?: (bytes: number, ms: number) => void;
  /**
   * GPU ms of this shard after which C is copied out again, given how long the last copy took, ms.
   * @default copyAfterMs
   */
  readonly copyAfter?: ((lastCopyMs: number) => number) | undefined;
}

/**
 * A copy waits for the ranges in flight and moves all of C to memory. At 20 times what the last one took it
 * costs 5 % at most; sooner than every second it would save less than a rebuilt device takes to test itself.
 */
export const copyAfterMs = (lastCopyMs: number): number => Math.max(1000, 20 * lastCopyMs);

/** C once it held the k-blocks [0, kBlocks). */
interface Copy {
  readonly kBlocks: number;
  readonly gpuMs: number;
  readonly blocks?: readonly Uint8Array[];
  readonly tookMs: number;
}

/**
 * @throws AppError 'gpu-lost' when no device comes after a lost one (`open` rejects), 'out-of-memory',
 *   'aborted', or what fetching throws; nothing stays pinned then.
 */
export async function computeShard(operands: ShardOperands, context: ShardContext): Promise<ShardOutcome> {
  const { backend, signal } = context;
  const run = new ShardRun(operands, context);
  for (;;) {
    const shard = await run.open();
    try {
      return await run.compute(shard);
    } catch (error) {
      await backend.abandon(shard);
      await run.settled();
      throwIfAborted(signal);
      if (!isAppError(error, 'gpu-lost')) throw error;
    }
  }
}

class ShardRun {
  readonly #operands: ShardOperands;
  readonly #context: ShardContext;
  readonly #total: number;
  #copy: Copy = { kBlocks: 0, gpuMs: 0, tookMs: 0 };
  /** What was asked for and not put yet: a download goes on while the next device is built. */
  readonly #fetches = new Map<Hash, Promise<Uint8Array>>();
  /** On this device. */
  #accumulates: Promise<void>[] = [];
  #computing = 0;
  #done = 0;
  #gpuMs = 0;

  constructor(operands: ShardOperands, context: ShardContext) {
    this.#operands = operands;
    this.#context = context;
    this.#total = operands.a[0]!.length;
  }

  open(): Promise<ShardId> {
    return this.#context.backend.open(this.#operands, this.#copy.blocks);
  }

  /** From the last copy of C to the result, on one device. */
  async compute(shard: ShardId): Promise<ShardOutcome> {
    const { backend, signal, copyAfter = copyAfterMs } = this.#context;
    ({ kBlocks: this.#done, gpuMs: this.#gpuMs } = this.#copy);
    this.#accumulates = [];
    const failure = new Failure(signal);
    const { ranges, held } = cutRanges(this.#operands, backend.pageCount, this.#done);
    const room = new Semaphore(held);
    this.#report();
    for (const range of ranges) {
      const release = await failure.or(room.acquire());
      await failure.or(this.#load(shard, range, failure.signal));
      throwIfAborted(signal);
      if (range.from > this.#copy.kBlocks && this.#gpuMs - this.#copy.gpuMs >= copyAfter(this.#copy.tookMs)) {
        await failure.or(this.#copyOut(shard, range.from));
      }
      const accumulate = this.#accumulate(shard, range, failure.signal).finally(release);
      accumulate.catch(failure.tell);
      this.#accumulates.push(accumulate);
    }
    await failure.or(Promise.all(this.#accumulates));
    return { blocks: await backend.close(shard), gpuMs: this.#gpuMs };
  }

  /** Resolves when nothing computes any more. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#accumulates);
  }

  async #accumulate(shard: ShardId, range: KRange, signal: AbortSignal): Promise<void> {
    this.#computing += 1;
    try {
      this.#report();
      const ms = await this.#context.backend.accumulate(shard, range, signal);
      this.#gpuMs += ms; // not in one expression: it would read the sum before the wait
      this.#done = range.to;
    } finally {
      this.#computing -= 1;
    }
    this.#report();
  }

  async #copyOut(shard: ShardId, kBlocks: number): Promise<void> {
    const { backend, clock } = this.#context;
    await Promise.all(this.#accumulates);
    const started = clock.now();
    const blocks = await backend.save(shard);
    this.#copy = { kBlocks, gpuMs: this.#gpuMs, blocks, tookMs: clock.now() - started };
  }

  #report(): void {
    const stage = this.#computing > 0 || this.#done === this.#total ? 'computing' : 'downloading';
    this.#context.onProgress({ stage, done: this.#done, total: this.#total });
  }

  async #load(shard: ShardId, range: KRange, ended: AbortSignal): Promise<void> {
    const { backend, clock, onLoaded } = this.#context;
    const hashes = Array.from(new Set([...range.a.flat(), ...range.b.flat()]));
    const missing = await backend.reserve(shard, hashes);
    const started = clock.now();
    let loaded = 0;
    // Every fetch is asked for at once: the exchange's window paces them.
    const results = await Promise.allSettled(
      missing.map(async (hash) => {
        const asked = this.#fetches.get(hash);
        const bytes = await (asked ?? this.#fetch(hash));
        throwIfAborted(ended);
        if (!asked) loaded += bytes.length; // what came while a device was built says nothing about the link
        this.#fetches.delete(hash);
        await backend.put(shard, hash, bytes);
      }),
    );
    const failed = results.find((result) => result.status === 'rejected');
    if (failed)
      throw failed.reason instanceof Error
        ? failed.reason
        : new AppError('internal', 'a block failed to load');
    onLoaded?.(loaded, clock.now() - started);
  }

  #fetch(hash: Hash): Promise<Uint8Array> {
    const fetch = this.#context.fetch(hash);
    this.#fetches.set(hash, fetch);
    fetch.catch(() => this.#fetches.delete(hash));
    return fetch;
  }
}

/** The first of several things in flight to fail ends the others. */
class Failure {
  readonly #first = Promise.withResolvers<never>();
  readonly #stop = new AbortController();
  /** Also fires when the whole shard is stopped. */
  readonly signal: AbortSignal;

  constructor(outer: AbortSignal) {
    this.signal = AbortSignal.any([outer, this.#stop.signal]);
    this.#first.promise.catch(() => {});
  }

  readonly tell = (error: unknown): void => {
    this.#first.reject(error);
    this.#stop.abort();
  };

  /** Settles as `work` does, or rejects with what failed first. */
  async or<T>(work: Promise<T>): Promise<T> {
    try {
      return await Promise.race([work, this.#first.promise]);
    } catch (error) {
      this.tell(error);
      throw error;
    }
  }
}
