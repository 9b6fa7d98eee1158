/**
 * The real scheduler, each of its calls timed: by the processor time of this thread, which other programs on the
 * machine do not lengthen, and the longest by the clock. The times change nothing in the run.
 */
import { Scheduler } from '../../../src/coordinator/scheduler.ts';
import type { Rng } from '../../../src/core/rng.ts';

/** Buckets of a histogram, each a tenth wider than the one before, from 0.1 µs. */
const BUCKETS = 200;
const WIDER = 1.1;
const FIRST_MS = 1e-4;

export class CallTimes {
  calls = 0;
  /** Of processor time. */
  totalMs = 0;
  maxMs = 0;
  /** By the clock. */
  longestMs = 0;
  readonly #buckets = new Uint32Array(BUCKETS);

  add(ms: number, clockMs: number): void {
    this.calls += 1;
    this.longestMs = Math.max(this.longestMs, clockMs);
    this.totalMs += ms;
    this.maxMs = Math.max(this.maxMs, ms);
    const bucket = Math.ceil(Math.log(Math.max(ms, FIRST_MS) / FIRST_MS) / Math.log(WIDER));
    this.#buckets[Math.min(BUCKETS - 1, bucket)]! += 1;
  }

  /** To within a tenth. */
  quantile(share: number): number {
    let left = share * this.calls;
    for (let i = 0; i < BUCKETS; i++) {
      left -= this.#buckets[i]!;
      if (left <= 0) return Math.min(this.maxMs, FIRST_MS * WIDER ** i);
    }
    return this.maxMs;
  }
}

export type TimedCall = 'next' | 'verified' | 'leave' | 'expire' | 'rest';

export class TimedScheduler {
  readonly times: Readonly<Record<TimedCall, CallTimes>> = {
    next: new CallTimes(),
    verified: new CallTimes(),
    leave: new CallTimes(),
    expire: new CallTimes(),
    rest: new CallTimes(),
  };
  /** What only looks is not timed: the simulation asks it more often than a coordinator would. */
  readonly untimed: Scheduler;

  constructor(rng: Rng) {
    this.untimed = new Scheduler(rng);
  }

  get totalMs(): number {
    return Object.values(this.times).reduce((sum, { totalMs }) => sum + totalMs, 0);
  }

  call<T>(name: TimedCall, use: (scheduler: Scheduler) => T): T {
    const started = performance.now();
    const cpu = process.threadCpuUsage();
    const value = use(this.untimed);
    const { user, system } = process.threadCpuUsage(cpu);
    this.times[name].add((user + system) / 1000, performance.now() - started);
    return value;
  }
}
