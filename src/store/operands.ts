/** Operands that have been ingested, by manifest hash, and how they go again. */
import type { Hash } from '../matrix/manifest.ts';
import type { Queries } from './database.ts';
import type { NewOperand, Operand } from './schema.ts';

/**
 * False when the operand was there already: the same bytes are the same operand, whatever their name. One that was
 * deleted comes back. Its row stays locked until the caller's transaction ends.
 */
export async function insertOperand(db: Queries, operand: NewOperand): Promise<boolean> {
  const { id, createdMs, name } = operand;
  const inserted = await db
    .insertInto('operands')
    .values(operand)
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirst();
  if (inserted.numInsertedOrUpdatedRows === 1n) return true;
  const back = await db
    .updateTable('operands')
    .set({ createdMs, name, uploadedMs: null, removedMs: null })
    .where('id', '=', id)
    .where('removedMs', 'is not', null)
    .executeTakeFirst();
  if (back.numUpdatedRows === 1n) return true;
  await db
    .updateTable('operands')
    .set({ uploadedMs: createdMs, removedMs: null })
    .where('id', '=', id)
    .execute();
  return false;
}

/** Its id; undefined before there is any. */
export async function newestOperand(db: Queries): Promise<Hash | undefined> {
  const query = db.selectFrom('operands').select('id').orderBy('createdMs', 'desc').orderBy('id');
  return (await query.limit(1).executeTakeFirst())?.id;
}

/** Also one that was deleted: see `removedMs`. */
export function getOperand(db: Queries, id: Hash): Promise<Operand | undefined> {
  return db.selectFrom('operands').selectAll().where('id', '=', id).executeTakeFirst();
}

/** The id of every running job over this operand, oldest first; of this requester's where one is named. */
async function openJobsOver(trx: Queries, id: Hash, requester: string | undefined): Promise<string[]> {
  let query = trx
    .selectFrom('jobs')
    .select('id')
    .where('state', '=', 'running')
    .where((eb) => eb.or([eb('a', '=', id), eb('b', '=', id)]));
  if (requester !== undefined) {
    query = query.where('id', 'in', (eb) =>
      eb.selectFrom('belongings').select('thing').where('requester', '=', requester),
    );
  }
  const rows = await query.orderBy('createdMs').orderBy('id').execute();
  return rows.map((row) => row.id);
}

export type Deletion =
  | { readonly type: 'deleted' }
  /** Nothing of the kind belongs to the requester. */
  | { readonly type: 'unknown' }
  /** Running jobs over it; nothing has changed. */
  | { readonly type: 'needed'; readonly jobs: readonly string[] };

/**
 * An operand belongs to all who uploaded it, and goes with the last of them.
 * @param trx - a transaction
 * @param requester - whose it is to be no longer; undefined: anybody's
 */
export async function deleteOperand(
  trx: Queries,
  id: Hash,
  requester: string | undefined,
  timeMs: number,
): Promise<Deletion> {
  // Whoever starts a job over it, or uploads it again, holds the same lock.
  const operand = await trx
    .selectFrom('operands')
    .select('removedMs')
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  if (!operand || operand.removedMs !== null) return { type: 'unknown' };
  const owners = (
    await trx.selectFrom('belongings').select('requester').where('thing', '=', id).execute()
  ).map((row) => row.requester);
  if (requester !== undefined && !owners.includes(requester)) return { type: 'unknown' };
  const shared = requester !== undefined && owners.length > 1;
  const jobs = await openJobsOver(trx, id, shared ? requester : undefined);
  if (jobs.length > 0) return { type: 'needed', jobs };
  let gone = trx.deleteFrom('belongings').where('thing', '=', id);
  if (requester !== undefined) gone = gone.where('requester', '=', requester);
  await gone.execute();
  if (!shared) await trx.updateTable('operands').set({ removedMs: timeMs }).where('id', '=', id).execute();
  return { type: 'deleted' };
}
