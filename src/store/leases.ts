/** What was leased to whom: the public record, and what a restarted coordinator still waits for. */
import type { Queries } from './database.ts';
import type { Lease, LeaseState } from './schema.ts';

export type NewLease = Omit<Lease, 'state' | 'endedMs'>;

export async function recordLease(db: Queries, lease: NewLease): Promise<void> {
  await db
    .insertInto('leases')
    .values({ ...lease, state: 'open' })
    .execute();
}

export function getLease(db: Queries, id: string): Promise<Lease | undefined> {
  return db.selectFrom('leases').selectAll().where('id', '=', id).executeTakeFirst();
}

/**
 * Ends an open lease. One that expired or was given up may still be judged, since a late result for an
 * open shard counts; and a wrong one must stay on record.
 * False when the lease had ended otherwise (or was never recorded), and then nothing changes.
 */
export async function endLease(
  db: Queries,
  id: string,
  state: Exclude<LeaseState, 'open'>,
  endedMs: number,
): Promise<boolean> {
  const judged = state === 'done' || state === 'rejected';
  const from: LeaseState[] = judged ? ['open', 'expired', 'declined'] : ['open'];
  const result = await db
    .updateTable('leases')
    .set({ state, endedMs })
    .where('id', '=', id)
    .where('state', 'in', from)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** After a restart nobody watches the deadlines of earlier leases; their late results still count. */
export async function expireOpenLeases(db: Queries, endedMs: number): Promise<void> {
  await db.updateTable('leases').set({ state: 'expired', endedMs }).where('state', '=', 'open').execute();
}

/** Oldest first; of one job, or of all. */
export function openLeases(db: Queries, job?: string): Promise<Lease[]> {
  let query = db.selectFrom('leases').selectAll().where('state', '=', 'open');
  if (job !== undefined) query = query.where('job', '=', job);
  return query.orderBy('createdMs').orderBy('id').execute();
}
