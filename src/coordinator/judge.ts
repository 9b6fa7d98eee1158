/**
 * From a contributor's signed statement to a receipt, or to a reason why there is none. Cheap checks
 * come first: signatures and place, then the hash of every block, then every number.
 */
import { Batch, type BatchOptions } from '../core/batch.ts';
import type { Clock } from '../core/clock.ts';
import { AppError, isAppError, toAppError } from '../core/errors.ts';
import { microcreditsFor } from '../core/units.ts';
import { RESULT_DTYPE } from '../matrix/dtype.ts';
import { BLOCK_BYTES } from '../matrix/blocks.ts';
import type { Hash } from '../matrix/manifest.ts';
import type { Link } from '../net/link.ts';
import { type Opened, openLease, openResult } from '../protocol/envelope.ts';
import type { Commit } from '../protocol/messages.ts';
import type { SigningKey } from '../protocol/keys.ts';
import { MAX_RESULT_MS, MIN_RESULT_BYTES_PER_SECOND, RESULT_GRACE_MS } from '../protocol/limits.ts';
import type { Lease, Result } from '../protocol/signed.ts';
import type { BlockStore } from '../store/blocks.ts';
import type { Database } from '../store/database.ts';
import { endLeases, getLease } from '../store/leases.ts';
import type { ShardCell } from '../store/shards.ts';
import { MAX_UNNAMED_MS } from '../store/removal.ts';
import { getShard } from '../store/shards.ts';
import { type SettleInput, type Settlement, settleShards } from '../ledger/receipts.ts';
import { type Collected, type Refusal, collect } from './collect.ts';
import type { Rect } from './grid.ts';
import type { Jobs } from './jobs.ts';
import { LinkMeter, type LinkSample } from './link-meter.ts';
import type { Metrics } from './metrics.ts';
import { ResultBudget } from './result-budget.ts';
import type { RunningJob } from './running-job.ts';
import type { Scheduler } from './scheduler.ts';
import { TransferDeadline } from './transfer-deadline.ts';
import { threadLoad } from './thread-load.ts';
import { type ActiveLease, rectWork } from './work.ts';

export type Judgement =
  | {
      readonly type: 'verified';
      readonly job: string;
      readonly receipt: Uint8Array;
      readonly superseded: ActiveLease[];
    }
  /** Settled before; here is its receipt again. */
  | { readonly type: 'known'; readonly receipt: Uint8Array }
  | { readonly type: 'stale'; readonly lease: string }
  | { readonly type: 'rejected'; readonly lease: string; readonly reason: string }
  /** The link ended or stalled; nobody is to blame, the cells are open again. */
  | { readonly type: 'interrupted'; readonly lease: string; readonly error: AppError };

export interface JudgeContext {
  readonly db: Database;
  readonly blocks: BlockStore;
  readonly scheduler: Scheduler;
  readonly jobs: Jobs;
  readonly key: SigningKey;
  readonly peerId: string;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** This process, where several share the network. */
  readonly coordinator?: string | undefined;
  /** How results that are to be settled gather. @default they do not wait */
  readonly gather?: BatchOptions['pause'];
  /** @default all of RESULT_BUDGET_BYTES */
  readonly budget?: ResultBudget;
}

/** What one transaction may hold up, and a crash undo. */
const SETTLED_TOGETHER = 16;

export class Judge {
  readonly #context: JudgeContext;
  readonly #budget: ResultBudget;
  readonly #meter = new LinkMeter();
  readonly #settling: Batch<SettleInput, Settlement | undefined>;
  /** Leases being judged: a commit that is sent twice is judged once. */
  readonly #pending = new Map<string, Promise<Judgement>>();

