/**
 * Hands leases back when the page may not run for a while: by a beacon, which the browser sends even from a page that
 * it is about to freeze or throw away. A lease's id is 128 random bits that only its holder and the coordinator know
 * until it is settled, so naming it is proof enough.
 */
import type { BrowserScope } from './browser-scope.ts';

/** As many as the coordinator reads of one beacon. */
const MAX_LEASES = 64;

export interface HeldLeases {
  readonly contributor: string;
  /** Ids of leases without a committed result. */
  readonly leases: readonly string[];
}

/**
 * False when nothing was sent: nothing to hand back, no beacons here, or the browser's queue is full. Then the leases
 * end at their deadline.
 * @param api - absolute URL of the coordinator's /v1/
 */
export function returnLeases(scope: BrowserScope, api: string, { contributor, leases }: HeldLeases): boolean {
  if (leases.length === 0 || !URL.canParse('leases/return', api)) return false;
  const body = JSON.stringify({ contributor, leases: leases.slice(0, MAX_LEASES) });
  try {
    // Text, so that no other origin's coordinator has to be asked first whether it takes JSON (CORS preflight).
    return scope.navigator.sendBeacon?.(new URL('leases/return', api).href, body) ?? false;
  } catch {
    return false;
  }
}
