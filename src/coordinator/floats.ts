/**
 * f32x jobs (src/matrix/limbs.ts). Each becomes four int8 jobs over the limbs of its operands, its parts, which are
 * planned, leased, verified and credited as all jobs are; once they are done, their products are combined. All that
 * it knows is in the database: what a crash cut off is begun again, and gives the same bytes.
 */
import { Semaphore, withPermit } from '../core/async.ts';
import { toHex } from '../core/bytes.ts';
import type { Clock } from '../core/clock.ts';
import { AppError, isAppError, toAppError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { Rng } from '../core/rng.ts';
import { DEFAULT_REQUESTER } from '../ledger/accounts.ts';
import { refundRest, requesterOf, reserve } from '../ledger/reservations.ts';
import { combineProduct } from '../matrix/combine.ts';
import { DIAGONALS, type Diagonal, diagonalK, limbLayout } from '../matrix/limbs.ts';
import { type Hash, type Manifest, decodeManifest } from '../matrix/manifest.ts';
import { addBelonging, ownersOfThing } from '../store/belongings.ts';
import { type BlockStore, fetchFrom } from '../store/blocks.ts';
import type { Database, Queries } from '../store/database.ts';
import { createJob, lockJob } from '../store/jobs.ts';
import { finishParent, forgetLimbs, limbsOf, orphanParts, partsOf } from '../store/parts.ts';
import type { Job } from '../store/schema.ts';
import { type LimbsOn, splitOnce } from './limbs.ts';
import { priceOf } from './price.ts';

/** What it needs of the jobs. */
export interface FloatsContext {
  readonly db: Database;
  readonly blocks: BlockStore;
  readonly rng: Rng;
  readonly clock: Clock;
  readonly log: Logger;
  /** Whether it has taken up this job. */
  readonly has: (id: string) => boolean;
  /** Takes up a job that is in the database. */
  readonly begin: (job: Job) => Promise<void>;
  /** Ends a job in one transaction with the refund of what it did not use. */
  readonly end: (id: string, timeMs: number, end: (trx: Queries) => Promise<boolean>) => Promise<boolean>;
  /** Forgets a job that has ended, and tells that it has. */
  readonly drop: (id: string) => void;
  /** False, and nothing happens, for a job that does not run. */
  readonly endEarly: (id: string, state: EarlyEnd, error?: string) => Promise<boolean>;
  readonly progressed: (id: string) => void;
}

type EarlyEnd = 'cancelled' | 'failed' | 'expired';

interface Running {
  readonly job: Job;
  readonly stop: AbortController;
  /** It is being looked at; something has changed since. */
  busy: boolean;
  again: boolean;
  nextMs: number;
}

/** Parts may have been ended by another coordinator on the same database. */
const LOOK_MS = 5_000;
/** A disk that is full or a database that is away may be there again. */
const RETRY_MS = 30_000;

export class Floats {
  readonly #context: FloatsContext;
  readonly #running = new Map<string, Running>();
  /** Whose part a job is. */
  readonly #parents = new Map<string, string>();
  readonly #tasks = new Set<Promise<void>>();
  /** Splitting and combining keep a disk busy, one at a time. */
  readonly #turn = new Semaphore(1);
  #closed = false;

  constructor(context: FloatsContext) {
    this.#context = context;
  }

  has(id: string): boolean {
    return this.#running.has(id);
  }

  /** In no order. */
  running(): Pick<Job, 'id' | 'deadlineMs'>[] {
    return Array.from(this.#running.values(), ({ job }) => job);
  }

  /** Takes up a running f32x job from wherever it stood. */
  async take(job: Job): Promise<void> {
    const stop = new AbortController();
    this.#running.set(job.id, { job, stop, busy: false, again: false, nextMs: 0 });
    const { db } = this.#context;
    const isSplit = (await limbsOf(db, job.a)).length > 0 && (await limbsOf(db, job.b)).length > 0;
    if (isSplit) await this.#begin(job, await partsOf(db, job.id));
    this.#look(job.id);
  }

  /** Parts that run although what they are for has ended: a crash came between. */
  async endOrphans(): Promise<void> {
    for (const part of await orphanParts(this.#context.db)) await this.#context.endEarly(part, 'cancelled');
  }

  /** A job has changed. */
  noticed(type: 'progress' | 'ended', id: string): void {
    if (type === 'ended' && this.#running.has(id)) this.#endParts(id);
    const parent = this.#parents.get(id);
    if (parent === undefined || this.#closed) return;
    if (type === 'progress') this.#context.progressed(parent);
    else this.#look(parent);
  }

  /** Now and then: what nobody told. */
  sweep(): void {
    const now = this.#context.clock.now();
    for (const [id, { busy, nextMs }] of this.#running) if (!busy && now >= nextMs) this.#look(id);
  }

  /** Stops what is under way; the next start goes on with it. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { stop } of this.#running.values()) stop.abort();
    await Promise.all(this.#tasks);
  }

  #look(id: string): void {
    const running = this.#running.get(id);
    if (!running || this.#closed) return;
    running.again = true;
    if (running.busy) return;
    running.busy = true;
    this.#track(this.#whileAgain(running));
  }

  async #whileAgain(running: Running): Promise<void> {
    const { clock } = this.#context;
    while (running.again && !running.stop.signal.aborted) {
      running.again = false;
      running.nextMs = clock.now() + LOOK_MS;
      try {
        await this.#advance(running);
      } catch (error) {
        await this.#failed(running, error);
      }
    }
    running.busy = false;
  }

  /** One step, whichever comes next. */
  async #advance({ job, stop }: Running): Promise<void> {
    const { db, has } = this.#context;
    const parts = await partsOf(db, job.id);
    const ended = (['failed', 'expired', 'cancelled'] as const).find((state) =>
      parts.some((part) => part.state === state),
    );
    if (ended) {
      await this.#endWith(job, ended, parts.find(({ state }) => state === ended)?.error ?? undefined);
    } else if (parts.length === 0 || parts.some(({ id, state }) => state === 'running' && !has(id))) {
      await this.#begin(job, await this.#split(job, stop.signal));
    } else if (parts.every(({ state }) => state === 'done')) {
      await this.#combine(job, parts, stop.signal);
    }
  }

  async #endWith(job: Job, state: EarlyEnd, reason: string | undefined): Promise<void> {
    const { db, endEarly } = this.#context;
    if (state !== 'failed') {
      await endEarly(job.id, state, reason);
      return;
    }
    // What was lost may have been limbs: they are made again.
    await forgetLimbs(db, [job.a, job.b]);
    await endEarly(
      job.id,
      state,
      `a part of it failed: ${reason}. Retry it: its operands are split anew then.`,
    );
  }

  async #begin(job: Job, parts: readonly Job[]): Promise<void> {
    const { has, begin, progressed } = this.#context;
    for (const part of parts) this.#parents.set(part.id, job.id);
    for (const part of parts) {
      if (part.state !== 'running' || has(part.id)) continue;
      await begin(part);
    }
    progressed(job.id);
  }

  async #split(job: Job, signal: AbortSignal): Promise<Job[]> {
    const split = (operand: Hash): Promise<LimbsOn> =>
      withPermit(this.#turn, () => splitOnce(operand, this.#context, signal), signal);
    const [left, right] = [await split(job.a), await split(job.b)];
    return this.#context.db.transaction().execute((trx) => this.#insertParts(trx, job, left, right));
  }

  /** What the job reserved goes to its parts: together they cost as much. */
  async #insertParts(trx: Queries, job: Job, left: LimbsOn, right: LimbsOn): Promise<Job[]> {
    const { rng, clock } = this.#context;
    if ((await lockJob(trx, job.id)) !== 'running') return [];
    const there = await partsOf(trx, job.id);
    if (there.length > 0) return there;
    const timeMs = clock.now();
    const isPaid = (await requesterOf(trx, job.id)) !== undefined;
    await refundRest(trx, job.id, timeMs);
    const [requester = DEFAULT_REQUESTER] = await ownersOfThing(trx, job.id);
    const layout = limbLayout(job.k);
    const { rows, cols, project, title, priority, deadlineMs } = job;
    const parts: Job[] = [];
    for (const [i, diagonal] of DIAGONALS.entries()) {
      const part = await createJob(trx, {
        id: toHex(rng.bytes(16)),
        a: left('left', diagonal),
        b: right('right', diagonal),
        dtype: 'i8',
        rows,
        cols,
        k: diagonalK(layout, diagonal),
        project,
        title,
        priority,
        deadlineMs,
        // Jobs are served in the order of their age: the diagonal that brings all limbs comes first.
        createdMs: job.createdMs + i,
        parent: job.id,
        diagonal,
      });
      await addBelonging(trx, requester, part.id);
      if (isPaid) await reserve(trx, { job: part.id, requester, microcredits: priceOf(part), timeMs });
      parts.push(part);
    }
    return parts;
  }

  async #combine(job: Job, parts: readonly Job[], signal: AbortSignal): Promise<void> {
    const { blocks, clock, log } = this.#context;
    const fetch = fetchFrom(blocks);
    const manifestOf = async (hash: Hash): Promise<Manifest> => decodeManifest(await fetch(hash));
    const results = {} as Record<Diagonal, Manifest>;
    for (const { diagonal, resultManifest } of parts)
      if (diagonal !== null && resultManifest !== null) results[diagonal] = await manifestOf(resultManifest);
    const products = { a: await manifestOf(job.a), b: await manifestOf(job.b), results };
    const put = (hash: Hash, bytes: Uint8Array): Promise<void> => blocks.put(hash, bytes);
    const made = await withPermit(this.#turn, () => combineProduct(products, fetch, put, { signal }), signal);
    const timeMs = clock.now();
    const done = await this.#context.end(job.id, timeMs, (trx) => finishParent(trx, job.id, made, timeMs));
    if (done) log.info({ job: job.id }, 'job done');
    this.#context.drop(job.id);
  }

  /** What cannot get better ends the job; anything else is tried again. */
  async #failed(running: Running, thrown: unknown): Promise<void> {
    const { clock, log, endEarly } = this.#context;
    const { id } = running.job;
    if (running.stop.signal.aborted) return;
    const error = toAppError(thrown);
    if (isAppError(thrown, 'internal', 'bad-frame', 'not-found', 'no-credit', 'shape-mismatch')) {
      await endEarly(id, 'failed', error.message);
      log.error({ job: id, reason: error.message }, 'job failed');
      return;
    }
    running.nextMs = clock.now() + RETRY_MS;
    log.warn({ job: id, error: error.message }, 'an f32x job waits, and will be tried again');
  }

  /** The parts of a job end with it. */
  #endParts(id: string): void {
    this.#running.get(id)?.stop.abort();
    this.#running.delete(id);
    if (!this.#closed) this.#track(this.endOrphans());
  }

  #track(task: Promise<void>): void {
    const tracked = task
      .catch((thrown: unknown) => {
        // Parts of a job that ended are looked for at the next start as well.
        const { message, stack }: AppError = toAppError(thrown);
        this.#context.log.error({ error: message, stack }, 'an f32x job could not be advanced');
      })
      .finally(() => this.#tasks.delete(tracked));
    this.#tasks.add(tracked);
  }
}
