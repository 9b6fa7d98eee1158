/** Whether this thread has time to spare. */
import { type EventLoopUtilization, performance } from 'node:perf_hooks';

/** Of the time in which it does not wait for events. */
const BUSY = 0.9;
/** Shorter says more about one task than about the load. */
const WINDOW_MS = 100;

/** As of performance.eventLoopUtilization: since the start, or between two readings. */
type Read = (now?: EventLoopUtilization, last?: EventLoopUtilization) => EventLoopUtilization;

/** @param read - performance.eventLoopUtilization @returns true while less than a tenth of the time is left */
export function threadLoad(
  read: Read = (...since) => performance.eventLoopUtilization(...since),
): () => boolean {
  let last = read();
  let busy = false;
  return () => {
    const now = read();
    const { active, idle, utilization } = read(now, last);
    if (active + idle >= WINDOW_MS) {
      busy = utilization >= BUSY;
      last = now;
    }
    return busy;
  };
}
