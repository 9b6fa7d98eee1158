/** Trying again what may pass by itself: a network that goes, a coordinator that starts anew, a crowd before us. */
import { type Clock, sleep } from '../core/clock.ts';
import { type AppError, isAppError } from '../core/errors.ts';
import { type Rng, cryptoRng } from '../core/rng.ts';

/** Pauses, ms; the last one repeats. Each is shortened by chance to half at most, so that not all come back at once. */
const PAUSES_MS = [250, 1_000, 2_000, 5_000, 10_000] as const;
/** Failures in a row: about a minute, where a coordinator starts again in seconds. */
const MAX_FAILURES = 9;

export interface RetryOptions {
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** @default cryptoRng */
  readonly rng?: Rng | undefined;
}

/** Whether the same request may succeed later. */
export function isPassing(error: AppError): boolean {
  return isAppError(error, 'unreachable', 'unavailable', 'closed', 'timeout', 'rate-limited');
}

/** Counts failures in a row, and waits longer after each. */
export class Patience {
  readonly #options: RetryOptions;
  #failures = 0;

  constructor(options: RetryOptions) {
    this.#options = options;
  }

  /** Something went well. */
  renew(): void {
    this.#failures = 0;
  }

  /** @throws the error itself where waiting does not help, or has not; AppError 'aborted' */
  async after(error: AppError): Promise<void> {
    this.#failures += 1;
    if (!isPassing(error) || this.#failures > MAX_FAILURES) throw error;
    const { clock, signal, rng = cryptoRng } = this.#options;
    const pause = PAUSES_MS[Math.min(this.#failures, PAUSES_MS.length) - 1]!;
    await sleep(clock, pause * (1 - rng.float() / 2), signal);
  }
}

/**
 * What `work` comes to, tried again while it fails in passing. Only for what may happen twice: reading, uploads
 * (the same bytes are one operand), and requests with an idempotency key.
 * @throws what `work` threw last, 'aborted'
 */
export async function retrying<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  const patience = new Patience(options);
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isAppError(error)) throw error;
      await patience.after(error);
    }
  }
}
