/**
 * So many bytes a second: whoever moves bytes takes them here first, and waits its turn. A token bucket that is
 * paid before it is used: over any stretch of time no more is given than the rate allows, half a second's worth
 * that was saved, and one piece that is larger than that.
 */
import type { Clock } from './clock.ts';
import { AppError } from './errors.ts';

/** Saved while nobody moves anything: bridges the gaps between one piece and the next. */
const SAVED_SECONDS = 0.5;

interface Waiting {
  readonly bytes: number;
  readonly grant: () => void;
}

export class TokenBucket {
  readonly #clock: Clock;
  readonly #waiting: Waiting[] = [];
  #rate: number | undefined;
  #tokens = 0;
  #filledMs: number;
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#filledMs = clock.now();
  }

  /** Bytes a second; undefined: as many as there are; 0: none. */
  get rate(): number | undefined {
    return this.#rate;
  }

  /** Takes effect at once, also for those who wait. */
  set rate(rate: number | undefined) {
    this.#fill();
    if (this.#rate === undefined) this.#tokens = 0;
    this.#rate = rate;
    this.#pump();
  }

  /** False when it has to be waited for; what is refused costs nothing. */
  tryTake(bytes: number): boolean {
    if (this.#waiting.length > 0) return false;
    return this.#spend(bytes);
  }

  /** Resolves when they may move: first come, first served. @throws AppError 'aborted' */
  take(bytes: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        const at = this.#waiting.indexOf(entry);
        if (at >= 0) this.#waiting.splice(at, 1);
        reject(new AppError('aborted', 'the wait was aborted', { cause: signal?.reason }));
        this.#pump();
      };
      const grant = (): void => {
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      const entry = { bytes, grant };
      if (signal?.aborted) {
        abort();
        return;
      }
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.push(entry);
      this.#pump();
    });
  }

  /** Taken and not moved; less than 0 for what moved and was not taken. */
  giveBack(bytes: number): void {
    this.#fill();
    this.#tokens += bytes;
    this.#pump();
  }

  #pump(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    let next = this.#waiting[0];
    for (; next && this.#spend(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift();
      next.grant();
    }
    if (!next || !this.#rate) return;
    const ms = Math.ceil(((next.bytes - this.#tokens) * 1000) / this.#rate);
    this.#cancelTimer = this.#clock.after(Math.max(1, ms), () => {
      this.#pump();
    });
  }

  #spend(bytes: number): boolean {
    if (this.#rate === undefined) return true;
    this.#fill();
    if (this.#rate === 0 || this.#tokens < bytes) return false;
    this.#tokens -= bytes;
    return true;
  }

  #fill(): void {
    const now = this.#clock.now();
    const seconds = Math.max(0, now - this.#filledMs) / 1000; // clocks are set back now and then
    this.#filledMs = now;
    const rate = this.#rate ?? 0;
    // A piece that is larger than what is kept is saved for while it waits.
    const most = Math.max(rate * SAVED_SECONDS, this.#waiting[0]?.bytes ?? 0, this.#tokens);
    this.#tokens = Math.min(most, this.#tokens + seconds * rate);
  }
}
