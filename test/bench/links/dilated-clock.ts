/**
 * A clock that runs slower than the machine's: with links and GPUs slowed down alike, a machine of two cores can
 * stand for several (D. Gupta et al., "To Infinity and Beyond: Time-Warped Network Emulation", NSDI 2006).
 */
import { type Clock, systemClock } from '../../../src/core/clock.ts';

/** @param factor - how many of the machine's seconds make one @param originMs - when both clocks show the same */
export function dilatedClock(factor: number, originMs: number, real: Clock = systemClock): Clock {
  return {
    // Whole milliseconds, as systemClock has them: times are signed as integers.
    now: () => Math.floor(originMs + (real.now() - originMs) / factor),
    after: (ms, callback) => real.after(ms * factor, callback),
  };
}
