/** What other coordinators do to jobs: everything here goes on as if it had been done here. */
import { toAppError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { Queries } from '../store/database.ts';
import { getJob, runningJobs } from '../store/jobs.ts';
import type { SettledShard } from '../store/settled.ts';
import type { Jobs } from './jobs.ts';
import type { Scheduler } from './scheduler.ts';

export interface JobMirrorContext {
  readonly db: Queries;
  readonly jobs: Jobs;
  readonly scheduler: Pick<Scheduler, 'verified'>;
  readonly log: Logger;
}

export class JobMirror {
  readonly #context: JobMirrorContext;

  constructor(context: JobMirrorContext) {
    this.#context = context;
  }

  /**
   * A shard was settled.
   * @param isHere - by this coordinator, which did not hear of it
   */
  async settled(settled: SettledShard, isHere = false): Promise<void> {
    const { jobs, scheduler } = this.#context;
    const { job, shard, contributor, multiplyAdds, verifiedMs, leaf } = settled;
    const { rowBlock: row, colBlock: col, rowBlocks: rows, colBlocks: cols } = settled;
    const rect = { row, col, rows, cols };
    // What it has read as verified may be older than this shard.
    await jobs.taken(job);
    const leases = scheduler.verified(job, rect, shard, true);
    if (leases.length > 0) jobs.changes.emit({ type: 'superseded', job, leases });
    jobs.verified.emit({ job, rect, contributor, shard, multiplyAdds, verifiedMs, leaf, isHere });
    if (jobs.running(job)) await jobs.advanced(job);
  }

  /** Takes up and drops jobs that were created, ended or begun again. */
  async sync(): Promise<void> {
    const { db, jobs, log } = this.#context;
    const known = jobs.takenUp();
    const running = new Map((await runningJobs(db)).map(({ id, deadlineMs }) => [id, deadlineMs]));
    for (const { id, deadlineMs } of known) {
      if (jobs.isTaken(id) && running.get(id) !== deadlineMs) jobs.drop(id);
    }
    for (const id of running.keys()) {
      if (jobs.isTaken(id)) continue;
      const job = await getJob(db, id);
      // Its blocks may need a moment to be seen from here; whoever created it decides whether it has failed.
      await (job && jobs.takeUp(job))?.catch((error: unknown) => {
        log.warn({ job: id, error: toAppError(error).message }, 'a job cannot be taken up yet');
      });
    }
  }
}
