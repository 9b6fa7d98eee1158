/** Leases that should be over and are not: who is idle may get a copy of one. */
import type { ActiveLease } from './work.ts';

/** A lease is late for somebody idle after this, however slow its holder says it is: leases last 5–60 s. */
const MAX_WAIT_MS = 60_000;
/** How often late leases that have a copy are looked at again. */
const LOOK_MS = 250;

/** When a copy may be given: also of a committed result, which may stall on its way. */
export function lateAt({ issuedMs, expectedMs }: ActiveLease): number {
  return issuedMs + Math.min(MAX_WAIT_MS, 1.5 * expectedMs + 2000);
}

export class LateLeases {
  /** None but those that were late when they were last looked for is late before this. */
  #from = Infinity;
  /** Late leases that wanted a copy when they were last looked for, the oldest first. */
  #late: ActiveLease[] = [];
  #lookAgainMs = Infinity;

  added(lease: ActiveLease): void {
    this.#from = Math.min(this.#from, lateAt(lease));
  }

  /**
   * The oldest that fits, which then is not among them any more.
   * @param leases - all that are in flight
   */
  take(
    now: number,
    leases: () => readonly ActiveLease[],
    wantsCopy: (lease: ActiveLease) => boolean,
    fits: (lease: ActiveLease) => boolean,
  ): ActiveLease | undefined {
    if (now > this.#from || now >= this.#lookAgainMs) this.#look(now, leases(), wantsCopy);
    const at = this.#late.findIndex((lease) => now > lateAt(lease) && fits(lease));
    return at < 0 ? undefined : this.#late.splice(at, 1)[0];
  }

  /** Once for all who ask: at the end of a job these are thousands at once. */
  #look(now: number, leases: readonly ActiveLease[], wantsCopy: (lease: ActiveLease) => boolean): void {
    this.#late = [];
    this.#from = Infinity;
    this.#lookAgainMs = Infinity;
    for (const lease of leases) {
      if (now <= lateAt(lease)) {
        this.#from = Math.min(this.#from, lateAt(lease));
      } else {
        this.#lookAgainMs = now + LOOK_MS;
        if (wantsCopy(lease)) this.#late.push(lease);
      }
    }
    this.#late.sort((x, y) => x.issuedMs - y.issuedMs);
  }
}
