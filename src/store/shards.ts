/** Verified shards and their cells. */
import { sql } from 'kysely';
import { AppError } from '../core/errors.ts';
import type { Hash } from '../matrix/manifest.ts';
import type { Queries } from './database.ts';
import { lockJobs } from './jobs.ts';
import type { Cell, NewShard, RectangleColumns, Shard } from './schema.ts';

export type ShardCell = Pick<Cell, 'rowBlock' | 'colBlock' | 'block'>;

export interface VerifiedShard {
  readonly shard: NewShard;
  /** One for each cell of the shard's rectangle, in any order. */
  readonly cells: readonly ShardCell[];
}

/**
 * Records verified shards, with their jobs locked so that overlapping shards take turns.
 * @param trx - a transaction: what was written must go when the caller fails later
 * @returns for each whether it was written: not where one of its cells is verified already, by one before it here or
 *   earlier, or where the job is not running
 * @throws AppError 'bad-input' unless the cells of each are exactly those of its rectangle
 */
export async function acceptShards(trx: Queries, shards: readonly VerifiedShard[]): Promise<boolean[]> {
  for (const { shard, cells } of shards) assertCovers(shard, cells);
  const states = await lockJobs(trx, Array.from(new Set(shards.map(({ shard }) => shard.job))));
  const running = shards.map(({ shard }) => states.get(shard.job) === 'running');
  const taken = await verifiedCells(
    trx,
    shards.filter((_, i) => running[i]).map(({ shard }) => shard),
  );
  const accepted = shards.map(({ shard, cells }, i) => {
    const places = cells.map((cell) => placeOf(shard.job, cell));
    if (!running[i] || places.some((place) => taken.has(place))) return false;
    for (const place of places) taken.add(place);
    return true;
  });
  const fresh = shards.filter((_, i) => accepted[i]);
  if (fresh.length === 0) return accepted;
  await trx
    .insertInto('shards')
    .values(fresh.map(({ shard }) => shard))
    .execute();
  const rows = fresh.flatMap(({ shard, cells }) =>
    cells.map(({ rowBlock, colBlock, block }) => ({
      job: shard.job,
      rowBlock,
      colBlock,
      shard: shard.id,
      block,
    })),
  );
  await trx.insertInto('cells').values(rows).execute();
  return accepted;
}

const placeOf = (job: string, { rowBlock, colBlock }: Pick<Cell, 'rowBlock' | 'colBlock'>): string =>
  `${job}/${rowBlock}/${colBlock}`;

/** The places within the rectangles that have been verified. */
async function verifiedCells(
  trx: Queries,
  rectangles: readonly (RectangleColumns & { readonly job: string })[],
): Promise<Set<string>> {
  if (rectangles.length === 0) return new Set();
  const rows = await trx
    .selectFrom('cells')
    .select(['job', 'rowBlock', 'colBlock'])
    .where((eb) =>
      eb.or(
        rectangles.map(({ job, rowBlock, colBlock, rowBlocks, colBlocks }) =>
          eb.and([
            eb('job', '=', job),
            eb('rowBlock', '>=', rowBlock),
            eb('rowBlock', '<', rowBlock + rowBlocks),
            eb('colBlock', '>=', colBlock),
            eb('colBlock', '<', colBlock + colBlocks),
          ]),
        ),
      ),
    )
    .execute();
  return new Set(rows.map((row) => placeOf(row.job, row)));
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

export interface ShardReceipt {
  readonly id: string;
  readonly receiptEnvelope: Uint8Array;
  /** What it was credited with. */
  readonly microcredits: bigint;
}

export async function storeReceipts(trx: Queries, receipts: readonly ShardReceipt[]): Promise<void> {
  const rows = receipts.map(
    ({ id, receiptEnvelope, microcredits }) =>
      sql`(${id}::char(32), ${receiptEnvelope}::bytea, ${microcredits}::bigint)`,
  );
  await sql`
    UPDATE shards SET receipt_envelope = given.receipt, microcredits = given.microcredits
    FROM (VALUES ${sql.join(rows)}) AS given (id, receipt, microcredits)
    WHERE shards.id = given.id`.execute(trx);
}

export function getShard(db: Queries, id: string): Promise<Shard | undefined> {
  return db.selectFrom('shards').selectAll().where('id', '=', id).executeTakeFirst();
}

/** The receipts of those that have been settled. */
export async function receiptsOfLeases(
  db: Queries,
  ids: readonly string[],
): Promise<Pick<Shard, 'id' | 'contributor' | 'receiptEnvelope'>[]> {
  return db
    .selectFrom('shards')
    .select(['id', 'contributor', 'receiptEnvelope'])
    .where('id', 'in', ids)
    .execute();
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
