/** Jobs as requesters see them: a view now, and a stream of views until the job ends. */
import { mapLimit } from '../core/async.ts';
import type { Clock } from '../core/clock.ts';
import type { BoundView, JobView } from '../core/v1.ts';
import { AppError } from '../core/errors.ts';
import { countCells, getJob } from '../store/jobs.ts';
import { type Page, newestJobs } from '../store/pages.ts';
import { contributionsTo } from '../store/contributions.ts';
import { partsOf } from '../store/parts.ts';
import type { Database } from '../store/database.ts';
import type { Job } from '../store/schema.ts';
import type { Jobs } from './jobs.ts';
import type { Restrictions } from './restrictions.ts';
import type { Scheduler } from './scheduler.ts';
import { jobView } from './views.ts';
import { missLog2Of } from './verify-pool.ts';
import { wholeView } from './whole-view.ts';

/** Each asks the database some three times. */
const VIEWS_AT_ONCE = 8;

export class JobReports {
  readonly #db: Database;
  readonly #jobs: Jobs;
  readonly #scheduler: Scheduler;
  readonly #clock: Clock;
  readonly #restrictions: Pick<Restrictions, 'pauseOf'>;

  constructor(
    db: Database,
    jobs: Jobs,
    scheduler: Scheduler,
    clock: Clock,
    restrictions: Pick<Restrictions, 'pauseOf'>,
  ) {
    this.#db = db;
    this.#jobs = jobs;
    this.#scheduler = scheduler;
    this.#clock = clock;
    this.#restrictions = restrictions;
  }

  /** @throws AppError 'not-found'. */
  async view(id: string): Promise<JobView> {
    const job = await getJob(this.#db, id);
    if (!job) throw new AppError('not-found', 'there is no such job');
    return this.#view(job);
  }

  /** Newest first. */
  async list(page: Page): Promise<JobView[]> {
    return mapLimit(await newestJobs(this.#db, page), VIEWS_AT_ONCE, (job) => this.#view(job));
  }

  /** The job now, then after each change (changes in a burst are one), the last in its final state. */
  async *watch(id: string, signal: AbortSignal): AsyncGenerator<JobView, void, undefined> {
    let changed = true;
    let wake: () => void = () => {};
    const note = (): void => {
      changed = true;
      wake();
    };
    const off = this.#jobs.changes.on((change) => {
      if (change.job === id) note();
    });
    signal.addEventListener('abort', note, { once: true });
    try {
      while (!signal.aborted) {
        if (!changed) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
          continue;
        }
        changed = false;
        const view = await this.view(id);
        yield view;
        if (view.state !== 'running') return;
      }
    } finally {
      off();
      signal.removeEventListener('abort', note);
    }
  }

  async #view(job: Job): Promise<JobView> {
    if (job.dtype === 'f32x') {
      const parts = await partsOf(this.#db, job.id);
      return wholeView(job, await Promise.all(parts.map((part) => this.#view(part))));
    }
    const progress = this.#scheduler.progressOf(job.id);
    const cellsVerified = progress?.verified ?? (await countCells(this.#db, job.id));
    const missLog2 = this.#jobs.running(job.id)?.secrets.missLog2 ?? missLog2Of(job.dtype, job.k, job.cols);
    const bound = this.#boundOf(job);
    const view = jobView(job, await contributionsTo(this.#db, job.id), { cellsVerified, missLog2, bound });
    const paused = job.state === 'running' ? this.#restrictions.pauseOf(job.project) : undefined;
    return paused === undefined ? view : { ...view, paused: pausedSentence(paused) };
  }

  #boundOf({ id, startedMs, finishedMs, boundSeconds: seconds, boundBytes: bytes }: Job): BoundView | null {
    const running = this.#scheduler.boundOf(id);
    if (running) {
      const elapsedSeconds = (this.#clock.now() - running.startedMs) / 1000;
      return { seconds: running.seconds, bytes: running.bytes, elapsedSeconds };
    }
    if (startedMs === null || finishedMs === null || seconds === null || bytes === null) return null;
    return { seconds, bytes, elapsedSeconds: (finishedMs - startedMs) / 1000 };
  }
}

function pausedSentence(reason: string): string {
  return reason ? `paused by the operator: ${reason}` : 'paused by the operator';
}
