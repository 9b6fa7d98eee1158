/** Operands that have been ingested, by manifest hash. */
import type { Hash } from '../matrix/manifest.ts';
import type { Queries } from './database.ts';
import type { Operand } from './schema.ts';

/** False when the operand was there already: the same bytes are the same operand, whatever their name. */
export async function insertOperand(db: Queries, operand: Operand): Promise<boolean> {
  const result = await db
    .insertInto('operands')
    .values(operand)
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/** Its id; undefined before there is any. */
export async function newestOperand(db: Queries): Promise<Hash | undefined> {
  const query = db.selectFrom('operands').select('id').orderBy('createdMs', 'desc').orderBy('id');
  return (await query.limit(1).executeTakeFirst())?.id;
}

export function getOperand(db: Queries, id: Hash): Promise<Operand | undefined> {
  return db.selectFrom('operands').selectAll().where('id', '=', id).executeTakeFirst();
}
