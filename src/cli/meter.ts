/** How fast a job goes, and how long it will take: from what was verified lately. */
import type { Clock } from '../core/clock.ts';
import { formatCount, formatDuration } from '../core/units.ts';
import type { JobView } from '../core/v1.ts';

/** Shards come in steps of seconds; a window shorter than a few of them would jump. */
const WINDOW_MS = 30_000;

export class JobMeter {
  readonly #clock: Clock;
  readonly #samples: { ms: number; done: number }[] = [];
  #total = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  update(view: Pick<JobView, 'multiplyAddsVerified' | 'multiplyAddsTotal'>): void {
    const ms = this.#clock.now();
    this.#total = view.multiplyAddsTotal;
    this.#samples.push({ ms, done: view.multiplyAddsVerified });
    // One sample from before the window stays: its end is the window's beginning.
    while (this.#samples.length > 2 && this.#samples[1]!.ms <= ms - WINDOW_MS) this.#samples.shift();
  }

  /** Verified multiply-adds per second; 0 while nothing was verified. */
  get rate(): number {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (!first || !last || last.done <= first.done) return 0;
    return (1000 * (last.done - first.done)) / Math.max(1, this.#clock.now() - first.ms);
  }

  /** Milliseconds, or undefined while there is no rate. */
  get leftMs(): number | undefined {
    const { rate } = this;
    return rate > 0 ? (1000 * (this.#total - this.#samples.at(-1)!.done)) / rate : undefined;
  }
}

/** "2.31 GFLOP/s, 12 shards, 2 contributors, 1 min 05 s left". */
export function progressText(view: JobView, meter: JobMeter): string {
  const parts = [
    meter.rate > 0 ? `${formatCount(2 * meter.rate, 'FLOP')}/s` : '',
    counted(view.shards, 'shard'),
    counted(view.contributions.length, 'contributor'),
    view.cellsVerified < view.cellsTotal && meter.leftMs !== undefined
      ? `${formatDuration(meter.leftMs)} left`
      : '',
  ];
  return parts.filter((part) => part !== '').join(', ');
}

/** "1 shard", "1,204 shards". */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}
