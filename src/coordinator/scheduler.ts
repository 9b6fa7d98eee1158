/**
 * The scheduler: who computes which rectangle until when. A pure core: no I/O, no clock of its own
 * (every call that needs the time is told it) and its randomness is injected, so the same calls with
 * the same seed give the same leases (DESIGN §8.8).
 */
import { toHex } from '../core/bytes.ts';
import { AppError } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';
import { BLOCK_BYTES, BLOCK_ROWS, colBlocks, rowBlocks } from '../matrix/blocks.ts';
import { type Dtype, VALUE_BYTES } from '../matrix/dtype.ts';
import { Grid, type Rect } from './grid.ts';
import { Holdings } from './holdings.ts';
import { type Speed, chooseRect } from './rectangle.ts';
import { type ActiveLease, type Capability, type JobSpec, overlaps } from './work.ts';

interface JobState {
  readonly spec: JobSpec;
  readonly grid: Grid;
}

interface Contributor {
  capability: Capability;
  readonly holdings: Holdings;
  speed: { down: number; up: number; rates: Record<Dtype, number> };
  readonly last: Map<string, Rect>;
  /** Wants work and may have some. */
  hungry: boolean;
}

/** Assumed of an unknown link until the first shard has been measured: 8 Mbit/s both ways. */
const UNKNOWN_LINK = 1_000_000;
/** Assumed of a GPU that did not say: what a software adapter does. */
const UNKNOWN_RATE = 5e8;
const MIN_DEADLINE_MS = 30_000;
const MAX_DEADLINE_MS = 15 * 60_000;
/** A lease may take this many times longer than expected before its cells are given to others. */
const PATIENCE = 4;
/** A lease is late for somebody idle after this, however slow its holder says it is: leases last 5–60 s. */
const MAX_WAIT_MS = 60_000;
/** A copy of a late lease goes to somebody idle, one at a time (facts: trust §4). */
const MAX_COPIES = 2;
const SMOOTHING = 0.3;

export class Scheduler {
  readonly #rng: Rng;
  readonly #jobs = new Map<string, JobState>();
  /** The same jobs, the next to be served first. */
  #ordered: JobState[] = [];
  readonly #contributors = new Map<string, Contributor>();
  readonly #leases = new Map<string, ActiveLease>();
  /** The same leases by contributor: asked for at every message of every one of them. */
  readonly #held = new Map<string, Set<ActiveLease>>();

  constructor(rng: Rng) {
    this.#rng = rng;
  }

  addJob(spec: JobSpec, verified: readonly Rect[] = []): void {
    const grid = new Grid(rowBlocks(spec), Math.ceil(spec.cols / BLOCK_ROWS));
    for (const rect of verified) grid.verify(rect);
    this.#jobs.set(spec.id, { spec, grid });
    this.#order();
  }

  /** Forgets the job and returns its live leases, which are to be cancelled. */
  removeJob(id: string): ActiveLease[] {
    this.#jobs.delete(id);
    this.#order();
    return this.#endAll((lease) => lease.job.id === id);
  }

