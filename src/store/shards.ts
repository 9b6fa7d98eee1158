/** Verified shards and their cells. */
import { AppError } from '../core/errors.ts';
import type { Hash } from '../matrix/manifest.ts';
import type { Queries } from './database.ts';
import { lockJob } from './jobs.ts';
import type { Cell, NewShard, RectangleColumns, Shard } from './schema.ts';

export type ShardCell = Pick<Cell, 'rowBlock' | 'colBlock' | 'block'>;

export interface VerifiedShard {
  readonly shard: NewShard;
  /** One for each cell of the shard's rectangle, in any order. */
  readonly cells: readonly ShardCell[];
}

/**
 * Records a verified shard, with the job locked so that overlapping shards take turns.
 * @param trx - a transaction: what was written must go when the caller fails later
 * @returns false when one of its cells is verified already or the job is not running; then nothing is written
 * @throws AppError 'bad-input' unless the cells are exactly those of the rectangle
 */
export async function acceptShard(trx: Queries, { shard, cells }: VerifiedShard): Promise<boolean> {
  assertCovers(shard, cells);
  if ((await lockJob(trx, shard.job)) !== 'running') return false;
  const taken = await trx
    .selectFrom('cells')
    .select('shard')
    .where('job', '=', shard.job)
    .where('rowBlock', '>=', shard.rowBlock)
    .where('rowBlock', '<', shard.rowBlock + shard.rowBlocks)
    .where('colBlock', '>=', shard.colBlock)
    .where('colBlock', '<', shard.colBlock + shard.colBlocks)
    .limit(1)
    .executeTakeFirst();
  if (taken) return false;
  await trx.insertInto('shards').values(shard).execute();
  const rows = cells.map(({ rowBlock, colBlock, block }) => ({
    job: shard.job,
    rowBlock,
    colBlock,
    shard: shard.id,
    block,
  }));
  await trx.insertInto('cells').values(rows).execute();
  return true;
}

function assertCovers(rectangle: RectangleColumns, cells: readonly ShardCell[]): void {
  const { rowBlock, colBlock, rowBlocks, colBlocks } = rectangle;
  const seen = new Set<number>();
  for (const cell of cells) {
    const row = cell.rowBlock - rowBlock;
    const col = cell.colBlock - colBlock;
    if (row >= 0 && row < rowBlocks && col >= 0 && col < colBlocks) seen.add(row * colBlocks + col);
  }
  if (seen.size !== cells.length || seen.size !== rowBlocks * colBlocks) {
    throw new AppError(
      'bad-input',
      `${cells.length} cells are not the ${rowBlocks} × ${colBlocks} of the shard`,
    );
  }
}

export async function storeReceipt(trx: Queries, id: string, receiptEnvelope: Uint8Array): Promise<void> {
  await trx.updateTable('shards').set({ receiptEnvelope }).where('id', '=', id).execute();
}

export function getShard(db: Queries, id: string): Promise<Shard | undefined> {
  return db.selectFrom('shards').selectAll().where('id', '=', id).executeTakeFirst();
}

/** The hashes of a verified shard's blocks, row by row; none when there is no such shard. */
export async function blocksOfShard(db: Queries, id: string): Promise<Hash[]> {
  const cells = await db
    .selectFrom('cells')
    .select('block')
    .where('shard', '=', id)
    .orderBy('rowBlock')
    .orderBy('colBlock')
    .execute();
  return cells.map(({ block }) => block);
}

/** Whether the blocks of a verified shard and of its job's operands are kept (see removal.ts). */
export async function isShardKept(db: Queries, id: string): Promise<boolean> {
  const row = await db
    .selectFrom('shards')
    .innerJoin('jobs', 'jobs.id', 'shards.job')
    .innerJoin('operands', (join) =>
      join.on((eb) => eb('operands.id', 'in', [eb.ref('jobs.a'), eb.ref('jobs.b')])),
    )
    .select('shards.id')
    .where('shards.id', '=', id)
    .where((eb) => eb.or([eb('jobs.removedMs', 'is not', null), eb('operands.removedMs', 'is not', null)]))
    .executeTakeFirst();
  return row === undefined;
}

export interface ReceiptPage {
  readonly limit: number;
  /** Continue after this one, the last of the page before. */
  readonly before?: { readonly verifiedMs: number; readonly id: string };
}

/** The contributor's verified shards with their receipts, newest first. */
export function receiptsOf(
  db: Queries,
  contributor: string,
  { limit, before }: ReceiptPage,
): Promise<Shard[]> {
  let query = db.selectFrom('shards').selectAll().where('contributor', '=', contributor);
  if (before) {
    query = query.where((eb) =>
      eb(eb.refTuple('verifiedMs', 'id'), '<', eb.tuple(before.verifiedMs, before.id)),
    );
  }
  return query.orderBy('verifiedMs', 'desc').orderBy('id', 'desc').limit(limit).execute();
}
