/**
 * How much of what its link and its GPU allow a contributor has brought about: the time in which the slowest of
 * them was busy, less what it fetched beyond the bound (core/bound.ts), over the time in which there was work.
 */
import { type BoundedProduct, receivedBytes } from '../core/bound.ts';
import type { Clock } from '../core/clock.ts';
import { BusyTime } from '../net/busy-time.ts';
import type { ContributorStatus } from './api.ts';

export interface Shard extends Omit<BoundedProduct, 'cBytes'> {
  readonly job: string;
}

type Figures = Pick<ContributorStatus, 'bytesDown' | 'downBusyMs' | 'upBusyMs' | 'gpuBusyMs'>;

/** Before so long a first download is most of it. */
const MIN_WORK_MS = 30_000;
/** A night has thousands of jobs: those that nothing was verified of for so many others are over. */
const MAX_JOBS = 64;
/** A contributor cannot know how large C is: a territory of its own is as square as it likes. */
const UNLIMITED = 2 ** 40;

export class LinkShare {
  readonly #work: BusyTime;
  readonly #leases = new Set<string>();
  readonly #committed = new Map<string, Shard>();
  /** Verified entries of each job, all of them as one territory; the one to forget first at the front. */
  readonly #jobs = new Map<string, { product: BoundedProduct; entries: number }>();
  /** Bytes that the jobs needed at least of which no more is known. */
  #forgotten = 0;

  constructor(clock: Clock) {
    this.#work = new BusyTime(clock);
  }

  leased(lease: string): void {
    this.#leases.add(lease);
    this.#work.set(true);
  }

  committed(lease: string, shard: Shard): void {
    this.#committed.set(lease, shard);
  }

  verified(lease: string): void {
    const shard = this.#committed.get(lease);
    if (shard) {
      const { k, aBytes, bBytes } = shard;
      const product = { rows: UNLIMITED, cols: UNLIMITED, k, aBytes, bBytes, cBytes: 0 };
      const job = this.#jobs.get(shard.job) ?? { product, entries: 0 };
      job.entries += shard.rows * shard.cols;
      this.#jobs.delete(shard.job);
      this.#jobs.set(shard.job, job);
      this.#forget();
    }
    this.ended(lease);
  }

  /** Jobs that it keeps apart. */
  get jobs(): number {
    return this.#jobs.size;
  }

  #forget(): void {
    for (const [job, { product, entries }] of this.#jobs) {
      if (this.#jobs.size <= MAX_JOBS) return;
      this.#jobs.delete(job);
      this.#forgotten += receivedBytes(product, entries);
    }
  }

  ended(lease: string): void {
    this.#leases.delete(lease);
    this.#committed.delete(lease);
    this.#work.set(this.#leases.size > 0);
  }

  /** The connection is over, and its leases with it. */
  disconnected(): void {
    this.#leases.clear();
    this.#work.set(false);
  }

  /** 0…1; undefined while too little is known. */
  of({ bytesDown, downBusyMs, upBusyMs, gpuBusyMs }: Figures): number | undefined {
    if (this.#jobs.size === 0 || this.#work.ms < MIN_WORK_MS) return undefined;
    let least = this.#forgotten;
    for (const { product, entries } of this.#jobs.values()) least += receivedBytes(product, entries);
    const down = bytesDown > least ? (least / bytesDown) * downBusyMs : downBusyMs;
    return Math.min(1, Math.max(down, upBusyMs, gpuBusyMs) / this.#work.ms);
  }
}