  constructor(context: JudgeContext) {
    this.#context = context;
    const { db, key, clock } = context;
    this.#settling = new Batch((inputs) => settleShards(db, key, clock, inputs), {
      most: SETTLED_TOGETHER,
      pause: context.gather,
    });
    this.#budget = context.budget ?? new ResultBudget({ isBusy: threadLoad(), clock: context.clock });
  }

  /** Leases whose results are being judged. */
  judging(): string[] {
    return Array.from(this.#pending.keys());
  }

  /**
   * @param site - in whose frame it was computed
   * @throws AppError 'bad-signature', 'wrong-peer' or 'bad-frame' for a statement that is not what it claims.
   */
  async judge(link: Link, commit: Omit<Commit, 'type'>, site?: string): Promise<Judgement> {
    const { result: resultEnvelope, lease: leaseEnvelope, blocks } = commit;
    const lease = await openLease(leaseEnvelope, this.#context.peerId);
    const result = await openResult(resultEnvelope, link.peer);
    if (lease.value.contributor !== link.peer)
      throw new AppError('wrong-peer', 'a result under another’s lease');
    if (result.value.leaseDigest !== lease.digest)
      throw new AppError('bad-frame', 'a result for another lease');
    const { id } = lease.value;
    // What the first one came to stands on record then; if it was interrupted, this link may do better.
    for (let running = this.#pending.get(id); running; running = this.#pending.get(id)) await running;
    const judging = this.#judge(link, { lease, leaseEnvelope, result, resultEnvelope, blocks, site }).finally(
      () => {
        this.#pending.delete(id);
      },
    );
    this.#pending.set(id, judging);
    return judging;
  }

  async #judge(link: Link, statement: Statement): Promise<Judgement> {
    const { db, scheduler, jobs } = this.#context;
    const lease = statement.lease.value;
    // One that is out has not been judged: the record is asked about others only.
    const isOut = scheduler.lease(lease.id) !== undefined;
    const settled = isOut ? undefined : await getShard(db, lease.id);
    if (settled?.receiptEnvelope) return { type: 'known', receipt: settled.receiptEnvelope };
    const running = jobs.running(lease.job);
    const { rowBlock: row, colBlock: col, rowBlocks: rows, colBlocks: cols } = lease.work;
    const rect: Rect = { row, col, rows, cols };
    if (!running || !scheduler.isUnverified(lease.job, rect)) return { type: 'stale', lease: lease.id };
    // One guess a lease: every rejection costs new secrets.
    const record = isOut ? undefined : await getLease(db, lease.id);
    if (record?.state === 'rejected') return { type: 'stale', lease: lease.id };
    scheduler.commit(lease.id);
    const beganMs = this.#context.clock.now();
    let collected: Collected;
    try {
      collected = await this.#collect(link, rect, running, statement);
      // The first of its blocks may be swept by now: see src/store/sweep.ts.
      if (this.#context.clock.now() - beganMs > MAX_UNNAMED_MS)
        throw new AppError('timeout', 'this result took too long to come');
    } catch (error) {
      // Not the contributor's numbers but the way to them: the cells go back, the standing stays.
      scheduler.release(lease.id);
      await endLeases(db, [lease.id], 'expired', this.#context.clock.now());
      if (!isAppError(error)) throw error;
      // A lost operand block ends the job; any other trouble of ours (a full disk) may pass.
      if (error.code === 'internal') await jobs.checkStrips(lease.job, rect);
      if (!scheduler.isUnverified(lease.job, rect)) return { type: 'stale', lease: lease.id };
      return { type: 'interrupted', lease: lease.id, error };
    }
    if (!collected.ok) return this.#reject(lease, running, collected);
    try {
      return await this.#settle(statement, rect, running, collected.blocks, this.#meter.take(link));
    } catch (error) {
      scheduler.release(lease.id); // the database failed: whoever comes next may succeed
      throw error;
    }
  }

  async #collect(
    link: Link,
    rect: Rect,
    { spec, secrets }: RunningJob,
    { result, blocks: told }: Statement,
  ): Promise<Collected> {
    const { blocks, clock } = this.#context;
    const { manifest } = result.value;
    const bytes = rect.rows * rect.cols * BLOCK_BYTES;
    const stop = new AbortController();
    const place = this.#budget.place();
    const allowedMs = Math.min(MAX_RESULT_MS, (bytes * 1000) / MIN_RESULT_BYTES_PER_SECOND);
    const deadline = new TransferDeadline(clock, RESULT_GRACE_MS + allowedMs, () => {
      stop.abort();
    });
    try {
      return await collect(
        { rect, shape: { dtype: RESULT_DTYPE[spec.dtype], ...rectWork(spec, rect) }, manifest, told },
        {
          fetch: (hash) => link.blocks.fetch(hash, stop.signal),
          check: (row, firstCol, cBlocks) => ours('checking a result', secrets.check(row, firstCol, cBlocks)),
          put: (hash, block) => ours('storing a result', blocks.put(hash, block)),
          reserve: (room) =>
            deadline.whileWaiting(() => this.#budget.acquire(link.peer, room, stop.signal, place)),
        },
      );
    } finally {
      deadline.end();
      stop.abort(); // whatever a failed strip left in flight
    }
  }

  async #reject(lease: Lease, running: RunningJob, { reason, kind }: Refusal): Promise<Judgement> {
    const { db, scheduler, clock, metrics } = this.#context;
    running.secrets.rotate({ col: lease.work.colBlock, cols: lease.work.colBlocks });
    scheduler.release(lease.id);
    await endLeases(db, [lease.id], 'rejected', clock.now(), reason);
    metrics.shards.inc({ verdict: 'rejected' });
    metrics.rejected.inc({ reason: kind });
    return { type: 'rejected', lease: lease.id, reason };
  }

  async #settle(
    { lease, leaseEnvelope, result, resultEnvelope, site }: Statement,
    rect: Rect,
    { spec, secrets }: RunningJob,
    blocks: readonly Hash[][],
    link: LinkSample,
  ): Promise<Judgement> {
    const { db, clock, scheduler, jobs, metrics, coordinator } = this.#context;
    const { id, contributor, issuedMs } = lease.value;
    const { rows, cols } = rectWork(spec, rect);
    const multiplyAdds = BigInt(rows) * BigInt(cols) * BigInt(spec.k);
    const cells: ShardCell[] = blocks.flatMap((strip, i) =>
      strip.map((block, j) => ({ rowBlock: rect.row + i, colBlock: rect.col + j, block })),
    );
    const settled = await this.#settling.run({
      shard: {
        id,
        job: spec.id,
        contributor,
        rowBlock: rect.row,
        colBlock: rect.col,
        rowBlocks: rect.rows,
        colBlocks: rect.cols,
        leaseEnvelope,
        resultEnvelope,
        multiplyAdds,
        microcredits: microcreditsFor(rows, cols, spec.k),
        missLog2: secrets.missLog2,
        gpuMs: result.value.gpuMs,
        bytesDown: link.bytesDown,
        bytesUp: link.bytesUp,
        site: site ?? null,
        coordinator: coordinator ?? null,
      },
      digests: { lease: lease.digest, result: result.digest },
      cells,
    });
    if (!settled) {
      scheduler.release(id);
      await endLeases(db, [id], 'cancelled', clock.now());
      return { type: 'stale', lease: id };
    }
    metrics.shards.inc({ verdict: 'verified' });
    metrics.multiplyAdds.inc(Number(multiplyAdds));
    const superseded = scheduler.verified(spec.id, rect, id);
    jobs.verified.emit({
      job: spec.id,
      rect,
      contributor,
      shard: id,
      multiplyAdds: Number(multiplyAdds),
      verifiedMs: clock.now(),
      leaf: settled.leaf,
      isHere: true,
    });
    const gpuSeconds = result.value.gpuMs / 1000;
    scheduler.measured(contributor, spec.dtype, {
      rate: gpuSeconds > 0 ? Number(multiplyAdds) / gpuSeconds : 0,
      up: link.up,
    });
    scheduler.delivered(spec.id, contributor, link.packed);
    metrics.shardSeconds.observe((clock.now() - issuedMs) / 1000);
    return { type: 'verified', job: spec.id, receipt: settled.receipt, superseded };
  }
}

/** A failure on our side must not look like the contributor's: it would be tried again for ever. */
async function ours<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new AppError('internal', `${what} failed: ${toAppError(error).message}`, { cause: error });
  }
}

interface Statement {
  readonly lease: Opened<Lease>;
  readonly leaseEnvelope: Uint8Array;
  readonly result: Opened<Result>;
  readonly resultEnvelope: Uint8Array;
  /** The hashes of C's blocks, by its word. */
  readonly blocks: readonly Hash[] | undefined;
  readonly site: string | undefined;
}
