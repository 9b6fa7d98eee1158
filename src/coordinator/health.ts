/** Whether the coordinator can do its work: it answers, and so does its database. */
import { type Clock, withDeadline } from '../core/clock.ts';
import { AppError, toAppError } from '../core/errors.ts';

/** However often somebody asks, the database is asked once a second. */
const FRESH_MS = 1000;
const DEADLINE_MS = 5000;

export class Health {
  readonly #ask: () => Promise<unknown>;
  readonly #clock: Clock;
  #askedMs = -Infinity;
  #answer: Promise<void> = Promise.resolve();

  /** @param ask - asks the database anything at all */
  constructor(ask: () => Promise<unknown>, clock: Clock) {
    this.#ask = ask;
    this.#clock = clock;
  }

  /** @throws AppError 'unreachable' with the reason when the database does not answer */
  check(): Promise<void> {
    const now = this.#clock.now();
    if (Math.abs(now - this.#askedMs) >= FRESH_MS) {
      this.#askedMs = now;
      this.#answer = this.#look();
      this.#answer.catch(() => {});
    }
    return this.#answer;
  }

  async #look(): Promise<void> {
    try {
      await withDeadline(this.#clock, DEADLINE_MS, 'a question to the database', this.#ask());
    } catch (thrown) {
      throw new AppError('unreachable', toAppError(thrown).message, { cause: thrown });
    }
  }
}
