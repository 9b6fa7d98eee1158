/** How a shard's K is cut into what is loaded and computed at a time. Pure. */
import type { KRange } from '../gpu/backend.ts';
import type { Hash } from '../matrix/manifest.ts';
import type { ShardOperands } from './operands.ts';

/** Leases that have the GPU or wait for their blocks; while one waits, the GPU has the other. */
export const LEASES_IN_FLIGHT = 2;
/** One computes, and the next is loaded and already asked for when it ends. */
const LEAST_RANGES_HELD = 2;
/** A range is also a step of the progress bar and of cancellation. */
const MAX_RANGE_K_BLOCKS = 16;
/** What is computed after the last block has come is an eighth of the shard. */
const RANGES_PER_SHARD = 8;

export interface Cut {
  readonly ranges: readonly KRange[];
  /** Ranges that may hold pages at once. */
  readonly held: number;
}

/**
 * The k-blocks from `first` on, in ranges small enough that every lease in flight can hold two; it holds as many as
 * its share of the pages takes, so that the link is never short of wants. Where the pages are too few even for that
 * (a device that came back with less), one k-block at a time.
 */
export function cutRanges({ a, b }: ShardOperands, pageCount: number, first: number): Cut {
  const kBlocks = a[0]!.length;
  const perBlock = a.length + b.length;
  const share = Math.floor(pageCount / (LEASES_IN_FLIGHT * perBlock));
  const room = Math.floor(share / LEAST_RANGES_HELD);
  const step = Math.min(
    MAX_RANGE_K_BLOCKS,
    Math.max(1, Math.min(room, Math.ceil(kBlocks / RANGES_PER_SHARD))),
  );
  const ranges: KRange[] = [];
  for (let from = first; from < kBlocks; from += step) {
    const to = Math.min(kBlocks, from + step);
    const slice = (strips: readonly (readonly Hash[])[]): Hash[][] =>
      Array.from({ length: to - from }, (_, i) => strips.map((strip) => strip[from + i]!));
    ranges.push({ from, to, a: slice(a), b: slice(b) });
  }
  return { ranges, held: room > 0 ? Math.floor(share / step) : 1 };
}
