/**
 * What happened in the database without our hearing of it: a commit whose answer was lost with the connection has
 * taken effect or not, and only the database knows.
 */
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import type { Database } from '../store/database.ts';
import { cellsOf } from '../store/jobs.ts';
import { expireLateLeases } from '../store/leases.ts';
import { settledShards } from '../store/settled.ts';
import { JobMirror } from './job-mirror.ts';
import type { Jobs } from './jobs.ts';
import type { Scheduler } from './scheduler.ts';

export interface ResyncContext {
  readonly db: Database;
  readonly jobs: Jobs;
  readonly scheduler: Scheduler;
  readonly clock: Clock;
  readonly log: Logger;
  /** This process, where several share the network. */
  readonly coordinator?: string | undefined;
}

/** Brings jobs and scheduler to what the database holds. Changes nothing where they agree. */
export async function resync(context: ResyncContext): Promise<void> {
  const { db, jobs, clock } = context;
  const mirror = new JobMirror(context);
  await mirror.sync();
  for (const { id } of jobs.runningSpecs()) await takeCells(context, mirror, id);
  // Ends of leases that could not be written down.
  await expireLateLeases(db, clock.now());
}

async function takeCells(context: ResyncContext, mirror: JobMirror, job: string): Promise<void> {
  const { db, scheduler, coordinator } = context;
  const missed = new Set<string>();
  for (const { rowBlock: row, colBlock: col, shard } of await cellsOf(db, job))
    if (scheduler.isUnverified(job, { row, col, rows: 1, cols: 1 })) missed.add(shard);
  for (const { by, ...settled } of await settledShards(db, Array.from(missed)))
    await mirror.settled(settled, by === (coordinator ?? null));
}
