/**
 * The public figures: sums by contributor and by team, out of tables that a trigger keeps beside the shards. No
 * query here reads all shards. A window of hours begins with a whole one, so it is up to an hour longer than it says.
 */
import { type SelectQueryBuilder, sql } from 'kysely';
import type { Queries } from './database.ts';
import type { Job, Schema, WorkTable } from './schema.ts';

export const HOUR_MS = 3_600_000;

export interface Work {
  readonly shards: number;
  readonly multiplyAdds: number;
  readonly microcredits: bigint;
}

export interface RankedContributor extends Work {
  readonly contributor: string;
  readonly name: string;
  readonly team: string;
}

export interface RankedTeam extends Work {
  readonly team: string;
  readonly members: number;
}

/** The first hour of a window that ends now. */
function firstHour(hours: number, nowMs: number): number {
  return Math.floor(nowMs / HOUR_MS) - hours;
}

/** Who did most, in all or in the last `hours`; ties by PeerId, so that the order is one. */
export function rankedContributors(
  db: Queries,
  limit: number,
  window?: { readonly hours: number; readonly nowMs: number },
): Promise<RankedContributor[]> {
  const work: SelectQueryBuilder<Schema, never, WorkTable> = window
    ? db
        .selectFrom('workHours')
        .select([
          'contributor',
          sql<number>`sum(shards)::integer`.as('shards'),
          sql<number>`sum(multiply_adds)`.as('multiplyAdds'),
          sql<bigint>`sum(microcredits)::bigint`.as('microcredits'),
        ])
        .where('hour', '>=', firstHour(window.hours, window.nowMs))
        .groupBy('contributor')
    : db.selectFrom('work').selectAll();
  return db
    .selectFrom(work.as('work'))
    .leftJoin('profiles', 'profiles.contributor', 'work.contributor')
    .select([
      'work.contributor',
      'work.shards',
      'work.multiplyAdds',
      'work.microcredits',
      sql<string>`coalesce(profiles.name, '')`.as('name'),
      sql<string>`coalesce(profiles.team, '')`.as('team'),
    ])
    .orderBy('work.multiplyAdds', 'desc')
    .orderBy('work.contributor')
    .limit(limit)
    .execute();
}

/** The same by team: a team has done what those who name it now have done, also before they did. */
export function rankedTeams(
  db: Queries,
  limit: number,
  window?: { readonly hours: number; readonly nowMs: number },
): Promise<RankedTeam[]> {
  const hours = window ? sql`WHERE hour >= ${firstHour(window.hours, window.nowMs)}` : sql``;
  const table = window ? sql.table('work_hours') : sql.table('work');
  return sql<RankedTeam>`
    SELECT p.team, count(DISTINCT w.contributor)::integer AS members, sum(w.shards)::integer AS shards,
      sum(w.multiply_adds) AS multiply_adds, sum(w.microcredits)::bigint AS microcredits
    FROM (SELECT * FROM ${table} ${hours}) w
    JOIN profiles p ON p.contributor = w.contributor AND p.team <> ''
    GROUP BY p.team ORDER BY multiply_adds DESC, p.team COLLATE "C" LIMIT ${limit}`
    .execute(db)
    .then(({ rows }) => rows);
}

const NOTHING: Work = { shards: 0, multiplyAdds: 0, microcredits: 0n };

export interface ContributorFigures extends Work {
  /** Among all of all time; undefined without a verified shard. */
  readonly rank: number | undefined;
  readonly day: Work;
  readonly week: Work;
}

/** One contributor's line. All zeros for one that nobody knows. */
export async function figuresOf(
  db: Queries,
  contributor: string,
  nowMs: number,
): Promise<ContributorFigures> {
  const total = await db
    .selectFrom('work')
    .selectAll()
    .where('contributor', '=', contributor)
    .executeTakeFirst();
  if (!total) return { ...NOTHING, rank: undefined, day: NOTHING, week: NOTHING };
  const { shards, multiplyAdds, microcredits } = total;
  const ahead = await db
    .selectFrom('work')
    .select(sql<number>`count(*)::integer`.as('count'))
    .where((eb) =>
      eb.or([
        eb('multiplyAdds', '>', multiplyAdds),
        eb.and([eb('multiplyAdds', '=', multiplyAdds), eb('contributor', '<', contributor)]),
      ]),
    )
    .executeTakeFirstOrThrow();
  const [day, week] = [
    await workSince(db, contributor, 24, nowMs),
    await workSince(db, contributor, 168, nowMs),
  ];
  return { shards, multiplyAdds, microcredits, rank: ahead.count + 1, day, week };
}

