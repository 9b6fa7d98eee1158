/**
 * The public figures: sums by contributor and by team, out of tables that a trigger keeps beside the shards. No
 * query here reads all shards. A window of hours begins with a whole one, so it is up to an hour longer than it says.
 */
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Queries } from './database.ts';
import type { Job } from './schema.ts';

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

interface Window {
  readonly hours: number;
  readonly nowMs: number;
}

/** Sums by key, of all of time or of a window. */
function workOf(window: Window | undefined): RawBuilder<unknown> {
  if (!window) return sql`SELECT contributor, shards, multiply_adds, microcredits FROM work`;
  return sql`SELECT contributor, sum(shards)::integer AS shards, sum(multiply_adds) AS multiply_adds,
      sum(microcredits)::bigint AS microcredits
    FROM work_hours WHERE hour >= ${firstHour(window.hours, window.nowMs)} GROUP BY contributor`;
}

/** Those that are joined to one main key, as one. They are few beside all keys. */
const TOGETHER = sql`SELECT m.main AS contributor, sum(w.shards)::integer AS shards,
    sum(w.multiply_adds) AS multiply_adds, sum(w.microcredits)::bigint AS microcredits
  FROM members m JOIN w ON w.contributor = m.contributor GROUP BY m.main`;
const ALONE = sql`SELECT * FROM w WHERE NOT EXISTS (SELECT 1 FROM members m WHERE m.contributor = w.contributor)`;

/**
 * Who did most, in all or in the last `hours`, joined keys under their main key; ties by PeerId, so that the order
 * is one.
 */
export function rankedContributors(
  db: Queries,
  limit: number,
  window?: Window,
): Promise<RankedContributor[]> {
  // The first part may end at its limit, by the index of all work.
  return sql<RankedContributor>`
    WITH w AS NOT MATERIALIZED (${workOf(window)})
    SELECT r.contributor, r.shards, r.multiply_adds, r.microcredits,
      coalesce(p.name, '') AS name, coalesce(p.team, '') AS team
    FROM ((${ALONE} ORDER BY multiply_adds DESC, contributor LIMIT ${limit}) UNION ALL (${TOGETHER})) r
    LEFT JOIN shown_profiles p ON p.contributor = r.contributor
    ORDER BY r.multiply_adds DESC, r.contributor LIMIT ${limit}`
    .execute(db)
    .then(({ rows }) => rows);
}

/** The same by team: a team has done what those who name it now have done, also before they did. */
export function rankedTeams(db: Queries, limit: number, window?: Window): Promise<RankedTeam[]> {
  return sql<RankedTeam>`
    WITH w AS NOT MATERIALIZED (${workOf(window)})
    SELECT p.team, count(DISTINCT p.contributor)::integer AS members, sum(w.shards)::integer AS shards,
      sum(w.multiply_adds) AS multiply_adds, sum(w.microcredits)::bigint AS microcredits
    FROM w LEFT JOIN members m ON m.contributor = w.contributor
    JOIN shown_profiles p ON p.contributor = coalesce(m.main, w.contributor) AND p.team <> ''
    GROUP BY p.team ORDER BY multiply_adds DESC, p.team COLLATE "C" LIMIT ${limit}`
    .execute(db)
    .then(({ rows }) => rows);
}

const NOTHING: Work = { shards: 0, multiplyAdds: 0, microcredits: 0n };

export interface ContributorFigures extends Work {
  /** Among all of all time; undefined without a verified shard, and for a key that counts under another. */
  readonly rank: number | undefined;
  readonly day: Work;
  readonly week: Work;
  /** Counts under this key. */
  readonly main: string | undefined;
  /** Keys that count under this one. */
  readonly joined: number;
}

