/** Bytes a second out of two looks at counters that only grow. Pure. */
import type { OperatorView } from '../core/v1-operator.ts';

export interface Rate {
  readonly down: number;
  readonly up: number;
}

export interface Rates {
  /** Of the whole coordinator; undefined before there are two looks. */
  readonly sent: number | undefined;
  readonly received: number | undefined;
  /** By contributor, as it sees them: down is what it receives. */
  readonly of: ReadonlyMap<string, Rate>;
}

/** Two looks closer than this say nothing. */
const LEAST_MS = 500;

/** @param last - what was known, for looks that are too close */
export function ratesBetween(before: OperatorView | undefined, after: OperatorView, last: Rates): Rates {
  const ms = before ? after.nowMs - before.nowMs : 0;
  // After a restart the counters begin anew.
  if (!before || ms < 0 || before.startedMs !== after.startedMs)
    return { sent: undefined, received: undefined, of: new Map() };
  if (ms < LEAST_MS) return last;
  const rate = (now: number, then: number): number => Math.max(0, ((now - then) * 1000) / ms);
  const old = new Map(before.contributors.map((each) => [each.contributor, each]));
  const of = new Map<string, Rate>();
  for (const { contributor, sinceMs, bytesDown, bytesUp } of after.contributors) {
    const then = old.get(contributor);
    if (then?.sinceMs !== sinceMs) continue;
    of.set(contributor, { down: rate(bytesDown, then.bytesDown), up: rate(bytesUp, then.bytesUp) });
  }
  return {
    sent: rate(after.bytesSent, before.bytesSent),
    received: rate(after.bytesReceived, before.bytesReceived),
    of,
  };
}
