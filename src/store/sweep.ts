/**
 * Removes the blocks that nothing needs, while everything goes on. Why it never takes one that something needs:
 *
 * 1. Rows are read in one view of the database at a time S (findRoots), and all that they need is marked: every kept
 *    operand's blocks and nodes, every kept job's cells, every kept result's nodes. Later rows can only be added to it.
 * 2. A row that is not in that view commits after S. Whoever commits it has put every block that it names less than
 *    MAX_UNNAMED_MS before the commit (it gives up otherwise: operands.ts, judge.ts), also those that were there
 *    already, and a put makes a block's listed time new. So it was put after S − MAX_UNNAMED_MS, and is listed as
 *    younger than S − GRACE_MS, with an hour for clocks that differ. What is so young is left alone.
 * 3. A row that was let go needs no blocks, and comes back in one way only: by puts of all its blocks. A job that runs
 *    cannot be let go, an operand cannot while a job over it runs, and neither can come to run when it was: the
 *    database refuses it (migration-retention.ts).
 * 4. Listing and removing are two steps. removeOlder looks at the time again with the block out of everybody's reach,
 *    so a put between them is either seen, and the block stays, or writes it anew.
 *
 * Readers are the fifth: what was let go within GRACE_MS is still marked, so that a download ends.
 */
import { ceilDiv } from '../core/bytes.ts';
import { AppError, throwIfAborted } from '../core/errors.ts';
import { colBlocks, rowBlocks } from '../matrix/blocks.ts';
import { type FetchBytes, HASHES_PER_NODE, decodeManifest } from '../matrix/manifest.ts';
import { stripHashes } from '../matrix/read.ts';
import { isSeeded } from '../matrix/seeded.ts';
import type { BlockStore } from './blocks.ts';
import type { Database } from './database.ts';
import { Marks } from './marks.ts';
import { GRACE_MS, type Roots, cellBlocks, findRoots } from './removal.ts';

export interface SweepOptions {
  readonly db: Database;
  readonly blocks: Pick<BlockStore, 'get' | 'list' | 'removeOlder'>;
  readonly nowMs: number;
  /** Anything; another each time. */
  readonly salt: number;
  /** Called between steps of some milliseconds: it may wait. */
  readonly pause?: () => Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

export interface Swept {
  /** What is there now. */
  readonly blocks: number;
  readonly bytes: number;
  readonly removedBlocks: number;
  readonly removedBytes: number;
}

const BLOCKS_PER_PAUSE = 64;

/** @throws AppError 'internal' naming a manifest that cannot be read, before anything is removed; 'aborted' */
export async function sweep(options: SweepOptions): Promise<Swept> {
  const { db, blocks, nowMs, signal, pause = async () => {} } = options;
  const step = async (): Promise<void> => {
    throwIfAborted(signal);
    await pause();
  };
  const marks = await mark(options, await findRoots(db, nowMs), step);
  const swept = { blocks: 0, bytes: 0, removedBlocks: 0, removedBytes: 0 };
  let seen = 0;
  for await (const { hash, bytes, modifiedMs } of blocks.list()) {
    if (++seen % BLOCKS_PER_PAUSE === 0) await step();
    const old = modifiedMs < nowMs - GRACE_MS;
    if (old && !marks.has(hash) && (await blocks.removeOlder(hash, nowMs - GRACE_MS))) {
      swept.removedBlocks += 1;
      swept.removedBytes += bytes;
    } else {
      swept.blocks += 1;
      swept.bytes += bytes;
    }
  }
  return swept;
}

async function mark(
  { db, blocks, salt }: SweepOptions,
  { operands, jobs }: Roots,
  step: () => Promise<void>,
): Promise<Marks> {
  let expected = jobs.reduce((sum, { cells }) => sum + 2 * cells + 8, 0);
  for (const { dtype, rows, k, bytes, manifestOnly } of operands) {
    const shape = { dtype, rows, cols: k };
    expected += bytes === 0 || manifestOnly ? 1 : countOf(rowBlocks(shape), colBlocks(shape));
  }
  const marks = new Marks(expected, salt);
  for (const { id, manifestOnly } of operands) {
    if (manifestOnly) marks.add(id);
    else await markMatrix(id, `operand ${id}; delete it, or upload it again`, blocks, marks, step);
  }
  for (const { id, resultManifest } of jobs) {
    for await (const page of cellBlocks(db, id)) {
      for (const block of page) marks.add(block);
      await step();
    }
    const what = `the result of job ${id}`;
    if (resultManifest !== null) await markMatrix(resultManifest, what, blocks, marks, step);
  }
  return marks;
}

/** Blocks and nodes of a matrix, about. */
function countOf(strips: number, width: number): number {
  return strips * (width + ceilDiv(width, HASHES_PER_NODE) + 1) + 8;
}

/** A manifest, all nodes under it and all blocks under them. */
async function markMatrix(
  hash: string,
  what: string,
  blocks: Pick<BlockStore, 'get'>,
  marks: Marks,
  step: () => Promise<void>,
): Promise<void> {
  const fetch: FetchBytes = async (node) => {
    marks.add(node);
    const bytes = await blocks.get(node);
    // Nothing can be told needless while what is needed is unknown.
    if (!bytes)
      throw new AppError('internal', `nothing is removed: the block store has lost a part of ${what}`);
    return bytes;
  };
  const manifest = decodeManifest(await fetch(hash));
  if (isSeeded(manifest)) return;
  for (let strip = 0; strip < rowBlocks(manifest); strip++) {
    for (const block of await stripHashes(manifest, strip, fetch)) marks.add(block);
    await step();
  }
}
