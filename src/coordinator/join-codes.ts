/**
 * Codes that carry an offer from a frame to the contributor's page. They live for minutes, and each is good once, at
 * whichever coordinator of the network. Whoever has a code can accept its offer, so guesses are few: 40 bits against
 * some thousand live codes and WRONG_RATE is one hit in thirty years.
 */
import { Allowance } from '../core/allowance.ts';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { codeOf, newCode } from '../core/join-code.ts';
import type { Rng } from '../core/rng.ts';
import type { Database } from '../store/database.ts';
import { putJoinCode, takeJoinCode } from '../store/join-codes.ts';

export const JOIN_CODE_MS = 10 * 60_000;
/** Some 5 MiB; the oldest goes first. */
const MAX_CODES = 5000;
/** Codes that lead to nothing, over all who ask. */
const WRONG_RATE = { burst: 100, perSecond: 1 } as const;

export class JoinCodes {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #rng: Rng;
  readonly #maxCodes: number;
  readonly #wrong: Allowance;

  constructor(db: Database, clock: Clock, rng: Rng, maxCodes: number = MAX_CODES) {
    this.#db = db;
    this.#clock = clock;
    this.#rng = rng;
    this.#maxCodes = maxCodes;
    this.#wrong = new Allowance(clock, WRONG_RATE);
  }

  /** @param joined - the key that has signed the offer */
  async put(
    joined: string,
    offer: Uint8Array,
  ): Promise<{ readonly code: string; readonly expiresMs: number }> {
    const life = this.#life();
    for (;;) {
      const code = newCode(this.#rng);
      if (await putJoinCode(this.#db, { code, joined, offer }, life, this.#maxCodes))
        return { code, expiresMs: life.nowMs + life.lastsMs };
    }
  }

  /**
   * The offer that a code stands for; from now on it stands for none.
   * @throws AppError 'not-found' for a code that is wrong, used or too old; 'rate-limited' after many of them
   */
  async take(typed: string): Promise<{ readonly joined: string; readonly offer: Uint8Array }> {
    const code = codeOf(typed);
    const kept = code === undefined ? undefined : await takeJoinCode(this.#db, code, this.#life());
    if (kept) return kept;
    if (!this.#wrong.take())
      throw new AppError('rate-limited', 'too many wrong codes just now; try again later');
    throw new AppError('not-found', 'this code is wrong, was used before, or is more than ten minutes old');
  }

  #life(): { readonly nowMs: number; readonly lastsMs: number } {
    return { nowMs: this.#clock.now(), lastsMs: JOIN_CODE_MS };
  }
}
