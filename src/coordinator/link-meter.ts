/** What a link has carried since it was last asked, and how fast while it had something to carry. */
import { BLOCK_BYTES } from '../matrix/blocks.ts';
import type { Link } from '../net/link.ts';

export interface LinkSample {
  /** Block bytes to the contributor and from it, as they travelled. */
  readonly bytesDown: number;
  readonly bytesUp: number;
  /** Bytes a second from it; 0 when too little came to say. What it receives it has to say itself. */
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
      up: rateOf(now.arrived - last.arrived, now.arrivingMs - last.arrivingMs),
      packed: unpacked > 0 ? bytesUp / unpacked : 1,
    };
  }
}

interface Counters {
  readonly served: number;
  readonly fetched: number;
  readonly arrived: number;
  readonly arrivingMs: number;
  readonly unpacked: number;
}

const NONE: Counters = { served: 0, fetched: 0, arrived: 0, arrivingMs: 0, unpacked: 0 };

/** What goes up on our side comes down on the contributor's. */
function countersOf({ blocks }: Link): Counters {
  return {
    served: blocks.bytesUp,
    fetched: blocks.bytesDown,
    arrived: blocks.arrivals.bytes,
    arrivingMs: blocks.arrivals.ms,
    unpacked: blocks.unpackedDown,
  };
}

function rateOf(bytes: number, ms: number): number {
  return bytes >= MIN_SAMPLE_BYTES ? (bytes * 1000) / Math.max(MIN_SAMPLE_MS, ms) : 0;
}
