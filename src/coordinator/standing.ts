/**
 * Reputation only paces (facts: trust §5.1): how many leases a key may hold at once, and how long it
 * pauses after failed checks. It never replaces checking. Pure.
 */

/** Two being computed and two on their way: more would only wait for the link. */
export const MAX_WINDOW = 4;
const VERIFIED_PER_DOUBLING = 8;
const DAY_MS = 24 * 60 * 60 * 1000;
export const PAUSE_MS = 60 * 60 * 1000;
export const DENY_MS = 30 * DAY_MS;

export interface Standing {
  /** Verified since the last rejection. */
  readonly verifiedInARow: number;
  /** Times of rejections within the last 30 days, oldest first. */
  readonly rejections: readonly number[];
}

export const NEW_STANDING: Standing = { verifiedInARow: 0, rejections: [] };

/** 1, then twice as many after each 8 verified in a row, at most 4. */
export function windowOf(standing: Standing): number {
  return Math.min(MAX_WINDOW, 2 ** Math.floor(standing.verifiedInARow / VERIFIED_PER_DOUBLING));
}

/** Leases of one contributor in flight, and how many of them are committed: computed, and on their way here. */
export interface Held {
  readonly leases: number;
  readonly committed: number;
}

/**
 * Leases that it may be given now: its window counts those that it computes, and as many may be on their way, so
 * that a link which is slower than the GPU is never without work.
 */
export function roomFor(standing: Standing, { leases, committed }: Held): number {
  const window = windowOf(standing);
  return Math.max(0, Math.min(window - (leases - committed), Math.min(2 * window, MAX_WINDOW) - leases));
}

export function afterVerified(standing: Standing): Standing {
  return { ...standing, verifiedInARow: standing.verifiedInARow + 1 };
}

export function afterRejected(standing: Standing, now: number): Standing {
  return { verifiedInARow: 0, rejections: [...standing.rejections.filter((t) => now - t < DENY_MS), now] };
}

/**
 * Milliseconds until this key may have a lease again: 0 after one failed check (it repeats the known
 * answers instead), an hour after two within a day, 30 days after three.
 */
export function pauseLeft(standing: Standing, now: number): number {
  const recent = standing.rejections.filter((t) => now - t < DENY_MS);
  const last = recent.at(-1);
  if (last === undefined || recent.length === 1) return 0;
  if (recent.length >= 3) return Math.max(0, last + DENY_MS - now);
  const previous = recent.at(-2)!;
  return last - previous < DAY_MS ? Math.max(0, last + PAUSE_MS - now) : 0;
}
