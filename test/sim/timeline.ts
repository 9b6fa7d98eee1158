/** Simulated time: what is due happens in its order, equal times in the order in which they were set. */
import type { Rng } from '../../src/core/rng.ts';

interface Due {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

const isBefore = (x: Due, y: Due): boolean => x.at < y.at || (x.at === y.at && x.order < y.order);

export class Timeline {
  now = 1_800_000_000_000;
  readonly #start = this.now;
  /** A binary heap, the next one first. */
  readonly #heap: Due[] = [];
  #order = 0;

  /** Milliseconds since the beginning. */
  get elapsed(): number {
    return this.now - this.#start;
  }

  in(ms: number, run: () => void): void {
    this.#heap.push({ at: this.now + Math.max(0, Math.round(ms)), order: this.#order++, run });
    this.#up(this.#heap.length - 1);
  }

  /** Runs what is due next. False when nothing is. */
  step(): boolean {
    const [next] = this.#heap;
    const last = this.#heap.pop();
    if (!next || !last) return false;
    if (this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#down(0);
    }
    this.now = next.at;
    next.run();
    return true;
  }

  #up(at: number): void {
    for (let i = at; i > 0;) {
      const parent = (i - 1) >> 1;
      if (!isBefore(this.#heap[i]!, this.#heap[parent]!)) return;
      this.#swap(i, parent);
      i = parent;
    }
  }

  #down(at: number): void {
    for (let i = at; ;) {
      let first = i;
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < this.#heap.length && isBefore(this.#heap[child]!, this.#heap[first]!)) first = child;
      }
      if (first === i) return;
      this.#swap(i, first);
      i = first;
    }
  }

  #swap(i: number, j: number): void {
    [this.#heap[i], this.#heap[j]] = [this.#heap[j]!, this.#heap[i]!];
  }
}

/** What a task waits for, in milliseconds. Between two waits it runs undisturbed, as between two awaits. */
export type Task<T> = Generator<number, T, undefined>;

/** Runs a task step by step while `isAlive`; what a dead process had in progress simply never goes on. */
export function runTask(
  timeline: Timeline,
  task: Task<void>,
  isAlive: () => boolean,
  onError: (error: unknown) => void,
): void {
  const step = (): void => {
    if (!isAlive()) return;
    try {
      const next = task.next();
      if (!next.done) timeline.in(next.value, step);
    } catch (error) {
      onError(error);
    }
  };
  step();
}

export function chance(rng: Rng, probability: number): boolean {
  return rng.float() < probability;
}
