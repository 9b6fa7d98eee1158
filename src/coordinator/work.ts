/** What the scheduler deals in: jobs, what contributors can do, and leases. Plain data. */
import { BLOCK_ROWS } from '../matrix/blocks.ts';
import type { Dtype } from '../matrix/dtype.ts';
import type { Hash } from '../matrix/manifest.ts';
import { type Rect, rectArea } from './grid.ts';

export interface JobSpec {
  readonly id: string;
  readonly a: Hash;
  readonly b: Hash;
  readonly dtype: Dtype;
  readonly rows: number;
  readonly cols: number;
  readonly k: number;
  readonly project: string;
  readonly priority: number;
  readonly createdMs: number;
  /** Absent: none. */
  readonly deadlineMs?: number;
  /** Operands that contributors make themselves. */
  readonly seeded?: { readonly a: boolean; readonly b: boolean };
  /** Of a part: the job, and its operands, by which the strips of all its parts are known. */
  readonly kin?: { readonly job: string; readonly a: Hash; readonly b: Hash } | undefined;
}

export interface Capability {
  readonly operandBytes: number;
  readonly resultBytes: number;
  /** Multiply-adds per second, from the self-test. */
  readonly rates: Readonly<Record<Dtype, number>>;
  readonly downBytesPerSecond: number;
  readonly upBytesPerSecond: number;
  /** At first; empty: any project. */
  readonly projects: readonly string[];
  /** Operand bytes that it keeps in all, on the GPU and on disk; absent: `operandBytes`. */
  readonly cacheBytes?: number;
}

export interface ActiveLease {
  readonly id: string;
  readonly job: JobSpec;
  readonly peer: string;
  readonly rect: Rect;
  readonly issuedMs: number;
  readonly deadlineMs: number;
  readonly expectedMs: number;
  /** Of its slowest resource: what it adds to the leases of its contributor that come after it. */
  readonly seconds: number;
  /** The result's hash has arrived: the deadline no longer counts, the transfer's own limits do. */
  committed: boolean;
}

export function rectWork(
  job: Pick<JobSpec, 'rows' | 'cols' | 'k'>,
  rect: Rect,
): { rows: number; cols: number } {
  return {
    rows: Math.min(job.rows, (rect.row + rect.rows) * BLOCK_ROWS) - rect.row * BLOCK_ROWS,
    cols: Math.min(job.cols, (rect.col + rect.cols) * BLOCK_ROWS) - rect.col * BLOCK_ROWS,
  };
}

export function overlaps(x: Rect, y: Rect): boolean {
  return (
    rectArea(x) > 0 &&
    x.row < y.row + y.rows &&
    y.row < x.row + x.rows &&
    x.col < y.col + y.cols &&
    y.col < x.col + x.cols
  );
}
