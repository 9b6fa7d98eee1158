/** Leases on their way out and at their end: signed, recorded, sent; and why they ended. */
import { Batch, type BatchOptions } from '../core/batch.ts';
import type { Clock } from '../core/clock.ts';
import { microcreditsFor } from '../core/units.ts';
import { sealLease } from '../protocol/envelope.ts';
import type { SigningKey } from '../protocol/keys.ts';
import type { Database } from '../store/database.ts';
import { type NewLease, endLeases, recordLeases } from '../store/leases.ts';
import type { LeaseState } from '../store/schema.ts';
import type { Metrics } from './metrics.ts';
import type { PeerSession } from './peer-session.ts';
import type { Serving } from './serving.ts';
import { type ActiveLease, rectWork } from './work.ts';

export type EndedState = Exclude<LeaseState, 'open'>;

export interface LeaseDeskContext {
  readonly db: Database;
  readonly key: SigningKey;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly serving: Serving;
  /** This process, where several share the network. */
  readonly coordinator?: string | undefined;
  /** How leases that are to be recorded gather. @default they do not wait */
  readonly gather?: BatchOptions['pause'];
}

/** Leases in one statement. */
const RECORDED_TOGETHER = 64;

export class LeaseDesk {
  readonly #context: LeaseDeskContext;
  readonly #recording: Batch<NewLease, undefined>;

  constructor(context: LeaseDeskContext) {
    this.#context = context;
    this.#recording = new Batch(
      async (leases) => {
        await recordLeases(context.db, leases);
        return leases.map(() => undefined);
      },
      { most: RECORDED_TOGETHER, pause: context.gather },
    );
  }

  /** On record before it is sent: a restarted coordinator knows what it promised. */
  async grant(session: PeerSession, lease: ActiveLease): Promise<void> {
    const { key, metrics, serving, coordinator } = this.#context;
    const { id, peer, job, rect, issuedMs, deadlineMs } = lease;
    const { rows, cols } = rectWork(job, rect);
    const place = { rowBlock: rect.row, colBlock: rect.col, rowBlocks: rect.rows, colBlocks: rect.cols };
    const envelope = await sealLease(
      {
        id,
        contributor: peer,
        job: job.id,
        project: job.project,
        issuedMs,
        deadlineMs,
        microcredits: microcreditsFor(rows, cols, job.k),
        work: { kind: 'product', a: job.a, b: job.b, ...place },
      },
      key,
    );
    const row = { id, job: job.id, contributor: peer, ...place, envelope, deadlineMs, createdMs: issuedMs };
    await this.#recording.run({ ...row, coordinator: coordinator ?? null });
    metrics.leases.inc({ event: 'granted' });
    serving.leased(lease);
    const { askedMs } = session;
    session.askedMs = undefined;
    await session.send({ type: 'lease', envelope });
    if (askedMs !== undefined) metrics.leaseLatency.observe((this.#context.clock.now() - askedMs) / 1000);
  }

  /** Tells contributors to drop leases that have become pointless. */
  async cancel(
    leases: readonly ActiveLease[],
    reason: string,
    sessionOf: (peer: string) => PeerSession | undefined,
  ): Promise<void> {
    for (const { peer, id } of leases) void sessionOf(peer)?.send({ type: 'cancel', lease: id, reason });
    await this.end(leases, 'cancelled');
  }

  async end(leases: readonly ActiveLease[], state: EndedState): Promise<void> {
    const { db, metrics, clock } = this.#context;
    if (leases.length === 0) return;
    metrics.leases.inc({ event: state }, leases.length);
    await endLeases(
      db,
      leases.map(({ id }) => id),
      state,
      clock.now(),
    );
  }
}
