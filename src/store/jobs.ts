/** Jobs: they start running and end, as done, cancelled, failed or expired; all but done may run again. */
import { sql } from 'kysely';
import { AppError } from '../core/errors.ts';
import { CELL } from '../matrix/blocks.ts';
import type { Hash } from '../matrix/manifest.ts';
import type { Queries } from './database.ts';
import type { Cell, Job, JobState } from './schema.ts';
import type { PartColumns } from './schema-floats.ts';

/** SQLSTATE of what hold_operands refuses. */
const RESTRICT_VIOLATION = '23001';

export type NewJob = Omit<
  Job,
  | 'state'
  | 'finishedMs'
  | 'resultManifest'
  | 'error'
  | 'startedMs'
  | 'boundSeconds'
  | 'boundBytes'
  | 'deadlineMs'
  | 'removedMs'
  | keyof PartColumns
> &
  Partial<PartColumns> & { readonly deadlineMs?: number | null };

/**
 * @returns the job, running. Its operands must have been inserted.
 * @throws AppError 'gone' when one of them was deleted
 */
export async function createJob(db: Queries, job: NewJob): Promise<Job> {
  try {
    return await db
      .insertInto('jobs')
      .values({ ...job, state: 'running' })
      .returningAll()
      .executeTakeFirstOrThrow();
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code !== RESTRICT_VIOLATION) throw error;
    throw new AppError('gone', 'an operand of this job was deleted; upload it again', { cause: error });
  }
}

export function getJob(db: Queries, id: string): Promise<Job | undefined> {
  return db.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirst();
}

/** By priority (highest first), then oldest first. */
export function listJobs(db: Queries, state?: JobState): Promise<Job[]> {
  let query = db.selectFrom('jobs').selectAll();
  if (state !== undefined) query = query.where('state', '=', state);
  return query.orderBy('priority', 'desc').orderBy('createdMs').orderBy('id').execute();
}

export function runningJobs(db: Queries): Promise<Pick<Job, 'id' | 'deadlineMs'>[]> {
  return db.selectFrom('jobs').select(['id', 'deadlineMs']).where('state', '=', 'running').execute();
}

/**
 * Waits for every other transaction that holds this job, then keeps it until this one ends.
 * @returns the job's state, or undefined when there is no such job
 */
export async function lockJob(trx: Queries, id: string): Promise<JobState | undefined> {
  return (await lockJobs(trx, [id])).get(id);
}

/** The same for several, in the order in which everybody locks them; the states of those that there are. */
export async function lockJobs(trx: Queries, ids: readonly string[]): Promise<Map<string, JobState>> {
  const rows = await trx
    .selectFrom('jobs')
    .select(['id', 'state'])
    .where('id', 'in', ids)
    .orderBy('id')
    .forUpdate()
    .execute();
  return new Map(rows.map(({ id, state }) => [id, state]));
}

export interface JobEnd {
  readonly timeMs: number;
  /** Why it failed. */
  readonly error?: string;
}

/** Lets an ended job run again. @param trx - the transaction that has locked it and seen that it may */
export async function restartJob(trx: Queries, id: string, deadlineMs: number | null): Promise<void> {
  await trx
    .updateTable('jobs')
    .set({ state: 'running', finishedMs: null, error: null, deadlineMs })
    .where('id', '=', id)
    .execute();
}

/** Ends a running job early. False when it is not running (or not there), and then nothing changes. */
export async function setJobState(
  db: Queries,
  id: string,
  state: 'cancelled' | 'failed' | 'expired',
  end: JobEnd,
): Promise<boolean> {
  const result = await db
    .updateTable('jobs')
    .set({ state, finishedMs: end.timeMs, error: end.error ?? null })
    .where('id', '=', id)
    .where('state', '=', 'running')
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** What links and GPUs allowed on a job, and when its first shard was given out. */
export interface JobBound {
  readonly startedMs: number;
  readonly seconds: number;
  readonly bytes: number;
}

/** Ends a running job whose every cell is verified. False when it is not, and then nothing changes. */
export async function finishJob(
  db: Queries,
  id: string,
  resultManifest: Hash,
  timeMs: number,
  bound?: JobBound,
): Promise<boolean> {
  const verified = db
    .selectFrom('cells')
    .select(sql<number>`count(*)`.as('count'))
    .where('job', '=', id);
  const result = await db
    .updateTable('jobs')
    .set({ state: 'done', finishedMs: timeMs, resultManifest, ...boundColumns(bound) })
    .where('id', '=', id)
    .where('state', '=', 'running')
    .where(sql<number>`ceil(rows / ${sql.lit(CELL)}.0) * ceil(cols / ${sql.lit(CELL)}.0)`, '=', verified)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function countCells(db: Queries, job: string): Promise<number> {
  const { count } = await db
    .selectFrom('cells')
    .select(sql<number>`count(*)::integer`.as('count'))
    .where('job', '=', job)
    .executeTakeFirstOrThrow();
  return count;
}

/** The verified cells in the order of C's blocks: progress after a restart, and the result's blocks. */
export function cellsOf(db: Queries, job: string): Promise<Omit<Cell, 'job'>[]> {
  return db
    .selectFrom('cells')
    .select(['rowBlock', 'colBlock', 'shard', 'block'])
    .where('job', '=', job)
    .orderBy('rowBlock')
    .orderBy('colBlock')
    .execute();
}

function boundColumns(bound: JobBound | undefined): Pick<Job, 'startedMs' | 'boundSeconds' | 'boundBytes'> {
  return {
    startedMs: bound?.startedMs ?? null,
    boundSeconds: bound?.seconds ?? null,
    boundBytes: bound?.bytes ?? null,
  };
}