function workSince(db: Queries, contributor: string, hours: number, nowMs: number): Promise<Work> {
  return db
    .selectFrom('workHours')
    .select([
      sql<number>`coalesce(sum(shards), 0)::integer`.as('shards'),
      sql<number>`coalesce(sum(multiply_adds), 0)`.as('multiplyAdds'),
      sql<bigint>`coalesce(sum(microcredits), 0)::bigint`.as('microcredits'),
    ])
    .where('contributor', '=', contributor)
    .where('hour', '>=', firstHour(hours, nowMs))
    .executeTakeFirstOrThrow();
}

/** Everybody who has a verified shard, most credit first. */
export function everybody(db: Queries): Promise<(Work & { readonly contributor: string })[]> {
  return db.selectFrom('work').selectAll().orderBy('microcredits', 'desc').orderBy('contributor').execute();
}

/** Removes the hours that no window reaches any more. */
export async function dropOldHours(db: Queries, hours: number, nowMs: number): Promise<void> {
  await db.deleteFrom('workHours').where('hour', '<', firstHour(hours, nowMs)).execute();
}

/** Verified shards and multiply-adds of the whole network. */
export function networkTotals(db: Queries): Promise<{ shards: number; multiplyAdds: number }> {
  return db
    .selectFrom('work')
    .select([
      sql<number>`coalesce(sum(shards), 0)::integer`.as('shards'),
      sql<number>`coalesce(sum(multiply_adds), 0)`.as('multiplyAdds'),
    ])
    .executeTakeFirstOrThrow();
}

export interface RecentReceipt {
  readonly contributor: string;
  readonly multiplyAdds: bigint;
  readonly verifiedMs: number;
  readonly logIndex: bigint;
}

/** The newest leaves of the log. */
export function recentReceipts(db: Queries, limit: number): Promise<RecentReceipt[]> {
  return db
    .selectFrom('logLeaves')
    .innerJoin('shards', 'shards.id', 'logLeaves.shard')
    .select(['contributor', 'multiplyAdds', 'verifiedMs', 'logLeaves.index as logIndex'])
    .orderBy('logLeaves.index', 'desc')
    .limit(limit)
    .execute();
}

/** What the newest leaves, at most so many, add up to since a time: in steps of `stepMs`, by when they begin. */
export function workBySteps(
  db: Queries,
  { leaves, stepMs, sinceMs }: { readonly leaves: number; readonly stepMs: number; readonly sinceMs: number },
): Promise<{ atMs: number; multiplyAdds: number }[]> {
  return sql<{ atMs: number; multiplyAdds: number }>`
    SELECT floor(verified_ms / ${stepMs}::float8) * ${stepMs}::float8 AS at_ms,
      sum(multiply_adds)::float8 AS multiply_adds
    FROM (SELECT shard FROM log_leaves ORDER BY index DESC LIMIT ${leaves}) newest
    JOIN shards ON shards.id = newest.shard
    WHERE verified_ms >= ${sinceMs}::float8 GROUP BY 1`
    .execute(db)
    .then(({ rows }) => rows);
}

/** The job that runs: the first to be served. Else the one that ended last. */
export async function shownJob(db: Queries): Promise<Job | undefined> {
  const running = await db
    .selectFrom('jobs')
    .selectAll()
    .where('state', '=', 'running')
    .orderBy('priority', 'desc')
    .orderBy('createdMs')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  if (running) return running;
  return db
    .selectFrom('jobs')
    .selectAll()
    .where('state', '<>', 'running')
    .orderBy('finishedMs', 'desc')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
}

export interface ShardOwner {
  readonly rowBlock: number;
  readonly colBlock: number;
  readonly rowBlocks: number;
  readonly colBlocks: number;
  readonly contributor: string;
}

/** The verified rectangles of a job and whose they are, in no order. */
export function ownersOf(db: Queries, job: string): Promise<ShardOwner[]> {
  return db
    .selectFrom('shards')
    .select(['rowBlock', 'colBlock', 'rowBlocks', 'colBlocks', 'contributor'])
    .where('job', '=', job)
    .execute();
}

/** Whether a result of this contributor was ever verified. */
export async function hasWork(db: Queries, contributor: string): Promise<boolean> {
  const found = await db
    .selectFrom('work')
    .select('shards')
    .where('contributor', '=', contributor)
    .executeTakeFirst();
  return found !== undefined;
}
