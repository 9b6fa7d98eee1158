/** What a link has carried since it was last asked, and how fast while it had something to carry. */
import { BLOCK_BYTES } from '../matrix/blocks.ts';
import type { Link } from '../net/link.ts';

export interface LinkSample {
  /** Block bytes to the contributor and from it, as they travelled. */
  readonly bytesDown: number;
  readonly bytesUp: number;
  /** Bytes a second; 0 when too little was carried to say. */
  readonly down: number;
  readonly up: number;
  /** Bytes as they travelled over bytes of the same blocks unpacked; 1 where none came. */
  readonly packed: number;
}

/** Shorter than a timer's noise: a link is not called faster for it. */
const MIN_SAMPLE_MS = 50;
/** Less says more about the round trip than about the link. */
const MIN_SAMPLE_BYTES = BLOCK_BYTES;

export class LinkMeter {
  readonly #last = new WeakMap<Link, Counters>();

  /** Overlapping leases share a link: what it carried is counted once, with whichever ends first. */
  take(link: Link): LinkSample {
    const now = countersOf(link);
    const last = this.#last.get(link) ?? NONE;
    this.#last.set(link, now);
    const bytesDown = now.served - last.served;
    const bytesUp = now.fetched - last.fetched;
    const unpacked = now.unpacked - last.unpacked;
    return {
      bytesDown,
      bytesUp,
      down: rateOf(bytesDown, now.servingMs - last.servingMs),
      up: rateOf(bytesUp, now.fetchingMs - last.fetchingMs),
      packed: unpacked > 0 ? bytesUp / unpacked : 1,
    };
  }
}

interface Counters {
  readonly served: number;
  readonly servingMs: number;
  readonly fetched: number;
  readonly fetchingMs: number;
  readonly unpacked: number;
}

const NONE: Counters = { served: 0, servingMs: 0, fetched: 0, fetchingMs: 0, unpacked: 0 };

/** What goes up on our side comes down on the contributor's. */
function countersOf({ blocks }: Link): Counters {
  return {
    served: blocks.bytesUp,
    servingMs: blocks.upBusyMs,
    fetched: blocks.bytesDown,
    fetchingMs: blocks.downBusyMs,
    unpacked: blocks.unpackedDown,
  };
}

function rateOf(bytes: number, ms: number): number {
  return bytes >= MIN_SAMPLE_BYTES ? (bytes * 1000) / Math.max(MIN_SAMPLE_MS, ms) : 0;
}
