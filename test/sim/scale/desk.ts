/**
 * The coordinator as dispatcher and judge make it, without disk and network: the real scheduler, the real standing,
 * the ledger's arithmetic. Its own link and processor are taken to be as fast as its contributors need. Those who
 * wait for work are asked for once a second, where the dispatcher does so whenever anything has happened.
 */
import type { Rng } from '../../../src/core/rng.ts';
import { BLOCK_BYTES } from '../../../src/matrix/blocks.ts';
import {
  NEW_STANDING,
  type Standing,
  afterRejected,
  afterVerified,
  pauseLeft,
  roomFor,
} from '../../../src/coordinator/standing.ts';
import type { ActiveLease, JobSpec } from '../../../src/coordinator/work.ts';
import type { Timeline } from '../timeline.ts';
import { Books } from './books.ts';
import { type Machine, multiplyAdds, verifyMs } from './machine.ts';
import type { Tally } from './tally.ts';
import { TimedScheduler } from './timed-scheduler.ts';
import type { Visitor } from './visitor.ts';

interface Session {
  readonly visitor: Visitor;
  wanted: number;
  testing: boolean;
  /** Results on their way, by lease. */
  readonly pulling: Map<string, ActiveLease>;
  /** What its link had taken up at its last result. */
  carried: Carried;
}

interface Carried {
  readonly bytes: number;
  readonly ms: number;
}

interface Result {
  readonly gpuMs: number;
  readonly forged: boolean;
}

const TICK_MS = 1000;
/** Signing a lease and putting it on record. */
const GRANT_MS = 2;
/** Less is no measure of a link (src/coordinator/link-meter.ts). */
const MIN_SAMPLE_MS = 50;
const ENTRY_BYTES_UNPACKED = 4;

export class Desk {
  readonly scheduler: TimedScheduler;
  readonly books = new Books();
  /** Since when no cell has been open. */
  tailSinceMs: number | undefined;
  /** Asked of the scheduler in vain. */
  vainAsks = 0;
  /** Asks of a dispatcher that asks for everybody with room whenever anything has happened; here a tick must do. */
  eagerAsks = 0;
  #isOpen = false;
  readonly #timeline: Timeline;
  readonly #tally: Tally;
  readonly #packed: number;
  readonly #jobs = new Map<string, JobSpec>();
  readonly #sessions = new Map<string, Session>();
  readonly #standings = new Map<string, Standing>();
  /** Those with room for a lease, longest waiting first. */
  readonly #waiting = new Set<Session>();

  /** @param entryBytes - an entry of C on the wire */
  constructor(timeline: Timeline, tally: Tally, rng: Rng, entryBytes: number) {
    this.#timeline = timeline;
    this.#tally = tally;
    this.#packed = entryBytes / ENTRY_BYTES_UNPACKED;
    this.scheduler = new TimedScheduler(rng);
    this.#tick();
  }

  get isDone(): boolean {
    return this.#isOpen && this.#jobs.size === 0;
  }

  open(jobs: readonly JobSpec[]): void {
    this.#isOpen = true;
    for (const [i, job] of jobs.entries()) {
      this.#jobs.set(job.id, job);
      this.books.open(job, i % 2 === 1);
      this.scheduler.call('rest', (scheduler) => scheduler.addJob(job));
    }
    this.#askAll();
  }

  hello(visitor: Visitor): void {
    const { name, machine, capability } = visitor;
    if (!this.#standings.has(name)) {
      this.#standings.set(name, { ...NEW_STANDING, verifiedInARow: machine.profile.verifiedInARow });
    }
    const carried = carriedBy(machine);
    this.#sessions.set(name, { visitor, wanted: 0, testing: false, pulling: new Map(), carried });
    this.#tally.note(`${name} comes`);
    this.scheduler.call('rest', (scheduler) => scheduler.join(name, capability));
    visitor.ready();
  }

  /** @param down - bytes a second that it receives, 0 when it does not know */
  ready(visitor: Visitor, leases: number, down: number): void {
    const session = this.#sessions.get(visitor.name)!;
    session.wanted = leases;
    session.testing = false;
    this.scheduler.call('rest', (scheduler) => {
      scheduler.setHungry(visitor.name, leases > 0);
      scheduler.receives(visitor.name, down);
    });
    this.#ask(session);
    this.#look();
  }

  evicted({ name }: Visitor, bytes: number): void {
    if (bytes === 0) return;
    this.scheduler.call('rest', (scheduler) => scheduler.evicted(name, Math.floor(bytes / BLOCK_BYTES)));
  }

  goodbye({ name }: Visitor): void {
    const session = this.#sessions.get(name)!;
    session.wanted = 0;
    this.#waiting.delete(session);
    this.scheduler.call('rest', (scheduler) => scheduler.setHungry(name, false));
  }

  closed({ name }: Visitor): void {
    const session = this.#sessions.get(name)!;
    this.#sessions.delete(name);
    this.#waiting.delete(session);
    this.#tally.note(`${name} has gone`);
    const left = this.scheduler.call('leave', (scheduler) => scheduler.leave(name));
    for (const { id } of left) this.#tally.failed(id, 'left');
    for (const { id } of session.pulling.values()) {
      this.#tally.failed(id, 'interrupted');
      this.scheduler.call('rest', (scheduler) => scheduler.release(id));
    }
    this.#look();
  }

