/** Nights for the tests of journal and report: what a page would have seen, without waiting for it. */
import { STOPPED } from '../../src/contributor/api.ts';
import type { Reason } from '../../src/contributor/policy.ts';
import { type Journal, type Moment, NO_JOURNAL, record } from '../../src/page/journal.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
/** 22 November 2026, 23:00 UTC. */
export const EVENING = Date.UTC(2026, 10, 22, 23);

export const working = (change: Partial<Moment['status']> = {}): Moment['status'] => ({
  ...STOPPED,
  stage: 'computing',
  ...change,
});

export type Seen = Omit<Moment, 'nowMs'>;

/** The policy's answer and the contributor's, at work unless something says otherwise. */
export const seen = (change: Partial<Moment['status']> = {}, ...reasons: Reason[]): Seen => ({
  wanted: true,
  conduct: { run: true, reasons },
  status: working(change),
});
export const paused = (change: Partial<Moment['status']>, ...reasons: Reason[]): Seen => ({
  ...seen({ ...change, paused: true }, ...reasons),
  conduct: { run: false, reasons },
});
export const ended = (change: Partial<Moment['status']> = {}): Seen => ({
  ...seen({ ...change, stage: 'stopped' }),
  wanted: false,
});

/** Looks as a page does: at each of the times given (ms from EVENING), and every half minute until the next. */
export function watched(
  looks: readonly (readonly [atMs: number, moment: Seen])[],
  from: Journal = NO_JOURNAL,
): Journal {
  let journal = from;
  for (const [i, [atMs, moment]] of looks.entries()) {
    const untilMs = looks[i + 1]?.[0] ?? atMs;
    let nowMs = atMs;
    do {
      journal = record(journal, { ...moment, nowMs: EVENING + nowMs });
      nowMs += MINUTE / 2;
    } while (nowMs < untilMs);
  }
  return journal;
}

/** Eight hours: a battery pause, a sleep, a heat wave, something idle, and 1,240 shards. */
export function aNight(): Journal {
  const done = (share: number): Partial<Moment['status']> => ({
    shardsVerified: Math.round(1240 * share),
    shardsRejected: share > 0.5 ? 1 : 0,
    multiplyAddsVerified: 9.4e15 * share,
    microcredits: BigInt(Math.round(9.4e9 * share)),
    bytesDown: 5.1e9 * share,
    bytesUp: 1.9e9 * share,
    gpuBusyMs: 5.2 * HOUR * share,
  });
  const hot: Reason = { kind: 'hot', share: 0.5, seenBy: 'pressure' };
  const evening = watched([
    [0, seen(done(0))],
    [74 * MINUTE, paused(done(0.2), { kind: 'on-battery' })],
    [115 * MINUTE, seen(done(0.2))],
    [3 * HOUR, seen(done(0.4), { kind: 'throttled' })],
    [3.3 * HOUR, seen(done(0.45))],
    [3.5 * HOUR, seen(done(0.5))],
  ]);
  // The machine sleeps for an hour and six minutes: nothing looks.
  return watched(
    [
      [4.6 * HOUR, seen(done(0.5))],
      [5.5 * HOUR, seen(done(0.6), hot)],
      [6 * HOUR, seen({ ...done(0.7), stage: 'waiting' })],
      [6.2 * HOUR, seen(done(0.7))],
      [8.2 * HOUR, ended(done(1))],
    ],
    evening,
  );
}
