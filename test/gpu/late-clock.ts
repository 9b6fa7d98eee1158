import type { Clock } from '../../src/core/clock.ts';

/** A clock whose timers fire as much too late as `lateness` says, which gets the time when they are due. */
export const lateClock = (inner: Clock, lateness: (due: number) => number): Clock => ({
  now: () => inner.now(),
  after: (ms, callback) => inner.after(ms + lateness(inner.now() + ms), callback),
});
