/**
 * Shards over any Compute device: page table, budgets, and every check of what the caller says. Nothing here
 * knows WebGPU, nor how kernels are chosen (paged-backend.ts).
 */
import { AppError, isAppError, throwIfAborted } from '../core/errors.ts';
import {
  BLOCK_BYTES,
  ROW_ALIGN_BYTES,
  type Shape,
  assertShape,
  blockBytes,
  colBlocks,
  rowBlocks,
  rowBytes,
  rowsIn,
} from '../matrix/blocks.ts';
import { assertK, isDtype } from '../matrix/dtype.ts';
import type { Hash } from '../matrix/manifest.ts';
import type { BackendStats, KRange, ShardId, ShardShape } from './backend.ts';
import type { Compute, Stop } from './compute.ts';
import { PageTable } from './pages.ts';
import type { PagedRange } from './plan.ts';
import { cellCount, resultShape } from './repack.ts';
import { SELF_TEST_PREFIX } from './self-test.ts';

interface Shard<Result> {
  readonly shape: ShardShape;
  readonly a: Shape;
  readonly b: Shape;
  readonly result: Result;
  readonly bytes: number;
  /** Computes with this kernel, not with the chosen one: a test of the kernel. */
  readonly kernel: string | undefined;
  /** Being read back or gone. */
  ended: boolean;
  /** Accumulates that run or wait. */
  pending: number;
  /** An accumulate failed half-way: C is not a sum of whole ranges any more. */
  broken: boolean;
  /** Fires when the shard ends, for what waits inside an accumulate. */
  readonly stop: AbortController;
}

export interface OpenOptions {
  /** C to start from, as `save` gave it. */
  readonly start?: readonly Uint8Array[] | undefined;
  /** Compute with this kernel, whatever is chosen. */
  readonly kernel?: string;
}

export class PagedShards<Result> {
  readonly #compute: Compute<Result>;
  readonly #pages: PageTable;
  readonly #shards = new Map<ShardId, Shard<Result>>();
  readonly #kernelFor: (shape: ShardShape) => string;
  #nextId: ShardId = 1;
  #resultBytes = 0;
  /** Less than what was granted once the device has refused to give it. */
  #resultBudget: number;
  #destroyed = false;

  constructor(compute: Compute<Result>, kernelFor: (shape: ShardShape) => string) {
    this.#compute = compute;
    this.#kernelFor = kernelFor;
    this.#pages = new PageTable(compute.pageCount);
    this.#resultBudget = compute.resultBudget;
  }

  get resultBytes(): number {
    return this.#resultBudget;
  }

  get pageCount(): number {
    return this.#compute.pageCount;
  }

