/**
 * What a compute device must do for the paged backend (paged-backend.ts), which does the rest: pages,
 * pins, checks of what the caller says. Implemented for WebGPU (webgpu.ts) and for the CPU (cpu.ts).
 */
import type { Dtype } from '../matrix/dtype.ts';
import type { BackendInfo, BackendStats, ShardShape } from './backend.ts';
import type { PagedRange } from './plan.ts';

export interface Compute<Result> {
  readonly info: BackendInfo;
  readonly pageCount: number;
  /** Bytes of C that all shards together may hold; every cell takes one page. */
  readonly resultBudget: number;

  /** Kernels that can serve the dtype here, the preferred one first. */
  candidates(dtype: Dtype): readonly string[];
  /** Makes `info.kernels[dtype]` this candidate. */
  useKernel(dtype: Dtype, kernel: string): Promise<void>;

  write(page: number, bytes: Uint8Array): void;
  /** Zeroed cells of C. @throws 'out-of-memory' */
  allocate(shape: ShardShape): Promise<Result>;
  free(result: Result): void;
  /** Calls `proceed` before each slice; it throws to stop. */
  multiply(result: Result, dtype: Dtype, range: PagedRange, proceed: () => void): Promise<void>;
  /** The blocks of C in block format (matrix/blocks.ts), row-major by cell. */
  read(result: Result, shape: ShardShape): Promise<Uint8Array[]>;

  timings(): Pick<BackendStats, 'longestSliceMs' | 'rates'>;
  destroy(): void;
}
