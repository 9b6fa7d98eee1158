/**
 * What may be let go, and when: results and operands by age where the operator says so, the cells of jobs that ended
 * early always. Rows alone decide (`removed_ms`), and the sweep follows them (sweep.ts).
 */
import { ceilDiv } from '../core/bytes.ts';
import { CELL } from '../matrix/blocks.ts';
import type { Hash } from '../matrix/manifest.ts';
import type { Database, Queries } from './database.ts';
import { deleteOperand } from './operands.ts';
import type { Operand } from './schema.ts';

/**
 * From the first put of a block to the commit of the row that names it: whoever takes longer gives up. The sweep leaves
 * all that is younger than GRACE_MS alone, so it never takes what is still to be named.
 */
export const MAX_UNNAMED_MS = 2 * 3_600_000;
/** An hour more, for clocks that differ and commits that wait. What was let go stays as long, for who reads it now. */
export const GRACE_MS = MAX_UNNAMED_MS + 3_600_000;
/** A job that ended early may be retried from where it stood for so long. */
export const RETRY_MS = 24 * 3_600_000;

export interface Keep {
  /** Results, from the end of their job. @default for ever */
  readonly resultsMs?: number | undefined;
  /** Operands, from the last upload of theirs and the last job over them. @default for ever */
  readonly operandsMs?: number | undefined;
}

/** Marks what is too old, at most `OPERANDS_AT_ONCE` operands. It touches no block. */
export async function letGo(db: Database, keep: Keep, nowMs: number): Promise<void> {
  const ended = db.updateTable('jobs').set({ removedMs: nowMs }).where('removedMs', 'is', null);
  await ended
    .where('state', 'in', ['cancelled', 'failed', 'expired'])
    .where('finishedMs', '<', nowMs - RETRY_MS)
    .execute();
  if (keep.resultsMs !== undefined)
    await ended
      .where('state', '=', 'done')
      .where('finishedMs', '<', nowMs - keep.resultsMs)
      .execute();
  await letOperandsGo(db, orphanLimbs, nowMs);
  if (keep.operandsMs === undefined) return;
  const before = nowMs - keep.operandsMs;
  await letOperandsGo(db, (queries, id) => unusedOperands(queries, before, id), nowMs);
}

/** @param find - ids of those that may go, of all or of one */
async function letOperandsGo(
  db: Database,
  find: (queries: Queries, id?: Hash) => Promise<Hash[]>,
  nowMs: number,
): Promise<void> {
  for (const id of await find(db)) {
    await db.transaction().execute(async (trx) => {
      await trx.selectFrom('operands').select('id').where('id', '=', id).forUpdate().execute();
      // Locked, so what is true now stays true: nobody starts a job over it or uploads it again meanwhile.
      if ((await find(trx, id)).length > 0) await deleteOperand(trx, id, undefined, nowMs);
    });
  }
}

/** Limbs (src/matrix/limbs.ts) of operands that all went; those that somebody uploaded as well are an operand of theirs. */
async function orphanLimbs(db: Queries, id?: Hash): Promise<Hash[]> {
  let query = db
    .selectFrom('operands')
    .select('id')
    .where('removedMs', 'is', null)
    .where((eb) =>
      eb.exists(eb.selectFrom('limbs').select('limbs').whereRef('limbs.limbs', '=', 'operands.id')),
    )
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('limbs')
            .innerJoin('operands as whole', 'whole.id', 'limbs.operand')
            .select('limbs')
            .whereRef('limbs.limbs', '=', 'operands.id')
            .where('whole.removedMs', 'is', null),
        ),
      ),
    )
    .where((eb) =>
      eb.not(
        eb.exists(
          eb.selectFrom('belongings').select('thing').whereRef('belongings.thing', '=', 'operands.id'),
        ),
      ),
    );
  if (id !== undefined) query = query.where('id', '=', id);
  return (await query.limit(OPERANDS_AT_ONCE).execute()).map((row) => row.id);
}

const OPERANDS_AT_ONCE = 1000;

/** Ids of operands that nobody has uploaded or used since. */
async function unusedOperands(db: Queries, beforeMs: number, id?: Hash): Promise<Hash[]> {
  let query = db
    .selectFrom('operands')
    .select('id')
    .where('removedMs', 'is', null)
    .where('createdMs', '<', beforeMs)
    .where((eb) => eb.or([eb('uploadedMs', 'is', null), eb('uploadedMs', '<', beforeMs)]))
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('jobs')
            .select('jobs.id')
            .where((job) =>
              job.or([
                job('jobs.a', '=', job.ref('operands.id')),
                job('jobs.b', '=', job.ref('operands.id')),
              ]),
            )
            .where((job) =>
              job.or([job('jobs.finishedMs', 'is', null), job('jobs.finishedMs', '>=', beforeMs)]),
            ),
        ),
      ),
    );
  if (id !== undefined) query = query.where('id', '=', id);
  return (await query.limit(OPERANDS_AT_ONCE).execute()).map((row) => row.id);
}

export type RootOperand = Pick<Operand, 'id' | 'dtype' | 'rows' | 'k' | 'bytes'> & {
  /** Its manifest alone, by which credits are audited. */
  readonly manifestOnly: boolean;
};

export interface RootJob {
  readonly id: string;
  /** Of C: as many blocks at the most. */
  readonly cells: number;
  /** Null while it is not done. */
  readonly resultManifest: Hash | null;
}

/** What needs its blocks. */
export interface Roots {
  readonly operands: readonly RootOperand[];
  readonly jobs: readonly RootJob[];
}

/** One view of the database: what is not here was let go before GRACE_MS, or will be named by somebody who puts it now. */
export async function findRoots(db: Database, nowMs: number): Promise<Roots> {
  const since = nowMs - GRACE_MS;
  return await db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (trx) => {
      const operands = await trx
        .selectFrom('operands')
        .select(['id', 'dtype', 'rows', 'k', 'bytes', 'removedMs'])
        .execute();
      const jobs = await trx
        .selectFrom('jobs')
        .select(['id', 'resultManifest', 'rows', 'cols'])
        .where((eb) => eb.or([eb('removedMs', 'is', null), eb('removedMs', '>', since)]))
        .execute();
      return {
        operands: operands.map(({ removedMs, ...operand }) => ({
          ...operand,
          manifestOnly: removedMs !== null && removedMs <= since,
        })),
        jobs: jobs.map(({ rows, cols, ...job }) => ({
          ...job,
          cells: ceilDiv(rows, CELL) * ceilDiv(cols, CELL),
        })),
      };
    });
}

/** The blocks of C that a job has verified, a page at a time. Cells are only ever added, so pages need no common view. */
export async function* cellBlocks(db: Queries, job: string): AsyncGenerator<Hash[], void, undefined> {
  let [row, col] = [-1, -1];
  for (;;) {
    const page = await db
      .selectFrom('cells')
      .select(['rowBlock', 'colBlock', 'block'])
      .where('job', '=', job)
      .where((eb) => eb(eb.refTuple('rowBlock', 'colBlock'), '>', eb.tuple(row, col)))
      .orderBy('rowBlock')
      .orderBy('colBlock')
      .limit(CELLS_PER_PAGE)
      .execute();
    if (page.length > 0) yield page.map(({ block }) => block);
    const last = page.at(-1);
    if (!last || page.length < CELLS_PER_PAGE) return;
    [row, col] = [last.rowBlock, last.colBlock];
  }
}

const CELLS_PER_PAGE = 5000;
