/**
 * A coordinator's process as dispatcher, judge, jobs and lease desk make it, step by step: the real scheduler and
 * the real standing, and a wait wherever the real code awaits. It may die at any wait; its record stays.
 */
import type { Rng } from '../../src/core/rng.ts';
import { microcreditsFor } from '../../src/core/units.ts';
import type { Rect } from '../../src/coordinator/grid.ts';
import { Scheduler } from '../../src/coordinator/scheduler.ts';
import {
  DENY_MS,
  type Standing,
  afterRejected,
  afterVerified,
  pauseLeft,
  roomFor,
} from '../../src/coordinator/standing.ts';
import { type ActiveLease, type JobSpec, rectWork } from '../../src/coordinator/work.ts';
import type { LeaseState } from '../../src/store/schema.ts';
import type { SimLink, Statement, ToContributor, ToCoordinator } from './network.ts';
import type { LeaseRow, RecordModel, Settled } from './record.ts';
import { type Task, type Timeline, runTask } from './timeline.ts';

export interface Surroundings {
  readonly timeline: Timeline;
  readonly record: RecordModel;
  readonly rng: Rng;
  readonly note: (text: string) => void;
  /** A statement to the database: throws DiskError now and then, before anything has changed. */
  readonly disk: () => Disk;
  /** What the contributor can do, by its own word. */
  readonly capability: (peer: string) => Parameters<Scheduler['join']>[1];
  readonly granted: (lease: ActiveLease, standing: Standing) => void;
}

export interface Disk {
  readonly waitMs: number;
  readonly fails: boolean;
  /** The embedded database has one connection; over PostgreSQL's pool, statements overtake each other. */
  readonly takesTurns: boolean;
}

export class DiskError extends Error {}

interface Session {
  readonly link: SimLink;
  standing: Standing;
  wanted: number;
  testing: boolean;
  resumeMs: number;
  failures: number;
}

/** A lease that no coordinator has signed. */
export const FORGED = 'forged';
const TICK_MS = 1000;
const SEAL_MS = 1;
const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 60_000;

export class SimCoordinator {
  readonly scheduler: Scheduler;
  readonly running = new Map<string, JobSpec>();
  alive = true;
  readonly #around: Surroundings;
  readonly #sessions = new Map<string, Session>();
  readonly #links = new Set<SimLink>();
  readonly #pending = new Set<string>();
  readonly #finishing = new Set<string>();
  /** When the one connection is free. */
  #turn = 0;
  #pumping = false;

  constructor(around: Surroundings) {
    this.#around = around;
    this.scheduler = new Scheduler(around.rng);
    const { record } = around;
    record.expireOpenLeases();
    for (const job of record.jobs.values()) if (job.state === 'running') this.#take(job.spec);
    this.#tick();
  }

