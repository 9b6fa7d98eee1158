/**
 * What computes a shard. One interface for the CPU reference and for WebGPU, so one contract suite
 * proves both. Operand blocks live in pages (256 KiB slots) keyed by hash and evicted least recently
 * used; a shard's C stays resident while k-blocks stream in.
 *
 * Order of calls for one shard: open → (reserve → put the missing ones → accumulate)* → close.
 */
import type { Dtype } from '../matrix/dtype.ts';
import type { Hash } from '../matrix/manifest.ts';

export interface BackendInfo {
  readonly kind: 'webgpu' | 'cpu';
  /** Coarse on purpose (vendor and architecture): enough for a person, little for a fingerprint. */
  readonly adapter: string;
  /** A software adapter: it would burn the visitor's CPU. */
  readonly fallback: boolean;
  /** The kernel in use per dtype, such as "i8-dot4". */
  readonly kernels: Record<Dtype, string>;
}

/** A rectangle of C: `rows × cols` values, `k` values of K; A and B are both K-major. */
export interface ShardShape {
  readonly dtype: Dtype;
  readonly rows: number;
  readonly cols: number;
  readonly k: number;
}

export type ShardId = number;

/** The k-blocks [from, to) of a shard: `a[kb − from][rowBlock]`, `b[kb − from][colBlock]` are block hashes. */
export interface KRange {
  readonly from: number;
  readonly to: number;
  readonly a: readonly (readonly Hash[])[];
  readonly b: readonly (readonly Hash[])[];
}

export interface BackendStats {
  readonly pages: number;
  readonly pagesUsed: number;
  /** Bytes of C now resident. */
  readonly resultBytes: number;
  /** Longest single dispatch so far, ms (completion to completion). */
  readonly longestSliceMs: number;
  /** Multiply-adds per second of slices, rests not counted, per dtype; 0 before the first. */
  readonly rates: Record<Dtype, number>;
  /** The share of time that slices may take. */
  readonly intensity: number;
  /** Time that slices took, all together, ms. */
  readonly busyMs: number;
}

export interface Backend {
  readonly info: BackendInfo;
  /** Pages that shards may pin at once: the operand memory budget / 256 KiB. */
  readonly pageCount: number;
  /** Bytes of C that all open shards together may hold; every 256 × 256 cell takes 256 KiB. */
  readonly resultBytes: number;

  /** Known answers for every dtype. @throws AppError 'gpu-wrong' naming the kernel that failed. */
  selfTest(): Promise<void>;

  /**
   * Reserves the shard's C: zeros, or `start`, what `save` gave for a shard of this shape (perhaps on a device
   * that is gone). @throws AppError 'out-of-memory' over the budget, 'bad-input' for another shape's `start`.
   */
  open(shape: ShardShape, start?: readonly Uint8Array[]): Promise<ShardId>;

  /**
   * Pins the pages of these blocks for the shard, each distinct hash once a call, and returns the hashes
   * whose bytes are missing (each once). One call per range: its accumulate takes off as many pins. @throws AppError 'out-of-memory' when every other page is pinned: nothing is pinned then.
   */
  reserve(shard: ShardId, hashes: readonly Hash[]): Promise<Hash[]>;

  /** The bytes of a reserved block, as it travelled. The buffer may be transferred away. */
  put(shard: ShardId, hash: Hash, bytes: Uint8Array): Promise<void>;

  /**
   * C += A·Bᵀ over these k-blocks, in slices of at most 100 ms; unpins the blocks when done, also when it
   * fails. The signal stops it within one slice; a shard that was stopped half-way can only be abandoned.
   * Resolves to the ms that its slices took. Ask for the next range, or another shard's, before this one has
   * ended: the device then never waits in between.
   * @throws 'aborted', 'gpu-lost', and 'bad-input' for a block that is not here or has another shape.
   */
  accumulate(shard: ShardId, range: KRange, signal?: AbortSignal): Promise<number>;

  /**
   * C so far, in the form of `close`; the shard stays open. For `open` to start from after a loss.
   * @throws 'conflict' for a shard that is still computing or was stopped half-way.
   */
  save(shard: ShardId): Promise<Uint8Array[]>;

  /**
   * The blocks of C, row-major by cell, ready to hash and send; frees the shard.
   * @throws 'conflict' for a shard that is still computing or was stopped half-way.
   */
  close(shard: ShardId): Promise<Uint8Array[]>;

  /** Frees the shard and unpins whatever it pinned. Safe at any time, also twice. */
  abandon(shard: ShardId): Promise<void>;

  /** Hashes evicted since the last call, so that the coordinator's picture of the cache stays true. */
  takeEvicted(): Promise<Hash[]>;

  stats(): Promise<BackendStats>;

  /** The share of time, 0.05 to 1, that slices may take; 1 unless told. @throws AppError 'bad-input' outside. */
  setIntensity(share: number): Promise<void>;

  /**
   * From now on no slice starts, whoever wants it, until told otherwise; what waits keeps its place, and can be
   * stopped and abandoned as ever.
   */
  setPaused(paused: boolean): Promise<void>;

  /** Releases the device. Every later call rejects with 'closed'. */
  destroy(): Promise<void>;
}
