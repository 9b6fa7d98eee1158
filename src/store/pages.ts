/** Part of a list of operands or jobs, newest first: lists grow for years, and an answer must not. */
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Queries } from './database.ts';
import type { Job, Operand } from './schema.ts';

export interface Page {
  /** Only what belongs to this requester. @default all there is */
  readonly requester?: string | undefined;
  /** Only what is older than the one with this id; nothing where there is none. */
  readonly before?: string | undefined;
  readonly limit: number;
}

/** Parts of jobs are in the job that they are parts of. */
export function newestJobs(db: Queries, page: Page): Promise<Job[]> {
  return db
    .selectFrom('jobs')
    .selectAll()
    .where('parent', 'is', null)
    .where(isOn('jobs', page))
    .orderBy('createdMs', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit)
    .execute();
}

/** Without those that only parts of jobs use, unless somebody has sent just the same. */
export function newestOperands(db: Queries, page: Page): Promise<Operand[]> {
  return db
    .selectFrom('operands')
    .selectAll()
    .where('removedMs', 'is', null)
    .where(
      sql<SqlBool>`(NOT EXISTS (SELECT FROM limbs WHERE limbs.limbs = operands.id)
        OR EXISTS (SELECT FROM belongings WHERE thing = operands.id))`,
    )
    .where(isOn('operands', page))
    .orderBy('createdMs', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit)
    .execute();
}

function isOn(table: 'jobs' | 'operands', { requester, before }: Page): RawBuilder<SqlBool> {
  const own =
    requester === undefined
      ? sql`true`
      : sql`id IN (SELECT thing FROM belongings WHERE requester = ${requester})`;
  const older =
    before === undefined
      ? sql`true`
      : sql`(created_ms, id) < (SELECT created_ms, id FROM ${sql.table(table)} WHERE id = ${before})`;
  return sql<SqlBool>`${own} AND ${older}`;
}
