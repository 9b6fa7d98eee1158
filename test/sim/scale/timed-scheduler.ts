/** The real scheduler, each of its calls timed with the machine's own clock. The times change nothing in the run. */
import { Scheduler } from '../../../src/coordinator/scheduler.ts';
import type { Rng } from '../../../src/core/rng.ts';

/** Buckets of a histogram, each a tenth wider than the one before, from 0.1 µs. */
const BUCKETS = 200;
const WIDER = 1.1;
const FIRST_MS = 1e-4;

export class CallTimes {
  calls = 0;
  totalMs = 0;
  maxMs = 0;
  readonly #buckets = new Uint32Array(BUCKETS);

  add(ms: number): void {
    this.calls += 1;
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
    const value = use(this.untimed);
    this.times[name].add(performance.now() - started);
    return value;
  }
}
