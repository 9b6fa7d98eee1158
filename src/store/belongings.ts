/**
 * Whose operands and jobs are whose: a requester sees, uses and cancels its own. This keeps requesters apart;
 * it keeps no secrets, since the blocks of what was computed are public (see SECURITY.md).
 */
import type { Queries } from './database.ts';

/** Once is as good as twice. @param thing - an operand's or a job's id */
export async function addBelonging(db: Queries, requester: string, thing: string): Promise<void> {
  await db
    .insertInto('belongings')
    .values({ requester, thing })
    .onConflict((conflict) => conflict.columns(['requester', 'thing']).doNothing())
    .execute();
}

export async function belongsTo(db: Queries, requester: string, thing: string): Promise<boolean> {
  const row = await db
    .selectFrom('belongings')
    .select('thing')
    .where('requester', '=', requester)
    .where('thing', '=', thing)
    .executeTakeFirst();
  return row !== undefined;
}

/** Who has it, in no order. */
export async function ownersOfThing(db: Queries, thing: string): Promise<string[]> {
  const rows = await db.selectFrom('belongings').select('requester').where('thing', '=', thing).execute();
  return rows.map(({ requester }) => requester);
}
