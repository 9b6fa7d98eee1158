/**
 * Who may send next. What was begun first is let on first, and while the thread that receives has no time to spare,
 * only a few are: more at once would not make it faster, but all of them late, and with a thousand that deliver at
 * the same time nothing would be complete before nearly everything is (test/bench/results/load.md).
 */
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';

export interface AdmissionOptions {
  /** At any time. */
  readonly bytes: number;
  /** While the thread is busy. */
  readonly busyBytes: number;
  readonly isBusy: () => boolean;
  readonly clock: Clock;
}

interface Waiting {
  readonly order: number;
  readonly bytes: number;
  readonly grant: () => void;
}

/** For whom nobody makes room: what is on its way may be slow, and the thread idle by now. */
const LOOK_MS = 100;

export class Admission {
  readonly #options: AdmissionOptions;
  /** By order, and those of one order as they came. */
  readonly #waiting: Waiting[] = [];
  #used = 0;
  #looking = false;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /**
   * Resolves to the function that gives the bytes back.
   * @param order - lower ones first
   * @throws AppError 'aborted', or 'too-large' for more bytes than there are
   */
  acquire(bytes: number, order: number, signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      if (bytes > this.#options.bytes) {
        reject(
          new AppError('too-large', `${bytes} bytes were asked for where there are ${this.#options.bytes}`),
        );
        return;
      }
      const abort = (): void => {
        const at = this.#waiting.indexOf(entry);
        if (at >= 0) this.#waiting.splice(at, 1);
        reject(new AppError('aborted', 'the wait was aborted', { cause: signal.reason }));
        this.#pump();
      };
      const entry: Waiting = {
        order,
        bytes,
        grant: () => {
          signal.removeEventListener('abort', abort);
          resolve(this.#take(bytes));
        },
      };
      if (signal.aborted) {
        abort();
        return;
      }
      signal.addEventListener('abort', abort, { once: true });
      const before = this.#waiting.findLastIndex((other) => other.order <= order);
      this.#waiting.splice(before + 1, 0, entry);
      this.#pump();
    });
  }

  #take(bytes: number): () => void {
    this.#used += bytes;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#used -= bytes;
      this.#pump();
    };
  }

  #pump(): void {
    for (let next = this.#waiting[0]; next && this.#fits(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift();
      next.grant();
    }
  }

  #fits(bytes: number): boolean {
    const { bytes: most, busyBytes, isBusy } = this.#options;
    const used = this.#used + bytes;
    if (this.#used === 0 || used <= Math.min(busyBytes, most)) return true;
    if (used > most) return false;
    if (!isBusy()) return true;
    this.#lookAgain();
    return false;
  }

  #lookAgain(): void {
    if (this.#looking) return;
    this.#looking = true;
    this.#options.clock.after(LOOK_MS, () => {
      this.#looking = false;
      this.#pump();
    });
  }
}
