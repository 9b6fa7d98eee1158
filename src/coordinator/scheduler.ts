/**
 * The scheduler: who computes which rectangle until when. A pure core: no I/O, no clock of its own
 * (every call that needs the time is told it) and its randomness is injected, so the same calls with
 * the same seed give the same leases (DESIGN §8.8).
 */
import { toHex } from '../core/bytes.ts';
import { AppError } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';
import type { Dtype } from '../matrix/dtype.ts';
import { Contributor, type Sample } from './contributor.ts';
import type { Rect } from './grid.ts';
import { type JobBound, JobPlan } from './job-plan.ts';
import type { Choice } from './rectangle.ts';
import type { Held } from './standing.ts';
import { type ActiveLease, type Capability, type JobSpec, overlaps } from './work.ts';

const MIN_DEADLINE_MS = 30_000;
const MAX_DEADLINE_MS = 15 * 60_000;
/** A lease may take this many times longer than expected before its cells are given to others. */
const PATIENCE = 4;
/** A lease is late for somebody idle after this, however slow its holder says it is: leases last 5–60 s. */
const MAX_WAIT_MS = 60_000;
/** How often late leases that have a copy are looked at again. */
const LOOK_MS = 250;
/** Of a lease that should be over. */
const LEFT_AT_LEAST = 0.1;

export class Scheduler {
  readonly #rng: Rng;
  readonly #jobs = new Map<string, JobPlan>();
  /** The same jobs, the next to be served first. */
  #ordered: JobPlan[] = [];
  readonly #contributors = new Map<string, Contributor>();
  readonly #leases = new Map<string, ActiveLease>();
  /** The same leases by contributor: asked for at every message of every one of them. */
  readonly #held = new Map<string, Set<ActiveLease>>();
  /** None but those that were late when they were last looked for is late before this. */
  #lateFrom = Infinity;
  /** Late leases that wanted a copy when they were last looked for, the oldest first. */
  #late: ActiveLease[] = [];
  #lookAgainMs = Infinity;

  constructor(rng: Rng) {
    this.#rng = rng;
  }

  addJob(spec: JobSpec, verified: readonly Rect[] = []): void {
    this.#jobs.set(spec.id, new JobPlan(spec, verified));
    this.#order();
  }

  /** Forgets the job and returns its live leases, which are to be cancelled. */
  removeJob(id: string): ActiveLease[] {
    this.#jobs.delete(id);
    this.#order();
    return this.#endAll((lease) => lease.job.id === id);
  }

  join(peer: string, capability: Capability): void {
    this.#contributors.set(peer, new Contributor(peer, capability));
  }

