/**
 * Jobs: created from two operands, advanced by verified shards, ended, perhaps taken up again. What is verified lives in
 * the database; this class mirrors it for the scheduler and can be rebuilt from it at any moment.
 */
import { Emitter } from '../core/async.ts';
import { toHex } from '../core/bytes.ts';
import type { Clock } from '../core/clock.ts';
import { AppError, toAppError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { Rng } from '../core/rng.ts';
import type { JobRequest, RetryRequest } from '../core/v1.ts';
import type { FetchBytes } from '../matrix/manifest.ts';
import { type BlockStore, fetchFrom } from '../store/blocks.ts';
import { DEFAULT_REQUESTER } from '../ledger/accounts.ts';
import { refundRest, reserve } from '../ledger/reservations.ts';
import { isDatabaseAway } from '../store/away.ts';
import { addBelonging } from '../store/belongings.ts';
import type { Database, Queries } from '../store/database.ts';
import { type RequestKey, takeKey } from '../store/idempotency.ts';
import { type JobEnd, createJob, finishJob, getJob, listJobs, setJobState } from '../store/jobs.ts';
import { expireOpenLeases } from '../store/leases.ts';
import type { Job } from '../store/schema.ts';
import { assembleProduct } from './assemble.ts';
import { Endings } from './endings.ts';
import { Floats } from './floats.ts';
import type { Rect } from './grid.ts';
import { assertFuture, newJob, operandOf } from './job-request.ts';
import { assertWhole, kinOf } from './kin.ts';
import { priceOf } from './price.ts';
import { restart } from './restart.ts';
import type { Scheduler } from './scheduler.ts';
import type { ActiveLease, JobSpec } from './work.ts';
import { type RunningJob, prepareJob, verifiedCells } from './running-job.ts';
import type { VerifyPool } from './verify-pool.ts';

export interface JobsContext {
  readonly db: Database;
  readonly blocks: BlockStore;
  readonly scheduler: Scheduler;
  readonly pool: VerifyPool;
  readonly rng: Rng;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A shard of a job that runs was settled. */
export interface VerifiedShard {
  readonly job: string;
  readonly rect: Rect;
  readonly contributor: string;
  readonly shard: string;
  readonly multiplyAdds: number;
  readonly verifiedMs: number;
  /** Its place in the public log. */
  readonly leaf: number;
  /** By this coordinator. */
  readonly isHere: boolean;
}

export type JobChange =
  | { readonly type: 'created' | 'progress' | 'ended'; readonly job: string }
  /** Leases of a job that ended early: their contributors should stop. */
  | { readonly type: 'revoked'; readonly job: string; readonly leases: readonly ActiveLease[] }
  /** Leases of which another coordinator has settled a part. */
  | { readonly type: 'superseded'; readonly job: string; readonly leases: readonly ActiveLease[] };

export class Jobs {
  readonly #context: JobsContext;
  readonly #running = new Map<string, RunningJob>();
  readonly #taking = new Map<string, Promise<void>>();
  readonly #finishing = new Set<string>();
  readonly #endings = new Endings();
  readonly changes = new Emitter<JobChange>();
  /** Told as soon as it counts, before the change of its job. */
  readonly verified = new Emitter<VerifiedShard>();
  readonly #fetch: FetchBytes;
  readonly #floats: Floats;

  constructor(context: JobsContext) {
    this.#context = context;
    this.#fetch = fetchFrom(context.blocks);
    this.verified.on(({ job, leaf, isHere }) => {
      if (this.#running.has(job)) this.#endings.settled(job, leaf, isHere, context.clock.now());
    });
    this.#floats = new Floats({
      ...context,
      has: (id) => this.#running.has(id),
      begin: (job) => this.#begin(job),
      end: (id, timeMs, end) => this.#end(id, timeMs, end),
      endEarly: (id, state, error) => this.#endEarly(id, state, error),
      drop: (id) => {
        this.drop(id);
      },
      progressed: (job) => {
        this.changes.emit({ type: 'progress', job });
      },
    });
    this.changes.on(({ type, job }) => {
      if (type === 'progress' || type === 'ended') this.#floats.noticed(type, job);
    });
  }

  /** Stops what it does by itself: combining the parts of jobs. The next start goes on with it. */
  close(): Promise<void> {
    return this.#floats.close();
  }

  /**
   * Takes up every job that was running when the coordinator last stopped, however it stopped.
   * @param living - ids of other coordinators of the network
   */
  async restore(living: readonly string[] = []): Promise<void> {
    await expireOpenLeases(this.#context.db, this.#context.clock.now(), living);
    // Parts are taken up by what they are parts of.
    for (const job of await listJobs(this.#context.db, 'running'))
      if (job.parent === null) await this.#begin(job);
    await this.#floats.endOrphans();
  }

  running(id: string): RunningJob | undefined {
    return this.#running.get(id);
  }

  /** In no order. */
  runningSpecs(): JobSpec[] {
    return Array.from(this.#running.values(), ({ spec }) => spec);
  }

  get runningCount(): number {
    return this.#running.size;
  }

  /**
   * @param requester - the account that pays, where requesters do: the whole price is reserved with the job
   * @param key - of this request: with one that is known nothing happens, and its job is returned
   * @throws AppError 'not-found', 'shape-mismatch', 'k-too-large', 'bad-input', 'no-credit', 'key-reused'.
   */
  async create(request: JobRequest, requester: string = DEFAULT_REQUESTER, key?: RequestKey): Promise<Job> {
    const { db, rng, clock } = this.#context;
    const [a, b] = await Promise.all([operandOf(db, request.a), operandOf(db, request.b)]);
    const wanted = newJob(request, a, b, toHex(rng.bytes(16)), clock.now());
    return this.#started(wanted.id, key, wanted.createdMs, async (trx) => {
      const made = await createJob(trx, wanted);
      await addBelonging(trx, requester, made.id);
      await reserve(trx, { job: made.id, requester, microcredits: priceOf(made), timeMs: made.createdMs });
      return made;
    });
  }

  /**
   * Runs a job that ended early again from where it stood: what is verified stays so and is not paid twice. Whoever
   * paid for it pays for the rest.
   * @throws AppError 'not-found', 'conflict' for a job that runs or is done, 'bad-input', 'no-credit', 'key-reused'.
   */
  async retry(id: string, request: RetryRequest = {}, key?: RequestKey): Promise<Job> {
    const timeMs = this.#context.clock.now();
    assertFuture(request.deadlineMs ?? null, timeMs);
    return this.#started(id, key, timeMs, (trx) => restart(trx, id, request, timeMs));
  }

  /**
   * @param also - what happens in the same transaction, or not at all
   * @throws AppError 'not-found', or 'conflict' when it has ended already.
   */
  async cancel(id: string, also?: (trx: Queries) => Promise<void>): Promise<void> {
    const job = await getJob(this.#context.db, id);
    if (!job) throw new AppError('not-found', 'there is no such job');
    assertWhole(job);
    if (!(await this.#endEarly(id, 'cancelled', undefined, also)))
      throw new AppError('conflict', `this job is ${job.state} already`);
  }

  /** Ends a job that cannot be finished; what was verified stays credited. */
  async fail(id: string, reason: string): Promise<void> {
    if (await this.#endEarly(id, 'failed', reason))
      this.#context.log.error({ job: id, reason }, 'job failed');
  }

  /**
   * A contributor says that operand blocks are missing. True when they are: then the job has failed, since
   * no contributor can finish it.
   */
  async checkStrips(id: string, rect: Rect): Promise<boolean> {
    const running = this.#running.get(id);
    if (!running) return false;
    const missing = await running.secrets.missingBlock(rect, (hash) => this.#context.blocks.has(hash));
    if (missing === undefined) return false;
    await this.fail(id, `the block store has lost block ${missing} of an operand; upload the operand again`);
    return true;
  }

  /** Called after a shard of this job was settled: tells watchers, and ends the job with its last cell. */
  async advanced(id: string): Promise<void> {
    if (this.#isToFinish(id)) await this.#finish(id);
    else this.changes.emit({ type: 'progress', job: id });
  }

  /** Ends jobs whose last cell was verified but whose result could not be put together then, and late ones. */
  async endDue(): Promise<void> {
    for (const { id, deadlineMs = Infinity } of this.runningSpecs()) {
      if (this.#isToFinish(id)) await this.#finish(id);
      else if (!this.#isComplete(id) && deadlineMs <= this.#context.clock.now())
        await this.#expire(id, deadlineMs);
    }
    this.#floats.sweep();
  }

  async #expire(id: string, deadlineMs: number): Promise<void> {
    const { verified = 0, total = 0 } = this.#context.scheduler.progressOf(id) ?? {};
    const deadline = new Date(deadlineMs).toISOString();
    const error = `its deadline, ${deadline}, passed with ${verified} of ${total} cells verified; a retry goes on from there`;
    if (await this.#endEarly(id, 'expired', error)) this.#context.log.info({ job: id }, 'job expired');
  }

  /** Writes down that a job runs, once for a key, and takes it up. */
  async #started(
    id: string,
    key: RequestKey | undefined,
    timeMs: number,
    write: (trx: Queries) => Promise<Job>,
  ): Promise<Job> {
    const { db } = this.#context;
    const { job, fresh } = await db.transaction().execute(async (trx) => {
      const earlier = key && (await takeKey(trx, key, id, timeMs));
      if (earlier === undefined) return { job: await write(trx), fresh: true };
      return { job: (await getJob(trx, earlier))!, fresh: false };
    });
    if (!fresh) return job;
    await this.#begin(job);
    return job;
  }

  #isToFinish(id: string): boolean {
    return this.#isComplete(id) && this.#endings.isOurs(id, this.#context.clock.now());
  }

  /** Whether it was taken up: also an f32x job, which has parts that run. */
  isTaken(id: string): boolean {
    return this.#running.has(id) || this.#floats.has(id);
  }

  /** All that were taken up, in no order. */
  takenUp(): Pick<Job, 'id' | 'deadlineMs'>[] {
    const products = this.runningSpecs().map(({ id, deadlineMs = null }) => ({ id, deadlineMs }));
    return [...products, ...this.#floats.running()];
  }

  #isComplete(id: string): boolean {
    const progress = this.#context.scheduler.progressOf(id);
    return progress !== undefined && progress.verified === progress.total;
  }

  /** One job that cannot be taken up fails by itself, not with the coordinator. */
  async #begin(job: Job): Promise<void> {
    try {
      await this.takeUp(job);
    } catch (error) {
      if (isDatabaseAway(error)) throw error;
      await this.fail(job.id, toAppError(error).message);
    }
  }

  /** Once, however many ask. @throws what taking it up throws: then it is as if nobody had */
  async takeUp(job: Job): Promise<void> {
    const { id } = job;
    const taking =
      this.#taking.get(id) ??
      this.#take(job).then(() => {
        this.changes.emit({ type: 'created', job: id });
      });
    this.#taking.set(id, taking);
    try {
      await taking;
    } finally {
      this.#taking.delete(id);
    }
  }

  async #take(job: Job): Promise<void> {
    if (job.dtype === 'f32x') {
      await this.#floats.take(job);
      return;
    }
    const { db, scheduler, pool, rng } = this.#context;
    const running = await prepareJob(pool, rng, this.#fetch, job, job.dtype, await kinOf(db, job));
    scheduler.addJob(running.spec, await verifiedCells(db, job.id));
    this.#running.set(job.id, running);
  }

  /** Puts C's manifest together from the verified cells. May run again after a crash: it is idempotent. */
  async #finish(id: string): Promise<void> {
    const running = this.#running.get(id);
    if (!running || this.#finishing.has(id)) return;
    this.#finishing.add(id);
    try {
      await this.#assemble(id, running.spec);
    } finally {
      this.#finishing.delete(id);
    }
  }

  async #assemble(id: string, spec: JobSpec): Promise<void> {
    const { db, blocks, clock, log } = this.#context;
    const manifestHash = await assembleProduct(db, blocks, spec);
    const timeMs = clock.now();
    const bound = this.#context.scheduler.boundOf(id);
    const done = await this.#end(id, timeMs, (trx) => finishJob(trx, id, manifestHash, timeMs, bound));
    if (done) log.info({ job: id }, 'job done');
    this.drop(id);
  }

  /** False when it had ended already. */
  async #endEarly(
    id: string,
    state: 'cancelled' | 'failed' | 'expired',
    error?: string,
    also: (trx: Queries) => Promise<void> = async () => {},
  ): Promise<boolean> {
    const timeMs = this.#context.clock.now();
    const end: JobEnd = error === undefined ? { timeMs } : { timeMs, error };
    const ended = await this.#end(id, timeMs, async (trx) => {
      const changed = await setJobState(trx, id, state, end);
      if (changed) await also(trx);
      return changed;
    });
    if (ended) this.drop(id);
    return ended;
  }

  /** The job's end and the refund of what it had reserved and not used are one: both, or neither. */
  #end(id: string, timeMs: number, end: (trx: Queries) => Promise<boolean>): Promise<boolean> {
    return this.#context.db.transaction().execute(async (trx) => {
      const ended = await end(trx);
      if (ended) await refundRest(trx, id, timeMs);
      return ended;
    });
  }

  /** Resolves when nobody is taking this job up any more. */
  async taken(id: string): Promise<void> {
    await this.#taking.get(id)?.catch(() => {});
  }

  /** It has ended, perhaps at another coordinator. */
  drop(id: string): void {
    this.#running.delete(id);
    this.#endings.forget(id);
    const leases = this.#context.scheduler.removeJob(id);
    this.changes.emit({ type: 'revoked', job: id, leases });
    this.changes.emit({ type: 'ended', job: id });
  }
}
