/** When to try again. Pure: what a connection is, and the clock and the dice, come from outside. */
import { type Clock, sleep } from '../core/clock.ts';
import { AppError, isAppError, toAppError } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';

const FIRST_RETRY_MS = 1_000;
const SLOWEST_RETRY_MS = 60_000;
/** A connection that lasted less does not count as a success: a refusal must not be a tight loop. */
export const STABLE_MS = 10_000;

export interface ConnectionState {
  readonly state: 'connecting' | 'connected' | 'waiting';
  /** Tries since the last success, counted from 1. */
  readonly attempt: number;
  /** While waiting. */
  readonly retryInMs?: number;
  /** While waiting: why the last try or connection ended. */
  readonly error?: AppError;
}

export interface ReconnectOptions<T> {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly connect: (signal: AbortSignal) => Promise<T>;
  /** Lives with the connection and returns when it has ended. */
  readonly session: (connection: T) => Promise<void>;
  readonly onState: (state: ConnectionState) => void;
}

/**
 * Full jitter (M. Brooker, "Exponential Backoff And Jitter", 2015): a random share of 1, 2, 4 … 60 s, so that
 * a restarted coordinator is not met by everybody at once. A wrong PeerId is a person's mistake: 30–60 s.
 */
export function retryDelayMs(attempt: number, rng: Rng, error?: AppError): number {
  if (isAppError(error, 'wrong-peer')) return Math.round(SLOWEST_RETRY_MS * (0.5 + rng.float() / 2));
  return Math.round(
    rng.float() * Math.min(SLOWEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempt - 1, 30)),
  );
}

export class Reconnector<T> {
  readonly #options: ReconnectOptions<T>;
  #wakeUp: (() => void) | undefined;

  constructor(options: ReconnectOptions<T>) {
    this.#options = options;
  }

  /** Ends a wait at once: the network is back, the tab is visible. */
  wake(): void {
    this.#wakeUp?.();
  }

  /** Connects, lives, waits, forever; returns soon after the signal. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, rng, onState } = this.#options;
    let attempt = 1;
    while (!signal.aborted) {
      onState({ state: 'connecting', attempt });
      const { lastedMs, error } = await this.#once(attempt, signal);
      if (signal.aborted) return;
      if (lastedMs >= STABLE_MS) attempt = 1;
      const retryInMs = retryDelayMs(attempt, rng, error);
      onState({ state: 'waiting', attempt, retryInMs, error });
      await this.#wait(clock, retryInMs, signal);
      attempt = lastedMs >= STABLE_MS ? 1 : attempt + 1;
    }
  }

  async #once(attempt: number, signal: AbortSignal): Promise<{ lastedMs: number; error: AppError }> {
    const { clock, connect, session, onState } = this.#options;
    let since: number | undefined;
    let error = new AppError('closed', 'the connection to the coordinator ended');
    try {
      const connection = await connect(signal);
      since = clock.now();
      onState({ state: 'connected', attempt });
      await session(connection);
    } catch (thrown) {
      error = toAppError(thrown, 'unreachable');
    }
    return { lastedMs: since === undefined ? 0 : clock.now() - since, error };
  }

  async #wait(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
    const waking = new AbortController();
    const wake = (): void => waking.abort();
    this.#wakeUp = wake;
    signal.addEventListener('abort', wake, { once: true });
    await sleep(clock, ms, waking.signal).catch(() => {});
    signal.removeEventListener('abort', wake);
    this.#wakeUp = undefined;
  }
}
