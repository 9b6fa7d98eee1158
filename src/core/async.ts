/** The few concurrency shapes that the project shares. */
import { AppError } from './errors.ts';

/** A bounded number of units; `acquire` waits its turn, first come first served. */
export class Semaphore {
  readonly #units: number;
  #free: number;
  readonly #waiting: { need: number; grant: () => void }[] = [];

  constructor(units: number) {
    this.#units = units;
    this.#free = units;
  }

  /**
   * Resolves to the function that gives the units back.
   * @throws AppError 'aborted' when the signal fires first; 'too-large' for more units than there are, which
   *   would wait for ever and hold up everybody behind it
   */
  acquire(need = 1, signal?: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      if (need > this.#units) {
        reject(new AppError('too-large', `${need} units were asked for where there are ${this.#units}`));
        return;
      }
      let held = true;
      const release = (): void => {
        if (!held) return;
        held = false;
        this.#free += need;
        this.#pump();
      };
      const abort = (): void => {
        const at = this.#waiting.indexOf(entry);
        if (at >= 0) this.#waiting.splice(at, 1);
        reject(new AppError('aborted', 'the wait was aborted', { cause: signal?.reason }));
        this.#pump();
      };
      const entry = {
        need,
        grant: () => {
          signal?.removeEventListener('abort', abort);
          this.#free -= need;
          resolve(release);
        },
      };
      if (signal?.aborted) {
        abort();
        return;
      }
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.push(entry);
      this.#pump();
    });
  }

  #pump(): void {
    for (let next = this.#waiting[0]; next && next.need <= this.#free; next = this.#waiting[0]) {
      this.#waiting.shift();
      next.grant();
    }
  }
}

/** Runs `work` while holding the semaphore. */
export async function withPermit<T>(
  semaphore: Semaphore,
  work: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const release = await semaphore.acquire(1, signal);
  try {
    return await work();
  } finally {
    release();
  }
}

/** Who comes while it is shut waits. */
export class Gate {
  #opened = Promise.withResolvers<void>();
  #open = true;

  get open(): boolean {
    return this.#open;
  }

  set open(open: boolean) {
    if (open === this.#open) return;
    this.#open = open;
    if (open) this.#opened.resolve();
    else this.#opened = Promise.withResolvers();
  }

  /** Resolves when it is open. @throws AppError 'aborted' as soon as the signal fires. */
  async pass(signal: AbortSignal): Promise<void> {
    while (!this.#open) await orAborted(this.#opened.promise, signal);
  }
}

/** Settles as `work` does, or rejects with 'aborted' as soon as the signal fires; the work itself goes on. */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const stopped = Promise.withResolvers<never>();
  const stop = (): void => {
    stopped.reject(new AppError('aborted', 'the wait was aborted'));
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await Promise.race([work, stopped.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Like Promise.all(items.map(work)) with at most `width` at once; the first failure rejects. */
export async function mapLimit<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = Array.from({ length: items.length });
  let next = 0;
  let failed = false;
  const lane = async (): Promise<void> => {
    while (next < items.length && !failed) {
      const index = next++;
      try {
        results[index] = await work(items[index]!, index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
  return results;
}

/**
 * One run of the work at a time: who calls while one is under way shares the next, which sees everything from before
 * the call.
 */
export function coalesced(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const run = (): Promise<void> => {
    const started = work().finally(() => {
      if (running === started) running = undefined;
    });
    running = started;
    return started;
  };
  return () => {
    if (!running) return run();
    next ??= running
      .catch(() => {})
      .then(() => {
        next = undefined;
        return run();
      });
    return next;
  };
}

/** Listeners that may come and go while an event is being delivered. */
export class Emitter<T> {
  readonly #listeners = new Set<(event: T) => void>();

  on(listener: (event: T) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  emit(event: T): void {
    for (const listener of Array.from(this.#listeners)) listener(event);
  }
}
