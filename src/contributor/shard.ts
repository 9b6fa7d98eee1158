/**
 * Computes one shard on a backend: k-blocks stream in while earlier ones compute, so the download
 * and the GPU overlap within a shard as well as between two.
 */
import type { Semaphore } from '../core/async.ts';
import type { Clock } from '../core/clock.ts';
import { AppError, throwIfAborted } from '../core/errors.ts';
import type { Backend, KRange, ShardId } from '../gpu/backend.ts';
import type { FetchBytes, Hash } from '../matrix/manifest.ts';
import type { ShardOperands } from './operands.ts';

/** Leases in flight; each loads one range while another computes. */
export const LEASES_IN_FLIGHT = 2;
const RANGES_PER_LEASE = 2;
/** A range is also a step of the progress bar and of cancellation. */
const MAX_RANGE_K_BLOCKS = 16;

export interface ShardProgress {
  readonly stage: 'downloading' | 'computing';
  /** k-blocks accumulated, of how many. */
  readonly done: number;
  readonly total: number;
}

export interface ShardOutcome {
  /** C's blocks, row-major by cell. */
  readonly blocks: Uint8Array[];
  readonly gpuMs: number;
}

export interface ShardContext {
  readonly backend: Backend;
  readonly fetch: FetchBytes;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** One unit, shared by all shards of a backend: a shard's GPU time begins when it has its turn. */
  readonly gpuTurn: Semaphore;
  readonly onProgress: (progress: ShardProgress) => void;
  /** Block bytes that one range had to fetch, and how long they took. */
  readonly onLoaded?: (bytes: number, ms: number) => void;
}

/** @throws AppError 'out-of-memory', 'gpu-lost', 'aborted', or what fetching throws; nothing stays pinned then. */
export async function computeShard(operands: ShardOperands, context: ShardContext): Promise<ShardOutcome> {
  const { backend, clock, signal, gpuTurn, onProgress } = context;
  const total = operands.a[0]!.length;
  const ranges = cutRanges(operands, backend.pageCount);
  const shard = await backend.open(operands);
  let gpuMs = 0;
  try {
    onProgress({ stage: 'downloading', done: 0, total });
    let loading = load(shard, ranges[0]!, context);
    for (const [i, range] of ranges.entries()) {
      await loading;
      throwIfAborted(signal);
      const next = ranges[i + 1];
      if (next) {
        loading = load(shard, next, context);
        loading.catch(() => {}); // awaited in the next round; until then it must not count as unhandled
      }
      onProgress({ stage: 'computing', done: range.from, total });
      const release = await gpuTurn.acquire(1, signal);
      try {
        const started = clock.now();
        await backend.accumulate(shard, range, signal);
        gpuMs += clock.now() - started;
      } finally {
        release();
      }
      onProgress({ stage: next ? 'downloading' : 'computing', done: range.to, total });
    }
    return { blocks: await backend.close(shard), gpuMs };
  } catch (error) {
    await backend.abandon(shard);
    throw error;
  }
}

/** Ranges of k-blocks, small enough that every lease in flight can pin two of them. */
function cutRanges({ a, b }: ShardOperands, pageCount: number): KRange[] {
  const kBlocks = a[0]!.length;
  const perBlock = a.length + b.length;
  const room = Math.floor(pageCount / (LEASES_IN_FLIGHT * RANGES_PER_LEASE * perBlock));
  const step = Math.min(MAX_RANGE_K_BLOCKS, Math.max(1, room));
  const ranges: KRange[] = [];
  for (let from = 0; from < kBlocks; from += step) {
    const to = Math.min(kBlocks, from + step);
    const slice = (strips: readonly (readonly Hash[])[]): Hash[][] =>
      Array.from({ length: to - from }, (_, i) => strips.map((strip) => strip[from + i]!));
    ranges.push({ from, to, a: slice(a), b: slice(b) });
  }
  return ranges;
}

async function load(shard: ShardId, range: KRange, context: ShardContext): Promise<void> {
  const { backend, clock, fetch, signal, onLoaded } = context;
  const hashes = Array.from(new Set([...range.a.flat(), ...range.b.flat()]));
  const missing = await backend.reserve(shard, hashes);
  const started = clock.now();
  let loaded = 0;
  // Every fetch is asked for at once: the exchange's window paces them.
  const results = await Promise.allSettled(
    missing.map(async (hash) => {
      const bytes = await fetch(hash);
      loaded += bytes.length;
      throwIfAborted(signal);
      await backend.put(shard, hash, bytes);
    }),
  );
  const failed = results.find((result) => result.status === 'rejected');
  if (failed)
    throw failed.reason instanceof Error ? failed.reason : new AppError('internal', 'a block failed to load');
  onLoaded?.(loaded, clock.now() - started);
}
