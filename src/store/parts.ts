/** f32x jobs and their parts, and what their operands were split into. */
import { DIAGONALS } from '../matrix/limbs.ts';
import type { Hash } from '../matrix/manifest.ts';
import { SIDES } from '../matrix/split.ts';
import type { Queries } from './database.ts';
import type { Job } from './schema.ts';
import type { LimbsTable } from './schema-floats.ts';

/** The parts of an f32x job in the order in which they are served; none before its operands are split. */
export function partsOf(db: Queries, parent: string): Promise<Job[]> {
  return db.selectFrom('jobs').selectAll().where('parent', '=', parent).orderBy('diagonal', 'desc').execute();
}

/** Parts that run although what they are for has ended. */
export async function orphanParts(db: Queries): Promise<string[]> {
  const rows = await db
    .selectFrom('jobs as part')
    .innerJoin('jobs as whole', 'whole.id', 'part.parent')
    .select('part.id')
    .where('part.state', '=', 'running')
    .where('whole.state', '<>', 'running')
    .execute();
  return rows.map(({ id }) => id);
}

/** Ends a running f32x job. False when it is not running, and then nothing changes. */
export async function finishParent(
  db: Queries,
  id: string,
  resultManifest: Hash,
  timeMs: number,
): Promise<boolean> {
  const result = await db
    .updateTable('jobs')
    .set({ state: 'done', finishedMs: timeMs, resultManifest })
    .where('id', '=', id)
    .where('dtype', '=', 'f32x')
    .where('state', '=', 'running')
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** What this operand was split into and is still there: all of it, or nothing. */
export async function limbsOf(db: Queries, operand: Hash): Promise<LimbsTable[]> {
  const rows = await db
    .selectFrom('limbs')
    .innerJoin('operands', 'operands.id', 'limbs.limbs')
    .selectAll('limbs')
    .where('operand', '=', operand)
    .where('operands.removedMs', 'is', null)
    .execute();
  return rows.length === SIDES.length * DIAGONALS.length ? rows : [];
}

/** Again is as good as once. Both sides must have been inserted as operands. */
export async function insertLimbs(db: Queries, limbs: readonly LimbsTable[]): Promise<void> {
  await db
    .insertInto('limbs')
    .values([...limbs])
    .onConflict((conflict) => conflict.columns(['operand', 'side', 'diagonal']).doNothing())
    .execute();
}

/** What these operands were split into is not to be used again. */
export async function forgetLimbs(db: Queries, operands: readonly Hash[]): Promise<void> {
  await db
    .deleteFrom('limbs')
    .where('operand', 'in', [...operands])
    .execute();
}
