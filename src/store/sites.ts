/** What was verified for each site, out of tables that a trigger keeps beside the shards; and who owns it. */
import { sql } from 'kysely';
import type { Queries } from './database.ts';
import type { Work } from './figures.ts';
import type { SiteOwner } from './schema.ts';

export const DAY_MS = 24 * 3_600_000;

export interface SiteDay extends Work {
  /** UTC, counted from 1970. */
  readonly day: number;
  /** Different keys. */
  readonly contributors: number;
}

/** Sums of all time, of each site that has any. */
export function siteTotals(db: Queries): Promise<(Work & { readonly site: string })[]> {
  return db
    .selectFrom('siteDays')
    .select([
      'site',
      sql<number>`sum(shards)::integer`.as('shards'),
      sql<number>`sum(multiply_adds)`.as('multiplyAdds'),
      sql<bigint>`sum(microcredits)::bigint`.as('microcredits'),
    ])
    .groupBy('site')
    .orderBy('site')
    .execute();
}

/** The latest first; days without work have no row. */
export function siteDays(db: Queries, site: string, limit: number): Promise<SiteDay[]> {
  return db
    .selectFrom('siteDays')
    .select(['day', 'contributors', 'shards', 'multiplyAdds', 'microcredits'])
    .where('site', '=', site)
    .orderBy('day', 'desc')
    .limit(limit)
    .execute();
}

/** Different keys of all time. */
export async function siteContributors(db: Queries, site: string): Promise<number> {
  const { count } = await db
    .selectFrom('siteContributors')
    .select(sql<number>`count(*)::integer`.as('count'))
    .where('site', '=', site)
    .executeTakeFirstOrThrow();
  return count;
}

export function ownerOf(db: Queries, site: string): Promise<SiteOwner | undefined> {
  return db.selectFrom('siteOwners').selectAll().where('site', '=', site).executeTakeFirst();
}

/** The owner of before is none any more. */
export async function setOwner(db: Queries, owner: SiteOwner): Promise<void> {
  const { hash, claimedMs } = owner;
  await db
    .insertInto('siteOwners')
    .values(owner)
    .onConflict((conflict) => conflict.column('site').doUpdateSet({ hash, claimedMs }))
    .execute();
}
