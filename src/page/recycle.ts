/**
 * When the workers are replaced by fresh ones between two shards: a page that is left open for nights must not end
 * as the browser's largest tab. Pure; the page's owner lets `finish()` end what is in flight and starts again.
 */

/** What the workers have used since they were started. */
export interface Consumption {
  readonly startedMs: number;
  /** Blocks, both ways. */
  readonly bytesMoved: number;
  /**
   * The page with its workers, from performance.measureUserAgentSpecificMemory(); undefined where there is none: it
   * needs a page that is isolated from other origins.
   */
  readonly memoryBytes?: number | undefined;
  /** The same a few minutes after the start. */
  readonly earlyBytes?: number | undefined;
}

export type RecycleReason = 'memory' | 'bytes' | 'age';

/** Memory that comes and goes with the shards in flight is no growth: leases, their results, and what waits to be sent. */
const SLACK_BYTES = 256 * 1024 * 1024;
/** Where memory cannot be measured: so much has passed through that a leak of 0.1 % would be 64 MiB. */
const MOVED_BYTES = 64 * 1024 ** 3;
/** …and once in a long night, whatever leaks without moving bytes. */
const AGE_MS = 12 * 3_600_000;

/** Undefined while they are to stay. */
export function recycleReason(
  { startedMs, bytesMoved, memoryBytes, earlyBytes }: Consumption,
  nowMs: number,
): RecycleReason | undefined {
  if (memoryBytes !== undefined && earlyBytes !== undefined) {
    return memoryBytes > Math.max(2 * earlyBytes, earlyBytes + SLACK_BYTES) ? 'memory' : undefined;
  }
  if (bytesMoved >= MOVED_BYTES) return 'bytes';
  return nowMs - startedMs >= AGE_MS ? 'age' : undefined;
}
