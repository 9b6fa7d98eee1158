/** What became of every lease, and what happened, as a hash: two runs of one seed have the same. */
import { createHash } from 'node:crypto';
import { rectArea } from '../../../src/coordinator/grid.ts';
import type { ActiveLease } from '../../../src/coordinator/work.ts';
import type { Timeline } from '../timeline.ts';

/** Why a lease came to nothing; of several reasons the first. */
export type Failure =
  | 'left' // its contributor went away
  | 'interrupted' // …while its result was on its way
  | 'expired'
  | 'cancelled' // somebody else was quicker, before it was computed
  | 'stale' // …and after
  | 'rejected';

interface Outcome {
  readonly issuedMs: number;
  readonly isCopy: boolean;
  failure: Failure | undefined;
}

const FLUSH = 1000;
/** A lease that lasts longer or shorter than the design asks for, 5–60 s. */
const GOOD_MS = [5_000, 60_000] as const;

export class Tally {
  leases = 0;
  copies = 0;
  verified = 0;
  verifiedCells = 0;
  verifiedMs = 0;
  /** Verified leases of 5–60 s. */
  goodLength = 0;
  /** Leases one cell wide or high that are longer than two. */
  slivers = 0;
  forgeriesAccepted = 0;
  events = 0;
  readonly failures: Record<Failure, number> = {
    left: 0,
    interrupted: 0,
    expired: 0,
    cancelled: 0,
    stale: 0,
    rejected: 0,
  };
  /** Verified leases in the order of their verification. */
  readonly finished: { readonly lease: ActiveLease; readonly atMs: number; readonly tookMs: number }[] = [];
  readonly #timeline: Timeline;
  readonly #onEvent: ((line: string) => void) | undefined;
  readonly #forged = new Set<string>();
  readonly #open = new Map<string, Outcome>();
  readonly #hash = createHash('sha256');
  #lines: string[] = [];

  /** @param onEvent - is told every event, a line each */
  constructor(timeline: Timeline, onEvent?: (line: string) => void) {
    this.#timeline = timeline;
    this.#onEvent = onEvent;
  }

  note(text: string): void {
    const line = `${this.#timeline.elapsed} ${text}`;
    this.events += 1;
    this.#onEvent?.(line);
    this.#lines.push(line);
    if (this.#lines.length >= FLUSH) this.#flush();
  }

  granted(lease: ActiveLease, isCopy: boolean): void {
    const { id, peer, job, rect, issuedMs } = lease;
    this.note(`${peer} is leased ${job.id} ${rect.row},${rect.col} ${rect.rows}×${rect.cols} as ${id}`);
    this.leases += 1;
    if (isCopy) this.copies += 1;
    if (Math.min(rect.rows, rect.cols) === 1 && rectArea(rect) > 2) this.slivers += 1;
    this.#open.set(id, { issuedMs, isCopy, failure: undefined });
  }

  /** The first reason counts; one that was late may still be verified. */
  failed(id: string, failure: Failure): void {
    const outcome = this.#open.get(id);
    if (!outcome || outcome.failure !== undefined) return;
    this.note(`${id} is ${failure}`);
    outcome.failure = failure;
  }

  /** Its result is made up. */
  forged(id: string): void {
    this.#forged.add(id);
  }

  get forgeries(): number {
    return this.#forged.size;
  }

  done(lease: ActiveLease): void {
    const { id, rect } = lease;
    this.note(`${id} is verified`);
    const ms = this.#timeline.now - this.#open.get(id)!.issuedMs;
    this.#open.delete(id);
    this.finished.push({ lease, atMs: this.#timeline.elapsed, tookMs: ms });
    this.verified += 1;
    if (this.#forged.has(id)) this.forgeriesAccepted += 1;
    this.verifiedCells += rectArea(rect);
    this.verifiedMs += ms;
    if (ms >= GOOD_MS[0] && ms <= GOOD_MS[1]) this.goodLength += 1;
  }

  /** When such a share of all cells was verified, ms since the beginning. */
  reached(share: number): number {
    let left = share * this.verifiedCells;
    for (const { lease, atMs } of this.finished) {
      left -= rectArea(lease.rect);
      if (left <= 0) return atMs;
    }
    return Infinity;
  }

  /** @returns SHA-256 over all events */
  finish(): string {
    for (const { failure } of this.#open.values()) this.failures[failure ?? 'cancelled'] += 1;
    this.#open.clear();
    this.#flush();
    return this.#hash.digest('hex');
  }

  #flush(): void {
    for (const line of this.#lines) this.#hash.update(`${line}\n`);
    this.#lines = [];
  }
}
