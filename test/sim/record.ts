/**
 * What is on disk: the store and the ledger as a model with the same rules as the SQL. It survives every crash.
 * It keeps a journal of what was asked of it, so that the real ledger can be asked the same (see replay.ts).
 */
import { createHash } from 'node:crypto';
import type { JobState, LeaseState } from '../../src/store/schema.ts';
import type { PastRecord } from '../../src/store/standing.ts';
import type { Rect } from '../../src/coordinator/grid.ts';
import type { JobSpec } from '../../src/coordinator/work.ts';

export interface LeaseRow {
  readonly id: string;
  readonly job: string;
  readonly contributor: string;
  readonly rect: Rect;
  readonly issuedMs: number;
  readonly deadlineMs: number;
  /** What it earns. */
  readonly microcredits: bigint;
}

export interface Settled {
  readonly lease: LeaseRow;
  readonly microcredits: bigint;
  /** The contributor's balance after it: what its receipt says. */
  readonly balance: bigint;
  /** Its leaf in the log. */
  readonly index: number;
}

/** What was asked, and what it came to. */
export type Entry =
  | { readonly op: 'job'; readonly spec: JobSpec }
  | { readonly op: 'lease'; readonly lease: LeaseRow }
  | {
      readonly op: 'end-lease';
      readonly id: string;
      readonly state: Exclude<LeaseState, 'open'>;
      readonly changed: boolean;
    }
  | { readonly op: 'expire-open' }
  | { readonly op: 'settle'; readonly lease: LeaseRow; readonly settled: Settled | undefined }
  /** Died, or failed, before its commit. */
  | { readonly op: 'settle-aborted'; readonly lease: LeaseRow }
  | { readonly op: 'end-job'; readonly id: string; readonly state: JobState; readonly changed: boolean }
  | {
      readonly op: 'past';
      readonly contributor: string;
      readonly sinceMs: number;
      readonly past: PastRecord;
    };

export type Journal = readonly (Entry & { readonly now: number })[];

interface JobRow {
  readonly spec: JobSpec;
  state: JobState;
  /** By row-major index: the shard. */
  readonly cells: Map<number, string>;
  readonly rows: number;
  readonly cols: number;
}

const CELL = 256;

export class RecordModel {
  readonly jobs = new Map<string, JobRow>();
  readonly leases = new Map<string, LeaseRow & { state: LeaseState; endedMs: number | null }>();
  readonly shards = new Map<string, Settled & { readonly verifiedMs: number }>();
  /** Two postings each, so a fold of them is a sum over shards. */
  readonly balances = new Map<string, bigint>();
  /** One leaf a shard; the digest after each covers all before it. */
  readonly log: { readonly leaf: string; readonly digest: string }[] = [];
  readonly journal: (Entry & { readonly now: number })[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** False when it is there already. */
  createJob(spec: JobSpec): boolean {
    if (this.jobs.has(spec.id)) return false;
    const [rows, cols] = [Math.ceil(spec.rows / CELL), Math.ceil(spec.cols / CELL)];
    this.jobs.set(spec.id, { spec, state: 'running', cells: new Map(), rows, cols });
    this.#write({ op: 'job', spec });
    return true;
  }

  recordLease(lease: LeaseRow): void {
    if (this.leases.has(lease.id)) throw new Error(`lease ${lease.id} was recorded before`);
    this.leases.set(lease.id, { ...lease, state: 'open', endedMs: null });
    this.#write({ op: 'lease', lease });
  }

  endLease(id: string, state: Exclude<LeaseState, 'open'>): boolean {
    const changed = this.#endLease(id, state);
    this.#write({ op: 'end-lease', id, state, changed });
    return changed;
  }

  #endLease(id: string, state: Exclude<LeaseState, 'open'>): boolean {
    const lease = this.leases.get(id);
    if (!lease) return false;
    const judged = state === 'done' || state === 'rejected';
    const from: LeaseState[] = judged ? ['open', 'expired', 'declined'] : ['open'];
    if (!from.includes(lease.state)) return false;
    lease.state = state;
    lease.endedMs = this.#now();
    return true;
  }

  expireOpenLeases(): void {
    for (const lease of this.leases.values()) {
      if (lease.state !== 'open') continue;
      lease.state = 'expired';
      lease.endedMs = this.#now();
    }
    this.#write({ op: 'expire-open' });
  }

  /** As settleShard: again returns the first, and undefined where the shard is no longer open. */
  settle(lease: LeaseRow): Settled | undefined {
    const settled = this.#settle(lease);
    this.#write({ op: 'settle', lease, settled });
    return settled;
  }

  #settle(lease: LeaseRow): Settled | undefined {
    const before = this.shards.get(lease.id);
    if (before) return before;
    const job = this.jobs.get(lease.job);
    if (job?.state !== 'running') return undefined;
    const cells = cellsOf(lease.rect, job.cols);
    if (cells.some((cell) => job.cells.has(cell))) return undefined;
    const { microcredits } = lease;
    const balance = (this.balances.get(lease.contributor) ?? 0n) + microcredits;
    const settled: Settled = { lease, microcredits, balance, index: this.log.length };
    for (const cell of cells) job.cells.set(cell, lease.id);
    this.balances.set(lease.contributor, balance);
    this.shards.set(lease.id, { ...settled, verifiedMs: this.#now() });
    const leaf = `${lease.id} ${lease.contributor} ${microcredits} ${balance}`;
    const last = this.log.at(-1)?.digest ?? '';
    this.log.push({ leaf, digest: createHash('sha256').update(`${last}${leaf}`).digest('hex') });
    this.#endLease(lease.id, 'done');
    return settled;
  }

  settleAborted(lease: LeaseRow): void {
    this.#write({ op: 'settle-aborted', lease });
  }

  /** Done only with every cell verified; nothing changes a job that has ended. */
  endJob(id: string, state: Exclude<JobState, 'running'>): boolean {
    const job = this.jobs.get(id);
    const complete = job?.cells.size === (job?.rows ?? 0) * (job?.cols ?? 0);
    const changed = job?.state === 'running' && (state !== 'done' || complete);
    if (changed) job.state = state;
    this.#write({ op: 'end-job', id, state, changed });
    return changed;
  }

  past(contributor: string, sinceMs: number): PastRecord {
    const rejections: number[] = [];
    for (const { contributor: who, state, endedMs } of this.leases.values())
      if (who === contributor && state === 'rejected' && endedMs! >= sinceMs) rejections.push(endedMs!);
    rejections.sort((x, y) => x - y);
    const last = rejections.at(-1) ?? 0;
    let verifiedInARow = 0;
    for (const { lease, verifiedMs } of this.shards.values())
      if (lease.contributor === contributor && verifiedMs > last) verifiedInARow += 1;
    const past = { rejections, verifiedInARow };
    this.#write({ op: 'past', contributor, sinceMs, past });
    return past;
  }

  #write(entry: Entry): void {
    this.journal.push({ ...entry, now: this.#now() });
  }
}

/** Row-major indices. */
export function cellsOf({ row, col, rows, cols }: Rect, width: number): number[] {
  return Array.from(
    { length: rows * cols },
    (_, i) => (row + Math.floor(i / cols)) * width + col + (i % cols),
  );
}
