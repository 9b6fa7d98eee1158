/** Parts of running jobs, and which coordinator leases each out. A row is locked while it changes hands. */
import { sql } from 'kysely';
import type { Queries } from './database.ts';
import type { RectangleColumns } from './schema.ts';

export interface StoredPlot extends RectangleColumns {
  readonly job: string;
  /** The id of a coordinator's process, which may be dead. */
  readonly holder: string | null;
}

type PlotName = Pick<StoredPlot, 'job' | 'rowBlock' | 'colBlock'>;

/** Nobody holds them yet. Those of a job that has them, or does not run, stay as they are. */
export async function insertPlots(
  db: Queries,
  job: string,
  plots: readonly RectangleColumns[],
): Promise<void> {
  const names = ['job', 'rowBlock', 'colBlock', 'rowBlocks', 'colBlocks'] as const;
  const columns = (pick: (plot: RectangleColumns) => number): number[] => plots.map(pick);
  await db
    .insertInto('plots')
    .columns([...names])
    .expression(
      sql`SELECT id, unnest(${columns((plot) => plot.rowBlock)}::integer[]),
        unnest(${columns((plot) => plot.colBlock)}::integer[]),
        unnest(${columns((plot) => plot.rowBlocks)}::integer[]),
        unnest(${columns((plot) => plot.colBlocks)}::integer[])
        FROM jobs WHERE id = ${job} AND state = 'running'` as never,
    )
    .onConflict((conflict) => conflict.columns(['job', 'rowBlock', 'colBlock']).doNothing())
    .execute();
}

export function plotsOf(db: Queries, jobs: readonly string[]): Promise<StoredPlot[]> {
  if (jobs.length === 0) return Promise.resolve([]);
  return db
    .selectFrom('plots')
    .selectAll()
    .where('job', 'in', jobs)
    .orderBy('job')
    .orderBy('rowBlock')
    .orderBy('colBlock')
    .execute();
}

/** Every plot, for the only coordinator that lives. @returns those that it did not hold before */
export function claimAll(db: Queries, holder: string): Promise<StoredPlot[]> {
  return db
    .updateTable('plots')
    .set({ holder })
    .where('holder', 'is distinct from', holder)
    .returningAll()
    .execute();
}

/**
 * Those of the plots that no living coordinator holds, and that nobody else is just claiming.
 * @returns the ones that are this holder's now
 */
export async function claimPlots(
  db: Queries,
  holder: string,
  wanted: readonly PlotName[],
  living: readonly string[],
): Promise<StoredPlot[]> {
  if (wanted.length === 0) return [];
  return db
    .with('free', (cte) =>
      cte
        .selectFrom('plots')
        .select(['job', 'rowBlock', 'colBlock'])
        .where((eb) =>
          eb(
            eb.refTuple('job', 'rowBlock', 'colBlock'),
            'in',
            wanted.map(({ job, rowBlock, colBlock }) => eb.tuple(job, rowBlock, colBlock)),
          ),
        )
        .where((eb) => eb.or([eb('holder', 'is', null), eb('holder', 'not in', [...living, holder])]))
        .forUpdate()
        .skipLocked(),
    )
    .updateTable('plots')
    .from('free')
    .set({ holder })
    .whereRef('plots.job', '=', 'free.job')
    .whereRef('plots.rowBlock', '=', 'free.rowBlock')
    .whereRef('plots.colBlock', '=', 'free.colBlock')
    .returningAll('plots')
    .execute();
}

export async function giveBackPlots(db: Queries, holder: string, plots: readonly PlotName[]): Promise<void> {
  if (plots.length === 0) return;
  await db
    .updateTable('plots')
    .set({ holder: null })
    .where('holder', '=', holder)
    .where((eb) =>
      eb(
        eb.refTuple('job', 'rowBlock', 'colBlock'),
        'in',
        plots.map(({ job, rowBlock, colBlock }) => eb.tuple(job, rowBlock, colBlock)),
      ),
    )
    .execute();
}

/** All that a process held that has ended. */
export async function giveBackAll(db: Queries, holder: string): Promise<void> {
  await db.updateTable('plots').set({ holder: null }).where('holder', '=', holder).execute();
}

/** Plots of jobs that have ended. */
export async function dropOldPlots(db: Queries): Promise<void> {
  await db
    .deleteFrom('plots')
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('jobs')
            .select('jobs.id')
            .whereRef('jobs.id', '=', 'plots.job')
            .where('state', '=', 'running'),
        ),
      ),
    )
    .execute();
}
