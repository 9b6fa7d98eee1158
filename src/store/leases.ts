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
 * Ends an open lease. A lease that expired may still become done, since a late result for an open shard counts.
 * False when the lease had ended otherwise (or was never recorded), and then nothing changes.
 */
export async function endLease(
  db: Queries,
  id: string,
  state: Exclude<LeaseState, 'open'>,
  endedMs: number,
): Promise<boolean> {
  const from: LeaseState[] = state === 'done' ? ['open', 'expired'] : ['open'];
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