  /** Cells of C and pages of operands that nobody holds. */
  get room(): { cells: number; pages: number } {
    return {
      cells: (this.#resultBudget - this.#resultBytes) / BLOCK_BYTES,
      pages: this.pageCount - this.#pages.pinned,
    };
  }

  async open(shape: ShardShape, { start, kernel }: OpenOptions = {}): Promise<ShardId> {
    this.#assertAlive();
    if (!isDtype(shape.dtype)) throw new AppError('bad-input', `no such number type: ${String(shape.dtype)}`);
    const a = { dtype: shape.dtype, rows: shape.rows, cols: shape.k };
    const b = { dtype: shape.dtype, rows: shape.cols, cols: shape.k };
    assertShape(a);
    assertShape(b);
    assertK(shape.dtype, shape.k);
    if (start) assertStart(shape, start);
    const bytes = rowBlocks(a) * rowBlocks(b) * BLOCK_BYTES;
    const budget = this.#resultBudget;
    if (this.#resultBytes + bytes > budget) {
      throw new AppError(
        'out-of-memory',
        `a ${shape.rows} × ${shape.cols} shard needs ${bytes} bytes of result memory; ${budget - this.#resultBytes} of ${budget} are free`,
      );
    }
    this.#resultBytes += bytes;
    try {
      const result = await this.#compute.allocate(shape, start);
      if (this.#destroyed) {
        this.#compute.free(result);
        this.#assertAlive();
      }
      const id = this.#nextId++;
      this.#shards.set(id, {
        shape: { ...shape },
        a,
        b,
        result,
        bytes,
        kernel,
        ended: false,
        pending: 0,
        broken: false,
        stop: new AbortController(),
      });
      return id;
    } catch (error) {
      this.#resultBytes -= bytes;
      // What the device refuses once it will refuse again: from now on only what it gave.
      if (isAppError(error, 'out-of-memory')) {
        this.#resultBudget = Math.max(BLOCK_BYTES, Math.min(this.#resultBudget, this.#resultBytes));
      }
      throw error;
    }
  }

  async reserve(id: ShardId, hashes: readonly Hash[]): Promise<Hash[]> {
    this.#shard(id);
    return this.#pages.reserve(id, hashes);
  }

  async put(id: ShardId, hash: Hash, bytes: Uint8Array): Promise<void> {
    this.#shard(id);
    if (bytes.length === 0 || bytes.length > BLOCK_BYTES || bytes.length % ROW_ALIGN_BYTES !== 0) {
      throw new AppError('bad-input', `a block cannot have ${bytes.length} bytes`);
    }
    const page = this.#pages.fill(id, hash, bytes.length);
    if (page !== undefined) this.#compute.write(page, bytes);
  }

  async accumulate(id: ShardId, range: KRange, signal?: AbortSignal): Promise<number> {
    const shard = this.#shard(id);
    const proceed = (): void => {
      throwIfAborted(signal);
      this.#assertAlive();
      if (shard.ended) throw new AppError('aborted', 'the shard was abandoned');
    };
    shard.pending += 1;
    try {
      assertRange(shard, range);
      const paged = this.#locate(id, shard, range);
      return await this.#multiply(shard, paged, {
        proceed,
        signal: anyOf(shard.stop.signal, signal),
        whole: shard.kernel !== undefined,
      });
    } finally {
      shard.pending -= 1;
      this.#pages.release(id, [...range.a.flat(), ...range.b.flat()]);
    }
  }

  /** A little of the range, whose blocks are here, with this kernel; resolves to multiply-adds per second. */
  lap(id: ShardId, kernel: string, range: KRange, ms: number): Promise<number> {
    const shard = this.#shard(id);
    return this.#compute.lap(shard.result, kernel, this.#locate(id, shard, range), ms);
  }

  async #multiply(shard: Shard<Result>, paged: PagedRange, stop: Stop): Promise<number> {
    stop.proceed();
    try {
      const kernel = shard.kernel ?? this.#kernelFor(shard.shape);
      return await this.#compute.multiply(shard.result, kernel, paged, stop);
    } catch (error) {
      shard.broken = true;
      throw error;
    }
  }

  /** Pages of the range. @throws 'bad-input' where a block is absent or has not the bytes of its place. */
  #locate(id: ShardId, shard: Shard<Result>, range: KRange): PagedRange {
    const widths = range.a.map((_, i) => rowBytes(shard.a, range.from + i));
    const pagesOf = (operand: Shape, blocks: readonly (readonly Hash[])[]): number[][] =>
      blocks.map((hashes, i) =>
        hashes.map((hash, r) => {
          const page = this.#pages.use(id, hash);
          const expected = rowsIn(operand, r) * widths[i]!;
          if (page.bytes === expected) return page.index;
          throw new AppError('bad-input', `block ${hash} has ${page.bytes} bytes where ${expected} belong`);
        }),
      );
    return {
      dtype: shard.shape.dtype,
      rows: shard.shape.rows,
      cols: shard.shape.cols,
      rowBytes: widths,
      a: pagesOf(shard.a, range.a),
      b: pagesOf(shard.b, range.b),
    };
  }

  async save(id: ShardId): Promise<Uint8Array[]> {
    const shard = this.#whole(id);
    shard.pending += 1;
    try {
      return await this.#compute.read(shard.result, shard.shape);
    } finally {
      shard.pending -= 1;
    }
  }

  /** A shard whose C is a sum of whole ranges. @throws 'conflict' */
  #whole(id: ShardId): Shard<Result> {
    const shard = this.#shard(id);
    if (shard.broken) throw new AppError('conflict', 'the shard holds part of a product: abandon it');
    if (shard.pending > 0) throw new AppError('conflict', 'the shard is still being computed');
    return shard;
  }

  async close(id: ShardId): Promise<Uint8Array[]> {
    const shard = this.#whole(id);
    shard.ended = true;
    try {
      return await this.#compute.read(shard.result, shard.shape);
    } finally {
      this.#drop(id);
    }
  }

  async abandon(id: ShardId): Promise<void> {
    this.#drop(id);
  }

  #drop(id: ShardId): void {
    const shard = this.#shards.get(id);
    if (!shard) return;
    shard.ended = true;
    shard.stop.abort();
    this.#shards.delete(id);
    this.#pages.releaseAll(id);
    this.#resultBytes -= shard.bytes;
    this.#compute.free(shard.result);
  }

  async takeEvicted(): Promise<Hash[]> {
    this.#assertAlive();
    return this.#pages.takeEvicted().filter((hash) => !hash.startsWith(SELF_TEST_PREFIX));
  }

  async stats(): Promise<BackendStats> {
    this.#assertAlive();
    const { pageCount: pages, used: pagesUsed } = this.#pages;
    return { pages, pagesUsed, resultBytes: this.#resultBytes, ...this.#compute.timings() };
  }

  async setIntensity(share: number): Promise<void> {
    this.#assertAlive();
    this.#compute.setIntensity(share);
  }

  async setPaused(paused: boolean): Promise<void> {
    this.#assertAlive();
    this.#compute.setPaused(paused);
  }

  async destroy(): Promise<void> {
    if (this.#destroyed) return;
    this.#destroyed = true;
    for (const id of Array.from(this.#shards.keys())) this.#drop(id);
    this.#compute.destroy();
  }

  #assertAlive(): void {
    if (this.#destroyed) throw new AppError('closed', 'the backend was destroyed');
  }

  #shard(id: ShardId): Shard<Result> {
    this.#assertAlive();
    const shard = this.#shards.get(id);
    if (!shard || shard.ended) throw new AppError('not-found', `no open shard ${id}`);
    return shard;
  }
}

const anyOf = (first: AbortSignal, second: AbortSignal | undefined): AbortSignal =>
  second ? AbortSignal.any([first, second]) : first;

function assertStart(shape: ShardShape, start: readonly Uint8Array[]): void {
  const result = resultShape(shape);
  const across = colBlocks(result);
  const fits = (block: Uint8Array, at: number): boolean =>
    block.length === blockBytes(result, Math.floor(at / across), at % across);
  if (start.length === cellCount(shape) && start.every(fits)) return;
  throw new AppError('bad-input', 'the saved blocks do not have the shape of the shard');
}

function assertRange(shard: { a: Shape; b: Shape }, { from, to, a, b }: KRange): void {
  const inside =
    Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from < to && to <= colBlocks(shard.a);
  const full = (operand: Shape, blocks: readonly (readonly Hash[])[]): boolean =>
    blocks.length === to - from && blocks.every((hashes) => hashes.length === rowBlocks(operand));
  if (!inside || !full(shard.a, a) || !full(shard.b, b)) {
    throw new AppError('bad-input', `k-blocks [${from}, ${to}) do not fit the shard`);
  }
}