  /** Forgets the contributor; its uncommitted leases are open again and are returned. */
  leave(peer: string): ActiveLease[] {
    this.#contributors.delete(peer);
    for (const plan of this.#ordered) plan.left(peer);
    const open = this.leasesOf(peer).filter(({ committed }) => !committed);
    for (const { id } of open) this.release(id);
    return open;
  }

  setHungry(peer: string, hungry: boolean): void {
    const contributor = this.#contributors.get(peer);
    if (contributor) contributor.hungry = hungry;
  }

  /** From its next lease on, it computes for these projects only; for any when there are none. */
  choose(peer: string, projects: readonly string[]): void {
    const contributor = this.#contributors.get(peer);
    if (!contributor) return;
    contributor.projects = projects;
    for (const plan of this.#ordered) if (!contributor.suits(plan.spec.project)) plan.left(peer);
  }

  evicted(peer: string, blocks: number): void {
    this.#contributors.get(peer)?.holdings.evicted(blocks);
  }

  leasesOf(peer: string): ActiveLease[] {
    return Array.from(this.#held.get(peer) ?? []);
  }

  /** How many leases the peer has in flight. */
  heldBy(peer: string): number {
    return this.#held.get(peer)?.size ?? 0;
  }

  /** Leases that the peer has in flight. */
  held(peer: string): Held {
    const leases = this.#held.get(peer) ?? [];
    let committed = 0;
    for (const lease of leases) if (lease.committed) committed += 1;
    return { leases: this.heldBy(peer), committed };
  }

  leases(): ActiveLease[] {
    return Array.from(this.#leases.values());
  }

  lease(id: string): ActiveLease | undefined {
    return this.#leases.get(id);
  }

  progressOf(job: string): { verified: number; open: number; total: number } | undefined {
    const grid = this.#jobs.get(job)?.grid;
    return grid && { verified: grid.verifiedCells, open: grid.openCells, total: grid.rows * grid.cols };
  }

  isUnverified(job: string, rect: Rect): boolean {
    return this.#jobs.get(job)?.grid.isUnverified(rect) ?? false;
  }

  /** The next lease for this contributor, or undefined when nothing suits it now. */
  next(peer: string, now: number): ActiveLease | undefined {
    const contributor = this.#contributors.get(peer);
    if (!contributor) throw new AppError('internal', 'a lease for an unknown contributor');
    const busy = (of: string): number => this.#secondsLeft(of, now);
    for (const plan of this.#ordered) {
      if (!contributor.suits(plan.spec.project)) continue;
      const choice = plan.next(contributor, busy, () => this.#sharers(plan.spec, contributor));
      if (choice) return this.#grant(contributor, plan, choice, now);
    }
    return this.#copy(contributor, now);
  }

  /** Those who could take part in this job now. */
  *#sharers({ project }: JobSpec, asking: Contributor): Iterable<Contributor> {
    for (const each of this.#contributors.values()) {
      const works = each === asking || each.hungry || this.heldBy(each.peer) > 0;
      if (works && each.suits(project)) yield each;
    }
  }

  /** Nothing is open: a second copy of a lease that is late, if somebody else holds it. */
  #copy(contributor: Contributor, now: number): ActiveLease | undefined {
    if (now > this.#lateFrom || now >= this.#lookAgainMs) this.#lookForLate(now);
    const at = this.#late.findIndex((each) => this.#mayCopy(each, contributor, now));
    const lease = this.#late[at];
    const plan = lease && this.#jobs.get(lease.job.id);
    if (!lease || !plan) return undefined;
    this.#late.splice(at, 1);
    return this.#grant(contributor, plan, { rect: lease.rect, seconds: lease.seconds }, now);
  }

  /** Once for all who ask: at the end of a job these are thousands at once. */
  #lookForLate(now: number): void {
    this.#late = [];
    this.#lateFrom = Infinity;
    this.#lookAgainMs = Infinity;
    for (const lease of this.#leases.values()) {
      if (now <= lateAt(lease)) {
        this.#lateFrom = Math.min(this.#lateFrom, lateAt(lease));
      } else {
        this.#lookAgainMs = now + LOOK_MS;
        if (this.#wantsCopy(lease, now)) this.#late.push(lease);
      }
    }
    this.#late.sort((x, y) => x.issuedMs - y.issuedMs);
  }

  /** A copy goes to somebody idle, and the next one when that is late as well: the two may be in league. */
  #wantsCopy({ job, rect }: ActiveLease, now: number): boolean {
    const plan = this.#jobs.get(job.id);
    if (!plan) return false;
    if (plan.grid.liveLeases(rect) === 1) return true;
    const all = this.leases().filter((other) => other.job.id === job.id && overlaps(other.rect, rect));
    return all.every((other) => now > lateAt(other));
  }

  #mayCopy(lease: ActiveLease, contributor: Contributor, now: number): boolean {
    const { id, job, rect } = lease;
    if (!this.#leases.has(id) || now <= lateAt(lease) || !contributor.suits(job.project)) return false;
    const own = this.leasesOf(contributor.peer);
    const holds = own.some((other) => other.job.id === job.id && overlaps(other.rect, rect));
    return !holds && this.#isSooner(contributor, lease, now) && this.#wantsCopy(lease, now);
  }

  /** What has taken so long may take as long again: a copy that would be no sooner is only work done twice. */
  #isSooner(contributor: Contributor, { job, rect, issuedMs }: ActiveLease, now: number): boolean {
    const plan = this.#jobs.get(job.id);
    return plan !== undefined && 1000 * plan.secondsFor(contributor, rect) <= now - issuedMs;
  }

  #grant(contributor: Contributor, plan: JobPlan, { rect, seconds }: Choice, now: number): ActiveLease {
    const { peer } = contributor;
    const held = this.#held.get(peer) ?? new Set();
    const expectedMs = 1000 * (plan.secondsFor(contributor, rect) + this.#secondsHeld(peer));
    const patience = Math.min(MAX_DEADLINE_MS, Math.max(MIN_DEADLINE_MS, PATIENCE * expectedMs));
    const lease: ActiveLease = {
      id: toHex(this.#rng.bytes(16)),
      job: plan.spec,
      peer,
      rect,
      issuedMs: now,
      deadlineMs: Math.round(now + patience),
      expectedMs,
      seconds,
      committed: false,
    };
    plan.leased(contributor, rect, now);
    this.#leases.set(lease.id, lease);
    this.#held.set(peer, held.add(lease));
    this.#lateFrom = Math.min(this.#lateFrom, lateAt(lease));
    return lease;
  }

  /** Of the slowest resource, for all leases in flight: they overlap, but share it. */
  #secondsHeld(peer: string): number {
    let total = 0;
    for (const { seconds } of this.#held.get(peer) ?? []) total += seconds;
    return total;
  }

  /**
   * The same less what has passed, which is some of the work at most: some of it is never sooner than expected.
   * 0 for somebody who is overdue with a lease, whatever speed it claims: nobody waits for that.
   */
  #secondsLeft(peer: string, now: number): number {
    const all = this.#secondsHeld(peer);
    let since = now;
    for (const lease of this.#held.get(peer) ?? []) {
      if (now > lateAt(lease)) return 0;
      since = Math.min(since, lease.issuedMs);
    }
    return Math.max(LEFT_AT_LEAST * all, all - (now - since) / 1000);
  }

  commit(id: string): void {
    const lease = this.#leases.get(id);
    if (lease) lease.committed = true;
  }

  /** The lease is over without a verified result: its cells are open again. */
  release(id: string): ActiveLease | undefined {
    const lease = this.#forget(id);
    if (!lease) return undefined;
    this.#jobs.get(lease.job.id)?.grid.release(lease.rect);
    return lease;
  }

  /** Marks a rectangle verified; returns other live leases that have become pointless. */
  verified(job: string, rect: Rect, leaseId: string): ActiveLease[] {
    const own = this.#forget(leaseId);
    const plan = this.#jobs.get(job);
    if (!plan) return [];
    const shared = plan.grid.liveLeases(rect) > (own ? 1 : 0);
    plan.grid.verify(rect);
    return shared ? this.#endAll((lease) => lease.job.id === job && overlaps(lease.rect, rect)) : [];
  }

  /** Leases past their deadline; their cells are open again. A late result is still welcome. */
  expire(now: number): ActiveLease[] {
    return this.#endAll((lease) => !lease.committed && lease.deadlineMs <= now);
  }

  /** What a contributor says that it receives, bytes a second; 0 when it does not know. */
  receives(peer: string, bytesPerSecond: number): void {
    const contributor = this.#contributors.get(peer);
    if (!contributor) return;
    contributor.receives(bytesPerSecond);
    for (const plan of this.#ordered) plan.notice(contributor);
  }

  /** What one finished shard taught about a contributor. */
  measured(peer: string, dtype: Dtype, sample: Sample): void {
    this.#contributors.get(peer)?.measured(dtype, sample);
  }

  /** A contributor's result of this job was verified; it travelled so much smaller than it is: 0…1. */
  delivered(job: string, peer: string, packed: number): void {
    const contributor = this.#contributors.get(peer);
    if (contributor) this.#jobs.get(job)?.delivered(contributor, packed);
  }

  /** What is verified of a job could have taken at best, with those who took part; undefined before there is any. */
  boundOf(job: string): JobBound | undefined {
    return this.#jobs.get(job)?.bound();
  }

  #order(): void {
    this.#ordered = Array.from(this.#jobs.values()).sort(
      ({ spec: x }, { spec: y }) =>
        y.priority - x.priority ||
        (x.deadlineMs ?? Infinity) - (y.deadlineMs ?? Infinity) ||
        x.createdMs - y.createdMs,
    );
  }

  #forget(id: string): ActiveLease | undefined {
    const lease = this.#leases.get(id);
    if (!lease) return undefined;
    this.#leases.delete(id);
    const held = this.#held.get(lease.peer);
    held?.delete(lease);
    if (held?.size === 0) this.#held.delete(lease.peer);
    return lease;
  }

  #endAll(over: (lease: ActiveLease) => boolean): ActiveLease[] {
    const ended = this.leases().filter(over);
    for (const lease of ended) this.release(lease.id);
    return ended;
  }
}

/** When a copy may be given: also of a committed result, which may stall on its way. */
function lateAt({ issuedMs, expectedMs }: ActiveLease): number {
  return issuedMs + Math.min(MAX_WAIT_MS, 1.5 * expectedMs + 2000);
}
