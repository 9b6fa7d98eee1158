/** The leases that are in flight, by id and by contributor. */
import { lateAt } from './late-leases.ts';
import type { Held } from './standing.ts';
import type { ActiveLease } from './work.ts';

/** Of a lease that should be over. */
const LEFT_AT_LEAST = 0.1;

export class LeaseBook {
  readonly #leases = new Map<string, ActiveLease>();
  /** The same leases by contributor: asked for at every message of every one of them. */
  readonly #held = new Map<string, Set<ActiveLease>>();

  add(lease: ActiveLease): void {
    this.#leases.set(lease.id, lease);
    this.#held.set(lease.peer, (this.#held.get(lease.peer) ?? new Set()).add(lease));
  }

  get(id: string): ActiveLease | undefined {
    return this.#leases.get(id);
  }

  all(): ActiveLease[] {
    return Array.from(this.#leases.values());
  }

  of(peer: string): ReadonlySet<ActiveLease> {
    return this.#held.get(peer) ?? NONE;
  }

  /** How many leases the peer has in flight, and how many of them are committed. */
  held(peer: string): Held {
    const leases = this.of(peer);
    let committed = 0;
    for (const lease of leases) if (lease.committed) committed += 1;
    return { leases: leases.size, committed };
  }

  /** Of the slowest resource, for all leases in flight: they overlap, but share it. */
  secondsHeld(peer: string): number {
    let total = 0;
    for (const { seconds } of this.of(peer)) total += seconds;
    return total;
  }

  /**
   * The same less what has passed, which is some of the work at most: some of it is never sooner than expected.
   * 0 for somebody who is overdue with a lease, whatever speed it claims: nobody waits for that.
   */
  secondsLeft(peer: string, now: number): number {
    const all = this.secondsHeld(peer);
    let since = now;
    for (const lease of this.of(peer)) {
      if (now > lateAt(lease)) return 0;
      since = Math.min(since, lease.issuedMs);
    }
    return Math.max(LEFT_AT_LEAST * all, all - (now - since) / 1000);
  }

  forget(id: string): ActiveLease | undefined {
    const lease = this.#leases.get(id);
    if (!lease) return undefined;
    this.#leases.delete(id);
    const held = this.#held.get(lease.peer);
    held?.delete(lease);
    if (held?.size === 0) this.#held.delete(lease.peer);
    return lease;
  }
}

const NONE: ReadonlySet<ActiveLease> = new Set();
