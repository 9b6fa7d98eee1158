/** What the record says about a contributor's past, for pacing after a reconnect or a restart. */
import { sql } from 'kysely';
import type { Queries } from './database.ts';

export interface PastRecord {
  /** Times of rejected results since `sinceMs`, oldest first. */
  readonly rejections: readonly number[];
  /** Shards verified after the last of them. */
  readonly verifiedInARow: number;
}

export async function pastRecord(db: Queries, contributor: string, sinceMs: number): Promise<PastRecord> {
  const rejected = await db
    .selectFrom('leases')
    .select('endedMs')
    .where('contributor', '=', contributor)
    .where('state', '=', 'rejected')
    .where('endedMs', '>=', sinceMs)
    .orderBy('endedMs')
    .execute();
  const rejections = rejected.map((row) => row.endedMs ?? 0);
  const { count } = await db
    .selectFrom('shards')
    .select(sql<number>`count(*)::integer`.as('count'))
    .where('contributor', '=', contributor)
    .where('verifiedMs', '>', rejections.at(-1) ?? 0)
    .executeTakeFirstOrThrow();
  return { rejections, verifiedInARow: count };
}
