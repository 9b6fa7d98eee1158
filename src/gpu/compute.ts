/**
 * What a compute device must do for the paged backend (paged-backend.ts), which does the rest: pages,
 * pins, checks of what the caller says. Implemented for WebGPU (webgpu.ts) and for the CPU (cpu.ts).
 */
import type { Dtype } from '../matrix/dtype.ts';
import type { BackendInfo, BackendStats, ShardShape } from './backend.ts';
import type { ShapeClass } from './kernels.ts';
import type { PagedRange } from './plan.ts';

/** How a product is stopped between two slices. */
export interface Stop {
  /** Called before each slice, in the same turn as its submission; throws to stop. */
  readonly proceed: () => void;
  /** Ends a wait for the next slice; `proceed` then says why. */
  readonly signal: AbortSignal;
  /** In one slice: for products that are known to be small, so that a kernel is tested as it will run. */
  readonly whole?: boolean;
}

export interface Compute<Result> {
  readonly info: Omit<BackendInfo, 'kernels'>;
  readonly pageCount: number;
  /** Bytes of C that all shards together may hold; every cell takes one page. */
  readonly resultBudget: number;

  /** Names of the kernels that can serve such shards here, the most promising first; at least one. */
  candidates(dtype: Dtype, shapes: ShapeClass): readonly string[];
  /** Makes it ready to run. @throws AppError 'gpu-wrong' when the adapter refuses it. */
  load(kernel: string): Promise<void>;

  write(page: number, bytes: Uint8Array): void;
  /** Cells of C: zeros, or the blocks that `read` once gave. @throws 'out-of-memory' */
  allocate(shape: ShardShape, start?: readonly Uint8Array[]): Promise<Result>;
  free(result: Result): void;
  /** Resolves to the ms that the slices took. */
  multiply(result: Result, kernel: string, range: PagedRange, stop: Stop): Promise<number>;
  /** Computes a little of the product, for about `ms`; resolves to multiply-adds per second. */
  lap(result: Result, kernel: string, range: PagedRange, ms: number): Promise<number>;
  /** The blocks of C in block format (matrix/blocks.ts), row-major by cell. */
  read(result: Result, shape: ShardShape): Promise<Uint8Array[]>;

  timings(): Pick<BackendStats, 'longestSliceMs' | 'rates' | 'busyMs' | 'intensity'>;
  /** @param share 0.05 to 1. */
  setIntensity(share: number): void;
  /** No slice starts while it is paused. `destroy` ends the pause: what waits for a slice then fails. */
  setPaused(paused: boolean): void;
  destroy(): void;
}
