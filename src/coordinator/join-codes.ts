/**
 * Codes that carry an offer from a frame to the contributor's page. In memory only: they live for minutes, and each
 * is good once. Whoever has a code can accept its offer, so guesses are few: 40 bits against some thousand live codes
 * and WRONG_RATE is one hit in thirty years.
 */
import { Allowance } from '../core/allowance.ts';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { codeOf, newCode } from '../core/join-code.ts';
import type { Rng } from '../core/rng.ts';

export const JOIN_CODE_MS = 10 * 60_000;
/** Some 5 MiB; the oldest goes first. */
export const MAX_CODES = 5000;
/** Codes that lead to nothing, over all who ask. */
const WRONG_RATE = { burst: 100, perSecond: 1 } as const;

interface Kept {
  readonly joined: string;
  readonly offer: Uint8Array;
  readonly expiresMs: number;
}

export class JoinCodes {
  readonly #clock: Clock;
  readonly #rng: Rng;
  readonly #wrong: Allowance;
  /** In the order in which they were made, which is the order in which they end. */
  readonly #codes = new Map<string, Kept>();
  /** A key has one code: the last. */
  readonly #codeOf = new Map<string, string>();

  constructor(clock: Clock, rng: Rng) {
    this.#clock = clock;
    this.#rng = rng;
    this.#wrong = new Allowance(clock, WRONG_RATE);
  }

  get size(): number {
    return this.#codes.size;
  }

  /** @param joined - the key that has signed the offer */
  put(joined: string, offer: Uint8Array): { readonly code: string; readonly expiresMs: number } {
    this.#dropOld();
    this.#forget(this.#codeOf.get(joined));
    const expiresMs = this.#clock.now() + JOIN_CODE_MS;
    let code = newCode(this.#rng);
    while (this.#codes.has(code)) code = newCode(this.#rng);
    this.#codes.set(code, { joined, offer, expiresMs });
    this.#codeOf.set(joined, code);
    if (this.#codes.size > MAX_CODES) this.#forget(this.#codes.keys().next().value);
    return { code, expiresMs };
  }

  /**
   * The offer that a code stands for; from now on it stands for none.
   * @throws AppError 'not-found' for a code that is wrong, used or too old; 'rate-limited' after many of them
   */
  take(typed: string): { readonly joined: string; readonly offer: Uint8Array } {
    this.#dropOld();
    const code = codeOf(typed);
    const kept = code === undefined ? undefined : this.#codes.get(code);
    if (!kept) {
      if (!this.#wrong.take())
        throw new AppError('rate-limited', 'too many wrong codes just now; try again later');
      throw new AppError('not-found', 'this code is wrong, was used before, or is more than ten minutes old');
    }
    this.#forget(code);
    return kept;
  }

  #dropOld(): void {
    const now = this.#clock.now();
    for (const [code, { expiresMs }] of this.#codes) {
      if (expiresMs > now && expiresMs <= now + JOIN_CODE_MS) return;
      this.#forget(code);
    }
  }

  #forget(code: string | undefined): void {
    const kept = code === undefined ? undefined : this.#codes.get(code);
    if (code === undefined || !kept) return;
    this.#codes.delete(code);
    this.#codeOf.delete(kept.joined);
  }
}
