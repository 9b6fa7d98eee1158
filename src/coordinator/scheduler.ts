/**
 * The scheduler: who computes which rectangle until when. A pure core: no I/O, no clock of its own
 * (every call that needs the time is told it) and its randomness is injected, so the same calls with
 * the same seed give the same leases (DESIGN §8.8).
 */
import { toHex } from '../core/bytes.ts';
import { AppError } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';
import type { Dtype } from '../matrix/dtype.ts';
import { Contributor, type Measured, type Sample } from './contributor.ts';
import type { Rect } from './grid.ts';
import { type JobBound, JobPlan } from './job-plan.ts';
import { LateLeases, lateAt } from './late-leases.ts';
import { LeaseBook } from './lease-book.ts';
import type { Choice } from './rectangle.ts';
import type { Held } from './standing.ts';
import { type ActiveLease, type Capability, type JobSpec, overlaps } from './work.ts';

const MIN_DEADLINE_MS = 30_000;
const MAX_DEADLINE_MS = 15 * 60_000;
/** A lease may take this many times longer than expected before its cells are given to others. */
const PATIENCE = 4;

export class Scheduler {
  readonly #rng: Rng;
  readonly #jobs = new Map<string, JobPlan>();
  /** The same jobs, the next to be served first. */
  #ordered: JobPlan[] = [];
  readonly #contributors = new Map<string, Contributor>();
  readonly #leases = new LeaseBook();
  /** Leases of other coordinators, in parts of C that are this one's by now. */
  readonly #adopted = new Set<string>();
  readonly #shares: boolean;
  readonly #late = new LateLeases();
  /** Projects that get no lease. */
  #paused: ReadonlySet<string> = new Set();

  /** @param shares - with other coordinators: of a new job nothing is its own to lease out before `confine` says so */
  constructor(rng: Rng, { shares = false }: { readonly shares?: boolean } = {}) {
    this.#rng = rng;
    this.#shares = shares;
  }

  addJob(spec: JobSpec, verified: readonly Rect[] = []): void {
    const plan = new JobPlan(spec, verified);
    if (this.#shares) plan.confine([]);
    this.#jobs.set(spec.id, plan);
    this.#order();
  }

  /**
   * Only these parts of a job are this coordinator's to lease out; undefined: all of it is.
   * @returns true when there is more to lease out than before
   */
  confine(job: string, ours: readonly Rect[] | undefined): boolean {
    return this.#jobs.get(job)?.confine(ours) ?? false;
  }

  /** A lease that another coordinator gave: nobody gets its cells before it is over. False when it is pointless. */
  adopt(lease: ActiveLease): boolean {
    const grid = this.#jobs.get(lease.job.id)?.grid;
    if (!grid?.isUnverified(lease.rect) || this.#leases.get(lease.id)) return false;
    grid.lease(lease.rect);
    this.#adopted.add(lease.id);
    this.#leases.add(lease);
    this.#late.added(lease);
    return true;
  }

  adopted(): ActiveLease[] {
    return Array.from(this.#adopted, (id) => this.#leases.get(id)).filter((lease) => lease !== undefined);
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
    return Array.from(this.#leases.of(peer));
  }

  heldBy(peer: string): number {
    return this.#leases.of(peer).size;
  }

  /** Leases that the peer has in flight. */
  held(peer: string): Held {
    return this.#leases.held(peer);
  }

  leases(): ActiveLease[] {
    return this.#leases.all();
  }

  lease(id: string): ActiveLease | undefined {
    return this.#leases.get(id);
  }

  progressOf(job: string): { verified: number; open: number; total: number } | undefined {
    const grid = this.#jobs.get(job)?.grid;
    return grid && { verified: grid.verifiedCells, open: grid.openCells, total: grid.rows * grid.cols };
  }

  /** Cells of a rectangle that are not verified, and how many of them are leased. */
  tally(job: string, rect: Rect): { readonly left: number; readonly leased: number } {
    return this.#jobs.get(job)?.grid.tally(rect) ?? { left: 0, leased: 0 };
  }

  /** Cells a second that those who work, or want to, would do of the job that comes first. */
  speed(): number {
    const [plan] = this.#ordered;
    let total = 0;
    if (!plan) return total;
    for (const each of this.#contributors.values()) {
      if (each.hungry || this.heldBy(each.peer) > 0) total += plan.speedOf(each);
    }
    return total;
  }

  isUnverified(job: string, rect: Rect): boolean {
    return this.#jobs.get(job)?.grid.isUnverified(rect) ?? false;
  }

  /** The next lease for this contributor, or undefined when nothing suits it now. */
  next(peer: string, now: number): ActiveLease | undefined {
    const contributor = this.#contributors.get(peer);
    if (!contributor) throw new AppError('internal', 'a lease for an unknown contributor');
    const busy = (of: string): number => this.#leases.secondsLeft(of, now);
    for (const plan of this.#ordered) {
      if (!this.#mayDo(contributor, plan.spec)) continue;
      const choice = plan.next(contributor, busy, () => this.sharers(plan.spec.project, contributor));
      if (choice) return this.#grant(contributor, plan, choice, now);
    }
    return this.#copy(contributor, now);
  }

  /** Leases of these projects go on; there are no new ones until they are named no more. */
  pause(projects: Iterable<string>): void {
    this.#paused = new Set(projects);
  }

  #mayDo(contributor: Contributor, { project }: JobSpec): boolean {
    return contributor.suits(project) && !this.#paused.has(project);
  }

  /** Those who could take part in such a job now. @param project - undefined: any */
  *sharers(project: string | undefined, asking?: Contributor): Iterable<Contributor> {
    for (const each of this.#contributors.values()) {
      const works = each === asking || each.hungry || this.heldBy(each.peer) > 0;
      if (works && (project === undefined || each.suits(project))) yield each;
    }
  }

  /** Nothing is open: a second copy of a lease that is late, if somebody else holds it. */
  #copy(contributor: Contributor, now: number): ActiveLease | undefined {
    const lease = this.#late.take(
      now,
      () => this.leases(),
      (each) => this.#wantsCopy(each, now),
      (each) => this.#mayCopy(each, contributor, now),
    );
    const plan = lease && this.#jobs.get(lease.job.id);
    if (!plan) return undefined;
    return this.#grant(contributor, plan, { rect: lease.rect, seconds: lease.seconds }, now);
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
    if (!this.#leases.get(id) || !this.#jobs.has(job.id) || !this.#mayDo(contributor, job)) return false;
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
    const expectedMs = 1000 * (plan.secondsFor(contributor, rect) + this.#leases.secondsHeld(peer));
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
    this.#leases.add(lease);
    this.#late.added(lease);
    return lease;
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

  /**
   * Marks a rectangle verified; returns other live leases that have become pointless.
   * @param elsewhere - another coordinator has verified it
   */
  verified(job: string, rect: Rect, leaseId: string, elsewhere = false): ActiveLease[] {
    const own = this.#forget(leaseId);
    const plan = this.#jobs.get(job);
    if (!plan) return [];
    const shared = plan.grid.liveLeases(rect) > (own ? 1 : 0);
    if (elsewhere) plan.verifiedElsewhere(rect);
    else plan.grid.verify(rect);
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

  measuredOf(peer: string): Measured | undefined {
    return this.#contributors.get(peer)?.known;
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
    this.#adopted.delete(id);
    return this.#leases.forget(id);
  }

  #endAll(over: (lease: ActiveLease) => boolean): ActiveLease[] {
    const ended = this.leases().filter(over);
    for (const lease of ended) this.release(lease.id);
    return ended;
  }
}