  /** kill −9. */
  crash(): void {
    this.alive = false;
    for (const link of this.#links) link.orphan();
  }

  submit(spec: JobSpec): void {
    this.#run(
      (function* (self: SimCoordinator): Task<void> {
        // Its requester may ask again before it has an answer; here both would be one job.
        if (!(yield* self.#db(() => self.#around.record.createJob(spec)))) return;
        self.#take(spec);
        self.#pump();
      })(this),
    );
  }

  cancel(id: string): void {
    this.#run(
      (function* (self: SimCoordinator): Task<void> {
        if (yield* self.#db(() => self.#around.record.endJob(id, 'cancelled'))) self.#drop(id);
      })(this),
    );
  }

  onLink(link: SimLink): { receive(message: ToCoordinator): void; closed(): void } {
    this.#links.add(link);
    let session: Session | undefined;
    return {
      receive: (message) => {
        if (!this.alive) return;
        if (message.type !== 'hello') {
          if (session) this.#handle(session, message);
          return;
        }
        if (session) return;
        this.#run(this.#admit(link, (made) => (session = made)));
      },
      closed: () => {
        this.#links.delete(link);
        if (this.alive && session) this.#left(session);
      },
    };
  }

  *#admit(link: SimLink, made: (session: Session) => void): Task<void> {
    const { record, timeline, capability } = this.#around;
    let standing: Standing;
    try {
      standing = yield* this.#db(() => record.past(link.peer, timeline.now - DENY_MS));
    } catch (error) {
      link.close();
      throw error;
    }
    const session = { link, standing, wanted: 0, testing: false, resumeMs: 0, failures: 0 };
    const older = this.#sessions.get(link.peer);
    this.#sessions.set(link.peer, session);
    made(session);
    if (older) {
      this.#end(this.scheduler.leave(link.peer), 'declined');
      older.link.close();
    }
    this.scheduler.join(link.peer, capability(link.peer));
    this.#send(session, { type: 'welcome' });
    // The link may have ended meanwhile, before there was a session to end.
    if (!link.isOpen) this.#left(session);
  }

  #left(session: Session): void {
    if (this.#sessions.get(session.link.peer) !== session) return;
    this.#sessions.delete(session.link.peer);
    this.#end(this.scheduler.leave(session.link.peer), 'declined');
    this.#pump();
  }

  #handle(session: Session, message: Exclude<ToCoordinator, { type: 'hello' }>): void {
    const { peer } = session.link;
    if (this.#sessions.get(peer) !== session) return;
    switch (message.type) {
      case 'ready':
        session.wanted = message.leases;
        session.testing = false;
        this.scheduler.setHungry(peer, message.leases > 0);
        this.#pump();
        return;
      case 'decline': {
        const lease = this.scheduler.lease(message.lease);
        if (lease?.peer !== peer) return;
        this.#failed(session);
        this.scheduler.release(lease.id);
        this.#end([lease], 'declined');
        this.#pump();
        return;
      }
      case 'commit':
        this.#run(this.#judgeAndTell(session, message.statement));
    }
  }

  *#judgeAndTell(session: Session, statement: Statement): Task<void> {
    const { id } = statement.lease;
    const { note, timeline } = this.#around;
    const forged =
      statement.signer !== session.link.peer || statement.lease.contributor !== session.link.peer;
    if (forged || statement.statedLease !== id || statement.lease.id.startsWith(FORGED)) {
      note(`${session.link.peer} claims ${id} falsely`);
      session.link.close();
      return;
    }
    while (this.#pending.has(id)) yield 5;
    this.#pending.add(id);
    let verdict: Verdict;
    try {
      verdict = yield* this.#judge(session.link, statement);
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      session.link.close();
      return;
    } finally {
      this.#pending.delete(id);
    }
    note(`${session.link.peer}’s ${id} is ${verdict.type}`);
    switch (verdict.type) {
      case 'verified':
        session.standing = afterVerified(session.standing);
        session.failures = 0;
        this.#send(session, { type: 'receipt', receipt: verdict.receipt });
        this.#cancel(verdict.superseded);
        yield* this.#advanced(statement.lease.job);
        break;
      case 'known':
        this.#send(session, { type: 'receipt', receipt: verdict.receipt });
        break;
      case 'stale':
        this.#send(session, { type: 'notice', code: 'stale', lease: id });
        break;
      case 'rejected':
        session.standing = afterRejected(session.standing, timeline.now);
        session.testing = true;
        this.#send(session, { type: 'notice', code: 'rejected', lease: id });
        this.#send(session, { type: 'self-test' });
        break;
      case 'interrupted':
        this.#failed(session);
    }
    this.#pump();
  }

  *#judge(link: SimLink, { lease, right }: Statement): Task<Verdict> {
    const { record, note } = this.#around;
    const { id, job, rect } = lease;
    const settled = yield* this.#db(() => record.shards.get(id));
    if (settled) return { type: 'known', receipt: settled };
    const spec = this.running.get(job);
    if (!spec || !this.scheduler.isUnverified(job, rect)) return { type: 'stale' };
    if ((yield* this.#db(() => record.leases.get(id)?.state)) === 'rejected') return { type: 'stale' };
    this.scheduler.commit(id);
    // A block of 256 KiB at a time; a wrong strip ends it.
    const blocks = right ? rect.rows * rect.cols : rect.cols;
    for (let block = 0; block < blocks; block++) {
      yield 20;
      if (link.isOpen) continue;
      this.scheduler.release(id);
      yield* this.#db(() => record.endLease(id, 'expired'));
      return this.scheduler.isUnverified(job, rect) ? { type: 'interrupted' } : { type: 'stale' };
    }
    if (!right) {
      this.scheduler.release(id);
      yield* this.#db(() => record.endLease(id, 'rejected'));
      return { type: 'rejected' };
    }
    let receipt: Settled | undefined;
    try {
      receipt = yield* this.#db(
        () => record.settle(lease),
        () => record.settleAborted(lease),
      );
    } catch (error) {
      note(`${id} cannot be settled: the disk fails`);
      this.scheduler.release(id);
      throw error;
    }
    if (!receipt) {
      this.scheduler.release(id);
      yield* this.#db(() => record.endLease(id, 'cancelled'));
      return { type: 'stale' };
    }
    const superseded = this.scheduler.verified(job, rect, id);
    const { rows, cols } = rectWork(spec, rect);
    this.scheduler.measured(lease.contributor, spec.dtype, { rate: rows * cols * spec.k, up: 1e7 });
    return { type: 'verified', receipt, superseded };
  }

  *#advanced(id: string): Task<void> {
    const spec = this.running.get(id);
    const progress = this.scheduler.progressOf(id);
    if (!spec || progress?.verified !== progress?.total || this.#finishing.has(id)) return;
    this.#finishing.add(id);
    try {
      // Its cells are read, its manifest is put.
      yield 10;
      if (yield* this.#db(() => this.#around.record.endJob(id, 'done'))) this.#around.note(`${id} is done`);
      this.#drop(id);
    } finally {
      this.#finishing.delete(id);
    }
  }

  #take(spec: JobSpec): void {
    const { cells, cols } = this.#around.record.jobs.get(spec.id)!;
    const verified: Rect[] = Array.from(cells.keys(), (cell) => ({
      row: Math.floor(cell / cols),
      col: cell % cols,
      rows: 1,
      cols: 1,
    }));
    this.scheduler.addJob(spec, verified);
    this.running.set(spec.id, spec);
  }

  #drop(id: string): void {
    this.running.delete(id);
    this.#cancel(this.scheduler.removeJob(id));
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    this.#around.timeline.in(0, () => {
      this.#pumping = false;
      if (this.alive) this.#giveOut();
    });
  }

  #giveOut(): void {
    const { timeline, granted } = this.#around;
    for (let again = true; again;) {
      again = false;
      for (const session of this.#sessions.values()) {
        const { peer } = session.link;
        const { now } = timeline;
        const room = Math.min(session.wanted, roomFor(session.standing, this.scheduler.held(peer)));
        if (session.testing || now < session.resumeMs || room <= 0) continue;
        if (pauseLeft(session.standing, now) > 0) continue;
        const lease = this.scheduler.next(peer, now);
        if (!lease) continue;
        session.wanted -= 1;
        again = true;
        granted(lease, session.standing);
        this.#run(this.#grant(session, lease));
      }
    }
  }

  *#grant(session: Session, lease: ActiveLease): Task<void> {
    const { id, job, peer, rect, issuedMs, deadlineMs } = lease;
    const { rows, cols } = rectWork(job, rect);
    const microcredits = microcreditsFor(rows, cols, job.k);
    const row: LeaseRow = { id, job: job.id, contributor: peer, rect, issuedMs, deadlineMs, microcredits };
    yield SEAL_MS;
    try {
      yield* this.#db(() => this.#around.record.recordLease(row));
      this.#send(session, { type: 'lease', lease: row });
      // One that ended while it was being recorded was not there to be ended.
      if (!this.scheduler.lease(id)) yield* this.#db(() => this.#around.record.endLease(id, 'declined'));
    } catch (error) {
      if (this.scheduler.release(id)) session.wanted += 1;
      this.#failed(session);
      throw error;
    }
  }

  #failed(session: Session): void {
    session.resumeMs =
      this.#around.timeline.now + Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** session.failures);
    session.failures += 1;
  }

  #cancel(leases: readonly ActiveLease[]): void {
    for (const { peer, id } of leases) {
      const session = this.#sessions.get(peer);
      if (session) this.#send(session, { type: 'cancel', lease: id });
    }
    this.#end(leases, 'cancelled');
  }

  #end(leases: readonly ActiveLease[], state: Exclude<LeaseState, 'open'>): void {
    if (leases.length === 0) return;
    const { record } = this.#around;
    this.#run(
      (function* (self: SimCoordinator): Task<void> {
        for (const { id } of leases) yield* self.#db(() => record.endLease(id, state));
      })(this),
    );
  }

  #tick(): void {
    this.#around.timeline.in(TICK_MS, () => {
      if (!this.alive) return;
      this.#end(this.scheduler.expire(this.#around.timeline.now), 'expired');
      for (const id of this.running.keys()) this.#run(this.#advanced(id));
      this.#pump();
      this.#tick();
    });
  }

  #send(session: Session, message: ToContributor): void {
    session.link.toContributor(message);
  }

  /** One statement or transaction: it waits, it happens as a whole or fails, and later the caller hears of it. */
  *#db<T>(happen: () => T, abort: () => void = () => {}): Task<T> {
    const { timeline, disk } = this.#around;
    const { waitMs, fails, takesTurns } = disk();
    // Half of the time is the way there; between happening and hearing of it there is room for a death.
    const start = takesTurns ? Math.max(timeline.now, this.#turn) : timeline.now;
    if (takesTurns) this.#turn = start + waitMs;
    yield start - timeline.now + waitMs / 2;
    if (fails) {
      abort();
      throw new DiskError('the disk fails');
    }
    const value = happen();
    yield waitMs / 2;
    return value;
  }

  #run(task: Task<void>): void {
    runTask(
      this.#around.timeline,
      task,
      () => this.alive,
      (error) => {
        // As the dispatcher does: reported, and life goes on.
        if (!(error instanceof DiskError)) throw error;
        this.#around.note('the disk fails');
      },
    );
  }
}

type Verdict =
  | { readonly type: 'verified'; readonly receipt: Settled; readonly superseded: ActiveLease[] }
  | { readonly type: 'known'; readonly receipt: Settled }
  | { readonly type: 'stale' | 'rejected' | 'interrupted' };