/** One contributor's line, with what is joined to it. All zeros for one that nobody knows. */
export async function figuresOf(
  db: Queries,
  contributor: string,
  nowMs: number,
): Promise<ContributorFigures> {
  const member = await db
    .selectFrom('members')
    .select('main')
    .where('contributor', '=', contributor)
    .executeTakeFirst();
  const main = member && member.main !== contributor ? member.main : undefined;
  const keys = member && main === undefined ? await membersOf(db, contributor) : [contributor];
  const { shards, multiplyAdds, microcredits } = await workSince(db, keys);
  const sums = { shards, multiplyAdds, microcredits, main, joined: keys.length - 1 };
  if (shards === 0) return { ...sums, rank: undefined, day: NOTHING, week: NOTHING };
  const rank = main === undefined ? await rankOf(db, contributor, multiplyAdds) : undefined;
  const [day, week] = [
    await workSince(db, keys, { hours: 24, nowMs }),
    await workSince(db, keys, { hours: 168, nowMs }),
  ];
  return { ...sums, rank, day, week };
}

/** The keys that count as one, the main key among them. */
async function membersOf(db: Queries, main: string): Promise<string[]> {
  const rows = await db.selectFrom('members').select('contributor').where('main', '=', main).execute();
  return rows.map(({ contributor }) => contributor);
}

/** One more than those who did more. */
async function rankOf(db: Queries, contributor: string, multiplyAdds: number): Promise<number> {
  const ahead = sql`multiply_adds > ${multiplyAdds}::float8
    OR (multiply_adds = ${multiplyAdds}::float8 AND contributor < ${contributor})`;
  const { rows } = await sql<{ count: number }>`
    WITH w AS NOT MATERIALIZED (${workOf(undefined)})
    SELECT ((SELECT count(*) FROM (${ALONE}) a WHERE ${ahead}) +
      (SELECT count(*) FROM (${TOGETHER}) t WHERE ${ahead}))::integer AS count`.execute(db);
  return 1 + (rows[0]?.count ?? 0);
}

function workSince(db: Queries, keys: readonly string[], window?: Window): Promise<Work> {
  const all = db
    .selectFrom(window ? 'workHours' : 'work')
    .select([
      sql<number>`coalesce(sum(shards), 0)::integer`.as('shards'),
      sql<number>`coalesce(sum(multiply_adds), 0)`.as('multiplyAdds'),
      sql<number>`(SELECT size FROM log_tree)::float8`.as('leaves'),
      sql<bigint>`coalesce(sum(microcredits), 0)::bigint`.as('microcredits'),
    ]);
  const since = window ? all.where(sql<SqlBool>`hour >= ${firstHour(window.hours, window.nowMs)}`) : all;
  return since.where('contributor', 'in', keys).executeTakeFirstOrThrow();
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
export interface Totals {
  readonly shards: number;
  readonly multiplyAdds: number;
  /** Of the public log: what is verified later is not in these sums. */
  readonly leaves: number;
}

export function networkTotals(db: Queries): Promise<Totals> {
  return db
    .selectFrom('work')
    .select([
      sql<number>`coalesce(sum(shards), 0)::integer`.as('shards'),
      sql<number>`coalesce(sum(multiply_adds), 0)`.as('multiplyAdds'),
      sql<number>`(SELECT size FROM log_tree)::float8`.as('leaves'),
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

/** The job that runs: the first to be served. Else the one that ended last. Of an f32x job, its parts: C is theirs. */
export async function shownJob(db: Queries): Promise<Job | undefined> {
  const running = await db
    .selectFrom('jobs')
    .selectAll()
    .where('state', '=', 'running')
    .where('dtype', '<>', 'f32x')
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
    .where('dtype', '<>', 'f32x')
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

/** Whether a result of this contributor, or of a key that counts under it, was ever verified. */
export async function hasWork(db: Queries, contributor: string): Promise<boolean> {
  const found = await db
    .selectFrom('work')
    .select('shards')
    .where((eb) =>
      eb.or([
        eb('contributor', '=', contributor),
        eb(
          'contributor',
          'in',
          eb.selectFrom('members').select('contributor').where('main', '=', contributor),
        ),
      ]),
    )
    .limit(1)
    .executeTakeFirst();
  return found !== undefined;
}