  commit(visitor: Visitor, lease: ActiveLease, result: Result): void {
    const session = this.#sessions.get(visitor.name)!;
    if (result.forged) this.#tally.forged(lease.id);
    if (!this.#isWanted(lease)) {
      this.#refuse(session, lease);
      return;
    }
    this.scheduler.call('rest', (scheduler) => scheduler.commit(lease.id));
    session.pulling.set(lease.id, lease);
    // A forgery shows in the first strip that is checked.
    visitor.pull(lease, result.forged ? 1 / lease.rect.rows : 1, () => {
      // The other strips were checked while this one came.
      this.#timeline.in(verifyMs(lease) / lease.rect.rows, () => {
        if (!session.pulling.delete(lease.id)) return;
        this.#judge(session, lease, result);
      });
    });
  }

  #judge(session: Session, lease: ActiveLease, { forged, gpuMs }: Result): void {
    const { visitor } = session;
    const standing = this.#standings.get(visitor.name)!;
    if (!this.#isWanted(lease)) {
      this.#refuse(session, lease);
    } else if (forged) {
      this.#tally.failed(lease.id, 'rejected');
      this.scheduler.call('rest', (scheduler) => scheduler.release(lease.id));
      this.#standings.set(visitor.name, afterRejected(standing, this.#timeline.now));
      session.testing = true;
      visitor.rejected(lease.id);
    } else {
      this.#settle(session, lease, gpuMs);
      this.#standings.set(visitor.name, afterVerified(standing));
      visitor.judged(lease.id);
      this.#ask(session);
    }
    this.#look();
  }

  #settle(session: Session, lease: ActiveLease, gpuMs: number): void {
    const { id, job, peer, rect } = lease;
    this.books.credit(lease);
    this.#tally.done(lease);
    const pointless = this.scheduler.call('verified', (scheduler) => scheduler.verified(job.id, rect, id));
    this.#cancel(pointless);
    const rate = gpuMs > 0 ? (multiplyAdds(job, lease) * 1000) / gpuMs : 0;
    const up = this.#upOf(session);
    this.scheduler.call('rest', (scheduler) => scheduler.measured(peer, job.dtype, { rate, up }));
    this.scheduler.call('rest', (scheduler) => scheduler.delivered(job.id, peer, this.#packed));
    const progress = this.scheduler.untimed.progressOf(job.id)!;
    if (progress.verified < progress.total) return;
    this.#jobs.delete(job.id);
    this.books.close(job);
    this.#tally.note(`${job.id} is done`);
    this.#cancel(this.scheduler.call('rest', (scheduler) => scheduler.removeJob(job.id)));
  }

  /** Bytes a second since the last result, while there was something to carry. */
  #upOf(session: Session): number {
    const now = carriedBy(session.visitor.machine);
    const last = session.carried;
    session.carried = now;
    return rateOf(now.bytes - last.bytes, now.ms - last.ms);
  }

  #cancel(leases: readonly ActiveLease[]): void {
    for (const { id, peer } of leases) {
      this.#tally.failed(id, 'cancelled');
      this.#sessions.get(peer)?.visitor.cancelled(id);
    }
  }

  #refuse(session: Session, lease: ActiveLease): void {
    this.#tally.failed(lease.id, 'stale');
    this.scheduler.call('rest', (scheduler) => scheduler.release(lease.id));
    session.visitor.judged(lease.id);
  }

  #isWanted({ job, rect }: ActiveLease): boolean {
    return this.#jobs.has(job.id) && this.scheduler.untimed.isUnverified(job.id, rect);
  }

  #roomOf({ visitor: { name }, wanted, testing }: Session): number {
    const standing = this.#standings.get(name)!;
    if (testing || pauseLeft(standing, this.#timeline.now) > 0) return 0;
    return Math.min(wanted, roomFor(standing, this.scheduler.untimed.held(name)));
  }

  /** As many leases as it has room for. */
  #ask(session: Session): void {
    while (this.#give(session));
  }

  /** Round by round, as the dispatcher does: one that is quick does not take everything first. */
  #askAll(): void {
    let asked = [...this.#waiting];
    while (asked.length > 0 && !this.isDone) asked = asked.filter((session) => this.#give(session));
  }

  /** True when it was given a lease, and may have room for another. */
  #give(session: Session): boolean {
    if (this.#roomOf(session) === 0) {
      this.#waiting.delete(session);
      return false;
    }
    this.#waiting.add(session);
    if (this.isDone) return false;
    const before = this.#openCells();
    const { visitor } = session;
    const lease = this.scheduler.call('next', (scheduler) =>
      scheduler.next(visitor.name, this.#timeline.now),
    );
    if (!lease) {
      this.vainAsks += 1;
      return false;
    }
    const after = this.#openCells();
    this.#tally.granted(lease, after === before);
    if (after > 0) this.tailSinceMs = undefined;
    else this.tailSinceMs ??= this.#timeline.now;
    session.wanted -= 1;
    this.#timeline.in(GRANT_MS, () => {
      visitor.leased(lease);
    });
    return true;
  }

  #openCells(): number {
    let open = 0;
    for (const id of this.#jobs.keys()) open += this.scheduler.untimed.progressOf(id)!.open;
    return open;
  }

  #tick(): void {
    this.#timeline.in(TICK_MS, () => {
      if (this.#jobs.size > 0) {
        const expired = this.scheduler.call('expire', (scheduler) => scheduler.expire(this.#timeline.now));
        for (const { id, peer } of expired) {
          this.#tally.failed(id, 'expired');
          const session = this.#sessions.get(peer);
          if (session) this.#waiting.add(session);
        }
        this.#askAll();
      }
      this.#tick();
    });
  }

  #look(): void {
    this.eagerAsks += this.#waiting.size;
  }
}

function carriedBy({ up }: Machine): Carried {
  return { bytes: up.moved, ms: up.busyMs };
}

function rateOf(bytes: number, ms: number): number {
  return bytes >= BLOCK_BYTES ? (bytes * 1000) / Math.max(MIN_SAMPLE_MS, ms) : 0;
}
