/**
 * Computes one shard on a backend: k-blocks stream in while earlier ones compute, as many ranges ahead as this
 * lease's share of the pages holds, and each range is asked for before the one ahead of it has ended, so that even
 * one lease keeps the link and the GPU busy.
 *
 * C is copied out now and then. When the device is lost the shard goes on, on the next device, from the last
 * copy: the lease is not lost, only the work since.
 */
import { Semaphore, orAborted } from '../core/async.ts';
import type { Clock } from '../core/clock.ts';
import { AppError, isAppError, throwIfAborted } from '../core/errors.ts';
import type { Backend, KRange, ShardId } from '../gpu/backend.ts';
import type { Hash } from '../matrix/manifest.ts';
import type { Lane } from './fetch-queue.ts';
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
  readonly lane: Pick<Lane, 'fetch' | 'done' | 'forgetQueued'>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ShardProgress) => void;
  /** The GPU has these blocks for it. */
  readonly onHeld?: ((hashes: readonly Hash[]) => void) | undefined;
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

/** A range whose pages are pinned. */
interface Loading {
  /** Its blocks are on the GPU. */
  readonly loaded: Promise<void>;
  /** Lets a later range have its pages. */
  readonly release: () => void;
}

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
    const opening = run.open();
    const shard = await orAborted(opening, signal).catch((error: unknown) => {
      // The GPU may be paused, or on its way: what opens after all is given back.
      opening.then((late) => backend.abandon(late)).catch(() => {});
      throw error;
    });
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
  /** On this device. */
  #accumulates: Promise<void>[] = [];
  #loading: Promise<void> = Promise.resolve();
  readonly #puts = new Set<Promise<void>>();
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
    const { signal } = this.#context;
    ({ kBlocks: this.#done, gpuMs: this.#gpuMs } = this.#copy);
    this.#accumulates = [];
    const failure = new Failure(signal);
    try {
      return await this.#computeUnless(failure, shard);
    } finally {
      failure.end();
    }
  }

  async #computeUnless(failure: Failure, shard: ShardId): Promise<ShardOutcome> {
    const { backend, copyAfter = copyAfterMs } = this.#context;
    const { ranges, held } = cutRanges(this.#operands, backend.pageCount, this.#done);
    const loads = ranges.map(() => Promise.withResolvers<Loading>());
    this.#report();
    this.#loading = this.#loadAll(shard, ranges, held, failure, loads);
    for (const [i, range] of ranges.entries()) {
      const { loaded, release } = await failure.or(loads[i]!.promise);
      await failure.or(loaded);
      throwIfAborted(this.#context.signal);
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

  /** Resolves when nothing is loaded or computed any more; what the device did not take is not asked for. */
  async settled(): Promise<void> {
    this.#context.lane.forgetQueued();
    await Promise.allSettled([this.#loading, ...this.#puts, ...this.#accumulates]);
  }

  /** Ranges in order, each as soon as `held` leaves it room. Never rejects: it tells `failure`. */
  async #loadAll(
    shard: ShardId,
    ranges: readonly KRange[],
    held: number,
    failure: Failure,
    loads: readonly PromiseWithResolvers<Loading>[],
  ): Promise<void> {
    const room = new Semaphore(held);
    try {
      for (const [i, range] of ranges.entries()) {
        const release = await failure.or(room.acquire(1, failure.signal));
        const hashes = Array.from(new Set([...range.a, ...range.b].flat()));
        const missing = await failure.or(this.#context.backend.reserve(shard, hashes));
        const loaded = this.#load(shard, hashes, missing, failure.signal);
        loaded.catch(failure.tell);
        loads[i]!.resolve({ loaded, release });
      }
    } catch {
      // failure.or has told it
    }
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

  /** Every block is asked for at once: the queue paces them, in this order. */
  async #load(
    shard: ShardId,
    hashes: readonly Hash[],
    missing: readonly Hash[],
    ended: AbortSignal,
  ): Promise<void> {
    const { backend, lane, onHeld } = this.#context;
    const absent = new Set(missing);
    onHeld?.(hashes.filter((hash) => !absent.has(hash)));
    await Promise.all(
      missing.map(async (hash) => {
        const bytes = await lane.fetch(hash);
        throwIfAborted(ended); // it stays in the lane, for the next device
        const put = backend.put(shard, hash, bytes).finally(() => {
          lane.done(hash);
          this.#puts.delete(put);
        });
        this.#puts.add(put);
        await put;
        onHeld?.([hash]);
      }),
    );
  }
}

/** The first of several things in flight to fail ends the others. */
class Failure {
  readonly #first = Promise.withResolvers<never>();
  readonly #stop = new AbortController();
  /** Also fires when the whole shard is stopped. */
  readonly signal: AbortSignal;
  readonly #stopped = (): void => this.#first.reject(new AppError('aborted', 'the shard was stopped'));

  constructor(outer: AbortSignal) {
    this.signal = AbortSignal.any([outer, this.#stop.signal]);
    this.#first.promise.catch(() => {});
    this.signal.addEventListener('abort', this.#stopped, { once: true });
  }

  /**
   * Nothing is in flight any more. A joined signal lives as long as it has a listener and a source that may still
   * fire (DOM standard, garbage collection of AbortSignal); this listener holds that source: 2.3 KB a shard, for ever.
   */
  end(): void {
    this.signal.removeEventListener('abort', this.#stopped);
  }

  readonly tell = (error: unknown): void => {
    this.#first.reject(error); // before the signal would
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