  join(peer: string, capability: Capability): void {
    this.#contributors.set(peer, {
      capability,
      holdings: new Holdings(capability.operandBytes),
      speed: {
        down: capability.downBytesPerSecond || UNKNOWN_LINK,
        up: capability.upBytesPerSecond || UNKNOWN_LINK,
        rates: { ...capability.rates },
      },
      last: new Map(),
      hungry: false,
    });
  }

  /** Forgets the contributor; its uncommitted leases are open again and are returned. */
  leave(peer: string): ActiveLease[] {
    this.#contributors.delete(peer);
    return this.#endAll((lease) => lease.peer === peer && !lease.committed);
  }

  setHungry(peer: string, hungry: boolean): void {
    const contributor = this.#contributors.get(peer);
    if (contributor) contributor.hungry = hungry;
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
    const { projects } = contributor.capability;
    const suits = ({ spec }: JobState): boolean => projects.length === 0 || projects.includes(spec.project);
    for (const job of this.#ordered) {
      if (job.grid.openCells === 0 || !suits(job)) continue;
      const lease = this.#fresh(peer, contributor, job, now);
      if (lease) return lease;
    }
    return this.#copy(peer, contributor, suits, now);
  }

  #fresh(
    peer: string,
    contributor: Contributor,
    { spec, grid }: JobState,
    now: number,
  ): ActiveLease | undefined {
    const kBlocks = colBlocks({ dtype: spec.dtype, rows: 1, cols: spec.k });
    const { holdings, capability } = contributor;
    const sharers = Array.from(this.#contributors.values()).filter((other) => other.hungry).length;
    const choice = chooseRect(
      grid,
      {
        k: spec.k,
        kBlocks,
        stripBytes: BLOCK_ROWS * spec.k * VALUE_BYTES[spec.dtype],
        heldRow: (row) => holdings.has(spec.a, row),
        heldCol: (col) => holdings.has(spec.b, col),
      },
      this.#speedFor(contributor, spec.dtype),
      {
        pages: Math.floor(capability.operandBytes / BLOCK_BYTES),
        cells: Math.max(1, Math.floor(capability.resultBytes / BLOCK_BYTES / 2)), // two leases in flight
      },
      sharers,
      contributor.last.get(spec.id),
    );
    return choice && this.#grant(peer, contributor, spec, choice.rect, choice.expectedSeconds * 1000, now);
  }

  /** Nothing is open: a second copy of a lease that is late, if somebody else holds it. */
  #copy(
    peer: string,
    contributor: Contributor,
    suits: (job: JobState) => boolean,
    now: number,
  ): ActiveLease | undefined {
    const late = this.leases()
      .filter(
        (lease) =>
          lease.peer !== peer &&
          // A committed result may stall on its way: then it has a minute, whatever was expected.
          now - lease.issuedMs >
            (lease.committed ? MAX_WAIT_MS : Math.min(MAX_WAIT_MS, 1.5 * lease.expectedMs + 2000)) &&
          this.#mayCopy(lease, peer, suits, now),
      )
      .sort((x, y) => x.issuedMs - y.issuedMs)[0];
    return late && this.#grant(peer, contributor, late.job, late.rect, late.expectedMs, now);
  }

  /** At most one copy at a time, but one that does nothing for a minute counts no more: two may be in league. */
  #mayCopy(lease: ActiveLease, peer: string, suits: (job: JobState) => boolean, now: number): boolean {
    const job = this.#jobs.get(lease.job.id);
    if (job === undefined || !suits(job)) return false;
    if (job.grid.liveLeases(lease.rect) < MAX_COPIES) return true;
    const others = this.leases().filter(
      ({ job: { id }, rect }) => id === lease.job.id && overlaps(rect, lease.rect),
    );
    return others.every((other) => other.peer !== peer && now - other.issuedMs > MAX_WAIT_MS);
  }

  #grant(
    peer: string,
    contributor: Contributor,
    job: JobSpec,
    rect: Rect,
    expectedMs: number,
    now: number,
  ): ActiveLease {
    const patience = Math.min(MAX_DEADLINE_MS, Math.max(MIN_DEADLINE_MS, PATIENCE * expectedMs));
    const lease: ActiveLease = {
      id: toHex(this.#rng.bytes(16)),
      job,
      peer,
      rect,
      issuedMs: now,
      deadlineMs: Math.round(now + patience),
      expectedMs,
      committed: false,
    };
    this.#jobs.get(job.id)!.grid.lease(rect);
    this.#leases.set(lease.id, lease);
    const held = this.#held.get(peer) ?? new Set();
    this.#held.set(peer, held.add(lease));
    contributor.last.set(job.id, rect);
    const kBlocks = colBlocks({ dtype: job.dtype, rows: 1, cols: job.k });
    for (let row = rect.row; row < rect.row + rect.rows; row++) contributor.holdings.add(job.a, row, kBlocks);
    for (let col = rect.col; col < rect.col + rect.cols; col++) contributor.holdings.add(job.b, col, kBlocks);
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

  /** Marks a rectangle verified; returns other live leases that have become pointless. */
  verified(job: string, rect: Rect, leaseId: string): ActiveLease[] {
    this.#forget(leaseId);
    const state = this.#jobs.get(job);
    if (!state) return [];
    state.grid.verify(rect);
    return this.#endAll((lease) => lease.job.id === job && overlaps(lease.rect, rect));
  }

  /** Leases past their deadline; their cells are open again. A late result is still welcome. */
  expire(now: number): ActiveLease[] {
    return this.#endAll((lease) => !lease.committed && lease.deadlineMs <= now);
  }

  /** What one finished shard taught about a contributor; zeros teach nothing. */
  measured(peer: string, dtype: Dtype, sample: { rate: number; down: number; up: number }): void {
    const contributor = this.#contributors.get(peer);
    if (!contributor) return;
    const blend = (old: number, value: number): number =>
      value > 0 && Number.isFinite(value) ? old + SMOOTHING * (value - old) : old;
    const { speed } = contributor;
    speed.rates[dtype] = blend(speed.rates[dtype] || UNKNOWN_RATE, sample.rate);
    speed.down = blend(speed.down, sample.down);
    speed.up = blend(speed.up, sample.up);
  }

  #order(): void {
    this.#ordered = Array.from(this.#jobs.values()).sort(
      (x, y) => y.spec.priority - x.spec.priority || x.spec.createdMs - y.spec.createdMs,
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

  #speedFor(contributor: Contributor, dtype: Dtype): Speed {
    return {
      multiplyAddsPerSecond: contributor.speed.rates[dtype] || UNKNOWN_RATE,
      downBytesPerSecond: contributor.speed.down,
      upBytesPerSecond: contributor.speed.up,
    };
  }

  #endAll(over: (lease: ActiveLease) => boolean): ActiveLease[] {
    const ended = this.leases().filter(over);
    for (const lease of ended) this.release(lease.id);
    return ended;
  }
}
