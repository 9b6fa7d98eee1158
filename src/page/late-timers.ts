/**
 * Says when the browser holds back this page's timers, or the machine slept: a timer of 5 s that comes more than
 * twice as late. Hidden tabs of Chromium get their timers once a second at first, which is not late by this
 * measure and no matter to us, and once a minute after five minutes (intensive throttling), which is.
 * Nothing that computes waits for this timer.
 */
import type { Clock } from '../core/clock.ts';
import type { Watch } from './browser-scope.ts';

const TICK_MS = 5_000;
const LATE_MS = 2 * TICK_MS;
/** Intensive throttling holds a timer back for up to a minute; what is longer was sleep, a freeze, or a debugger. */
const SUSPENDED_MS = 90_000;

export interface TimerHealth {
  /** The last timer was late. */
  readonly throttled: boolean;
  /** Since when timers have been late, by the clock. */
  readonly sinceMs: number | undefined;
  /** Between the last two timers, where that was longer than any throttling. */
  readonly suspendedMs: number | undefined;
}

const GOOD: TimerHealth = { throttled: false, sinceMs: undefined, suspendedMs: undefined };

/** `onChange` is told when it begins, at every gap that was a suspension, and when it is over. */
export function watchTimers(clock: Clock, onChange: () => void): Watch<TimerHealth> {
  let health = GOOD;
  let cancel = (): void => {};
  const wait = (): void => {
    const setMs = clock.now();
    cancel = clock.after(TICK_MS, () => {
      const before = health;
      // A clock that was set back makes no timer late.
      const tookMs = Math.max(0, clock.now() - setMs);
      health =
        tookMs <= LATE_MS
          ? GOOD
          : {
              throttled: true,
              sinceMs: before.sinceMs ?? setMs,
              suspendedMs: tookMs > SUSPENDED_MS ? tookMs : undefined,
            };
      wait();
      if (health.throttled !== before.throttled || health.suspendedMs !== undefined) onChange();
    });
  };
  wait();
  return {
    get current() {
      return health;
    },
    stop() {
      cancel();
    },
  };
}
