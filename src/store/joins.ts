/**
 * Keys that are joined to a main key. Joins and leaves are only ever added; `members` is what stands now: a row for
 * each joined key, and one for each main key that has any, so that no key can be both.
 */
import { type SelectQueryBuilder, sql } from 'kysely';
import { AppError } from '../core/errors.ts';
import type { Hash } from '../matrix/manifest.ts';
import type { Queries } from './database.ts';
import type { Schema, StoredJoin } from './schema.ts';

/** The join in force, or the one that this offer or digest led to, whatever became of it. */
export interface KnownJoin extends StoredJoin {
  readonly endedMs: number | null;
}

export function joinByDigest(db: Queries, digest: Hash): Promise<KnownJoin | undefined> {
  return known(db).where('joins.digest', '=', digest).executeTakeFirst();
}

export function joinByOffer(db: Queries, offerDigest: Hash): Promise<KnownJoin | undefined> {
  return known(db).where('joins.offerDigest', '=', offerDigest).executeTakeFirst();
}

/** By which this key is joined to another now. */
export function joinOf(db: Queries, joined: string): Promise<KnownJoin | undefined> {
  return known(db).where('joins.joined', '=', joined).where('endedMs', 'is', null).executeTakeFirst();
}

/** The keys that are joined to this one now, the earliest first. */
export function joinedTo(db: Queries, main: string): Promise<KnownJoin[]> {
  return known(db)
    .where('joins.main', '=', main)
    .where('endedMs', 'is', null)
    .orderBy('joinedMs')
    .orderBy('joined')
    .execute();
}

function known(db: Queries): SelectQueryBuilder<Schema, 'joins' | 'joinEnds', KnownJoin> {
  return db
    .selectFrom('joins')
    .leftJoin('joinEnds', 'joinEnds.joinDigest', 'joins.digest')
    .selectAll('joins')
    .select('joinEnds.endedMs');
}

export interface JoinLimits {
  /** Keys that are joined to one main key at once… */
  readonly joined: number;
  /** …and joins of either key that were ever recorded. */
  readonly ever: number;
}

/**
 * Adds a join, and makes its key a member.
 * @param trx - a transaction
 * @throws AppError 'conflict' when either key is joined elsewhere, or to be the main key of others and joined at once;
 *   'too-large' over a limit
 */
export async function addJoin(trx: Queries, join: StoredJoin, limits: JoinLimits): Promise<void> {
  const { joined, main } = join;
  // In one order everywhere: nobody waits in a circle.
  for (const contributor of [joined, main].toSorted())
    await trx
      .insertInto('members')
      .values({ contributor, main })
      .onConflict((conflict) => conflict.column('contributor').doNothing())
      .execute();
  const rows = await lockMembers(trx, join);
  // The last of the others has just left: as if this one had come a moment later.
  if (rows.length < 2) throw new AppError('conflict', 'another join ended at the same time; try again');
  const stray = rows.find((row) => row.main !== main);
  if (stray) {
    const why =
      stray.contributor === main
        ? 'the main key is joined to another key itself'
        : stray.main === joined
          ? 'this key is the main key of others'
          : 'this key is joined to another main key';
    throw new AppError('conflict', `${why}; end that first`);
  }
  const { count } = await trx
    .selectFrom('members')
    .select(sql<number>`count(*)::integer`.as('count'))
    .where('main', '=', main)
    .executeTakeFirstOrThrow();
  if (count - 1 > limits.joined)
    throw new AppError(
      'too-large',
      `at most ${limits.joined} keys can be joined to one; end another join first`,
    );
  const past = await trx
    .selectFrom('joins')
    .select(sql<number>`count(*)::integer`.as('count'))
    .where((eb) => eb.or([eb('main', '=', main), eb('joined', '=', joined)]))
    .executeTakeFirstOrThrow();
  if (past.count >= limits.ever)
    throw new AppError('too-large', 'these keys have joined and left too often for another record of it');
  await trx.insertInto('joins').values(join).execute();
}

function lockMembers(
  trx: Queries,
  { joined, main }: StoredJoin,
): Promise<{ contributor: string; main: string }[]> {
  return trx
    .selectFrom('members')
    .selectAll()
    .where('contributor', 'in', [joined, main])
    .orderBy('contributor')
    .forUpdate()
    .execute();
}

export interface JoinEnd {
  readonly joinDigest: Hash;
  /** PeerId of either key. */
  readonly signer: string;
  readonly envelope: Uint8Array;
  readonly endedMs: number;
}

/** Ends a join that stands, in a transaction. False when it had ended before; then nothing changes. */
export async function endJoin(trx: Queries, join: StoredJoin, end: JoinEnd): Promise<boolean> {
  const { joined, main } = join;
  await lockMembers(trx, join);
  const added = await trx
    .insertInto('joinEnds')
    .values(end)
    .onConflict((conflict) => conflict.column('joinDigest').doNothing())
    .executeTakeFirstOrThrow();
  if (added.numInsertedOrUpdatedRows !== 1n) return false;
  await trx.deleteFrom('members').where('contributor', '=', joined).execute();
  await sql`
    DELETE FROM members WHERE contributor = ${main}
      AND NOT EXISTS (SELECT 1 FROM members others WHERE others.main = ${main} AND others.contributor <> ${main})`.execute(
    trx,
  );
  return true;
}
