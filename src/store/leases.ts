/** What was leased to whom: the public record, and what a restarted coordinator still waits for. */
import type { Queries } from './database.ts';
import type { Lease, LeaseState, NewLease } from './schema.ts';

export type { NewLease };

export async function recordLeases(db: Queries, leases: readonly NewLease[]): Promise<void> {
  await db
    .insertInto('leases')
    .values(leases.map((lease) => ({ ...lease, state: 'open' })))
    .execute();
}

export function getLease(db: Queries, id: string): Promise<Lease | undefined> {
  return db.selectFrom('leases').selectAll().where('id', '=', id).executeTakeFirst();
}

/**
 * Ends open leases. One that expired or was given up may still be judged, since a late result for an
 * open shard counts; and a wrong one must stay on record.
 * @param reason - why a result was refused
 * @returns how many; those that had ended otherwise (or were never recorded) stay as they are
 */
export async function endLeases(
  db: Queries,
  ids: readonly string[],
  state: Exclude<LeaseState, 'open'>,
  endedMs: number,
  reason: string | null = null,
): Promise<number> {
  if (ids.length === 0) return 0;
  const judged = state === 'done' || state === 'rejected';
  const from: LeaseState[] = judged ? ['open', 'expired', 'declined'] : ['open'];
  const { numUpdatedRows } = await db
    .updateTable('leases')
    .set({ state, endedMs, reason })
    // In one order everywhere, or two that end the same leases would wait for each other.
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('leases')
        .select('id')
        .where('id', 'in', ids)
        .where('state', 'in', from)
        .orderBy('id')
        .forUpdate(),
    )
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

/**
 * After a restart nobody watches the deadlines of earlier leases; their late results still count. Where other
 * coordinators live, theirs go on, and they take over those of the dead until their deadline.
 * @param living - ids of the others
 */
export async function expireOpenLeases(
  db: Queries,
  endedMs: number,
  living: readonly string[] = [],
): Promise<void> {
  let update = db.updateTable('leases').set({ state: 'expired', endedMs }).where('state', '=', 'open');
  if (living.length > 0) {
    update = update
      .where('deadlineMs', '<=', endedMs)
      .where((eb) => eb.or([eb('coordinator', 'is', null), eb('coordinator', 'not in', living)]));
  }
  await update.execute();
}

/** Open leases of these jobs that other coordinators gave, and whose deadline is to come. */
export async function leasesElsewhere(
  db: Queries,
  jobs: readonly string[],
  coordinator: string,
  nowMs: number,
): Promise<Lease[]> {
  if (jobs.length === 0) return [];
  return db
    .selectFrom('leases')
    .selectAll()
    .where('state', '=', 'open')
    .where('job', 'in', jobs)
    .where('coordinator', 'is distinct from', coordinator)
    .where('deadlineMs', '>', nowMs)
    .execute();
}

/** Those of the leases that are still open. */
export async function stillOpen(db: Queries, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await db
    .selectFrom('leases')
    .select('id')
    .where('id', 'in', ids)
    .where('state', '=', 'open')
    .execute();
  return new Set(rows.map(({ id }) => id));
}

/**
 * A contributor has come over from another coordinator: what it has not handed in of that one's leases it will not.
 * @returns how many
 */
export async function endAbandoned(
  db: Queries,
  contributor: string,
  coordinator: string,
  kept: readonly string[],
  endedMs: number,
): Promise<number> {
  let update = db
    .updateTable('leases')
    .set({ state: 'declined', endedMs })
    .where('state', '=', 'open')
    .where('contributor', '=', contributor)
    .where('coordinator', '<>', coordinator);
  if (kept.length > 0) update = update.where('id', 'not in', kept);
  const { numUpdatedRows } = await update.executeTakeFirst();
  return Number(numUpdatedRows);
}

/** Those whose time was up before `nowMs`: whatever came of them, nobody has written it down. */
export async function expireLateLeases(db: Queries, nowMs: number): Promise<void> {
  await db
    .updateTable('leases')
    .set({ state: 'expired', endedMs: nowMs })
    .where('state', '=', 'open')
    .where('deadlineMs', '<', nowMs)
    .execute();
}

/** Oldest first; of one job, or of all. */
export function openLeases(db: Queries, job?: string): Promise<Lease[]> {
  let query = db.selectFrom('leases').selectAll().where('state', '=', 'open');
  if (job !== undefined) query = query.where('job', '=', job);
  return query.orderBy('createdMs').orderBy('id').execute();
}

export interface RejectedLease {
  readonly id: string;
  readonly job: string;
  readonly contributor: string;
  readonly endedMs: number;
  readonly reason: string | null;
}

/** Results that failed their check, the newest first. */
export async function rejectedLeases(db: Queries, limit: number): Promise<RejectedLease[]> {
  const rows = await db
    .selectFrom('leases')
    .select(['id', 'job', 'contributor', 'endedMs', 'reason'])
    .where('state', '=', 'rejected')
    .orderBy('endedMs', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ ...row, endedMs: row.endedMs ?? 0 }));
}
