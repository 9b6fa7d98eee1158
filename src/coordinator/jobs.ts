/**
 * Jobs: created from two operands, advanced by verified shards, ended once. What is verified lives in
 * the database; this class mirrors it for the scheduler and can be rebuilt from it at any moment.
 */
import { Emitter } from '../core/async.ts';
import { fromHex, toHex } from '../core/bytes.ts';
import type { Clock } from '../core/clock.ts';
import { AppError, toAppError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { Rng } from '../core/rng.ts';
import type { JobRequest } from '../core/v1.ts';
import { putMatrix } from '../matrix/build.ts';
import { RESULT_DTYPE } from '../matrix/dtype.ts';
import { type FetchBytes, type Hash, decodeManifest } from '../matrix/manifest.ts';
import { isSeeded } from '../matrix/seeded.ts';
import { type BlockStore, fetchFrom } from '../store/blocks.ts';
import { DEFAULT_REQUESTER } from '../ledger/accounts.ts';
import { refundRest, reserve } from '../ledger/reservations.ts';
import { addBelonging } from '../store/belongings.ts';
import type { Database, Queries } from '../store/database.ts';
import { cellsOf, createJob, finishJob, getJob, listJobs, setJobState } from '../store/jobs.ts';
import { expireOpenLeases } from '../store/leases.ts';
import { getOperand } from '../store/operands.ts';
import type { Job, Operand } from '../store/schema.ts';
import type { Rect } from './grid.ts';
import { newJob } from './job-request.ts';
import { priceOf } from './price.ts';
import type { Scheduler } from './scheduler.ts';
import type { ActiveLease, JobSpec } from './work.ts';
import { JobSecrets, type VerifyPool } from './verify-pool.ts';

export interface JobsContext {
  readonly db: Database;
  readonly blocks: BlockStore;
  readonly scheduler: Scheduler;
  readonly pool: VerifyPool;
  readonly rng: Rng;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What a running job needs besides the database. */
export interface RunningJob {
  readonly spec: JobSpec;
  readonly secrets: JobSecrets;
}

/** A shard of a job that runs was settled. */
export interface VerifiedShard {
  readonly job: string;
  readonly rect: Rect;
  readonly contributor: string;
  readonly shard: string;
  readonly multiplyAdds: number;
  readonly verifiedMs: number;
}

export type JobChange =
  | { readonly type: 'created' | 'progress' | 'ended'; readonly job: string }
  /** Leases of a job that ended early: their contributors should stop. */
  | { readonly type: 'revoked'; readonly job: string; readonly leases: readonly ActiveLease[] };

export class Jobs {
  readonly #context: JobsContext;
  readonly #running = new Map<string, RunningJob>();
  readonly #finishing = new Set<string>();
  readonly changes = new Emitter<JobChange>();
  /** Told as soon as it counts, before the change of its job. */
  readonly verified = new Emitter<VerifiedShard>();
  readonly #fetch: FetchBytes;

  constructor(context: JobsContext) {
    this.#context = context;
    this.#fetch = fetchFrom(context.blocks);
  }

  /** Takes up every job that was running when the coordinator last stopped, however it stopped. */
  async restore(): Promise<void> {
    await expireOpenLeases(this.#context.db, this.#context.clock.now());
    for (const job of await listJobs(this.#context.db, 'running')) await this.#begin(job);
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
   * @throws AppError 'not-found', 'shape-mismatch', 'k-too-large', 'bad-input', 'no-credit'.
   */
  async create(request: JobRequest, requester: string = DEFAULT_REQUESTER): Promise<Job> {
    const { db, rng, clock } = this.#context;
    const [a, b] = await Promise.all([this.#operand(request.a), this.#operand(request.b)]);
    const wanted = newJob(request, a, b, toHex(rng.bytes(16)), clock.now());
    const job = await db.transaction().execute(async (trx) => {
      const made = await createJob(trx, wanted);
      await addBelonging(trx, requester, made.id);
      await reserve(trx, { job: made.id, requester, microcredits: priceOf(made), timeMs: made.createdMs });
      return made;
    });
    await this.#begin(job);
    this.changes.emit({ type: 'created', job: job.id });
    return job;
  }

  /** @throws AppError 'not-found', or 'conflict' when it has ended already. */
  async cancel(id: string): Promise<void> {
    const job = await getJob(this.#context.db, id);
    if (!job) throw new AppError('not-found', 'there is no such job');
    const timeMs = this.#context.clock.now();
    const changed = await this.#end(id, timeMs, (trx) => setJobState(trx, id, 'cancelled', { timeMs }));
    if (!changed) throw new AppError('conflict', `this job is ${job.state} already`);
    this.#drop(id);
  }

  /** Ends a job that cannot be finished; what was verified stays credited. */
  async fail(id: string, reason: string): Promise<void> {
    const { clock, log } = this.#context;
    const timeMs = clock.now();
    const changed = await this.#end(id, timeMs, (trx) =>
      setJobState(trx, id, 'failed', { timeMs, error: reason }),
    );
    if (!changed) return;
    log.error({ job: id, reason }, 'job failed');
    this.#drop(id);
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
    if (this.#isComplete(id)) await this.#finish(id);
    else this.changes.emit({ type: 'progress', job: id });
  }

  /** Ends every job whose last cell was verified but whose result could not be put together then. */
  async finishComplete(): Promise<void> {
    for (const id of this.#running.keys()) if (this.#isComplete(id)) await this.#finish(id);
  }

  #isComplete(id: string): boolean {
    const progress = this.#context.scheduler.progressOf(id);
    return progress !== undefined && progress.verified === progress.total;
  }

  /** One job that cannot be taken up fails by itself, not with the coordinator. */
  async #begin(job: Job): Promise<void> {
    try {
      await this.#take(job);
    } catch (error) {
      await this.fail(job.id, toAppError(error).message);
    }
  }

  async #take(job: Job): Promise<void> {
    const { db, scheduler, pool, rng } = this.#context;
    const { id, a, b, dtype, rows, cols, k, project, priority, createdMs } = job;
    const [aManifest, bManifest] = (await Promise.all([this.#fetch(a), this.#fetch(b)])).map(decodeManifest);
    const seeded = { a: isSeeded(aManifest!), b: isSeeded(bManifest!) };
    const spec: JobSpec = { id, a, b, dtype, rows, cols, k, project, priority, createdMs, seeded };
    const secrets = new JobSecrets(pool, rng, aManifest!, bManifest!, this.#fetch);
    const cells = await cellsOf(db, id);
    scheduler.addJob(
      spec,
      cells.map((cell) => ({ row: cell.rowBlock, col: cell.colBlock, rows: 1, cols: 1 })),
    );
    this.#running.set(id, { spec, secrets });
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
    const { dtype, rows, cols } = spec;
    const strips: Uint8Array[][] = [];
    for (const cell of await cellsOf(db, id)) (strips[cell.rowBlock] ??= []).push(fromHex(cell.block));
    const shape = { dtype: RESULT_DTYPE[dtype], rows, cols };
    const { manifestHash } = await putMatrix(shape, strips, (hash: Hash, bytes: Uint8Array) =>
      blocks.put(hash, bytes),
    );
    const timeMs = clock.now();
    const bound = this.#context.scheduler.boundOf(id);
    const done = await this.#end(id, timeMs, (trx) => finishJob(trx, id, manifestHash, timeMs, bound));
    if (done) log.info({ job: id }, 'job done');
    this.#drop(id);
  }

  /** The job's end and the refund of what it had reserved and not used are one: both, or neither. */
  #end(id: string, timeMs: number, end: (trx: Queries) => Promise<boolean>): Promise<boolean> {
    return this.#context.db.transaction().execute(async (trx) => {
      const ended = await end(trx);
      if (ended) await refundRest(trx, id, timeMs);
      return ended;
    });
  }

  #drop(id: string): void {
    this.#running.delete(id);
    const leases = this.#context.scheduler.removeJob(id);
    this.changes.emit({ type: 'revoked', job: id, leases });
    this.changes.emit({ type: 'ended', job: id });
  }

  async #operand(id: string): Promise<Operand> {
    const operand = /^[0-9a-f]{64}$/.test(id) ? await getOperand(this.#context.db, id) : undefined;
    if (!operand) throw new AppError('not-found', `there is no operand ${id}; upload it first`);
    return operand;
  }
}
