/** Answers that are kept for a moment: however many ask, the database is asked once. */
import type { Clock } from '../core/clock.ts';

interface Kept<T> {
  readonly value: Promise<T>;
  readonly untilMs: number;
}

export class Cached<T> {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #max: number;
  readonly #make: (key: string) => Promise<T>;
  /** In the order in which they were made. */
  readonly #kept = new Map<string, Kept<T>>();

  /** @param max - keys that are kept at once; the oldest goes first */
  constructor(clock: Clock, ms: number, max: number, make: (key: string) => Promise<T>) {
    this.#clock = clock;
    this.#ms = ms;
    this.#max = max;
    this.#make = make;
  }

  /** A failure is told to all who wait for it, and tried again by the next. */
  get(key = ''): Promise<T> {
    const now = this.#clock.now();
    const kept = this.#kept.get(key);
    if (kept && now < kept.untilMs && now >= kept.untilMs - this.#ms) return kept.value;
    const value = this.#make(key);
    const made = { value, untilMs: now + this.#ms };
    this.#kept.delete(key);
    this.#kept.set(key, made);
    value.catch(() => {
      if (this.#kept.get(key) === made) this.#kept.delete(key);
    });
    if (this.#kept.size > this.#max) {
      const [oldest] = this.#kept.keys();
      this.#kept.delete(oldest!);
    }
    return value;
  }

  forget(key: string): void {
    this.#kept.delete(key);
  }

  clear(): void {
    this.#kept.clear();
  }
}
