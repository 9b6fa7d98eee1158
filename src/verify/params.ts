/**
 * How strong a check is: S bits a round, T rounds, chosen so that float64 sums stay exact.
 * Plain data: it crosses to worker threads and into receipts as it is.
 */
import { AppError } from '../core/errors.ts';
import { evenUp } from './kernel.ts';

export interface VerifyParams {
  /** S. i8: r is drawn from [0, 2^S). Floats: an entry off by more than 2^S · τ is caught. */
  readonly bits: number;
  /** T, the independent rounds; all of them are computed in one pass. */
  readonly rounds: number;
  /** log₂ of the chance that one check accepts a wrong strip: −S·T. */
  readonly missLog2: number;
  /** Columns of the widest strip that these params may check. */
  readonly maxWidth: number;
}

/** A wrong exact strip is accepted with probability at most 2^−72. */
const EXACT_STRENGTH_BITS = 72;
/** Three rounds of 24 bits meet 2^−72, and 24 bits are three random bytes. */
export const MAX_BITS = 24;
/** The largest absolute value of a product of two int8: (−128)². */
export const MAX_PRODUCT_I8 = 2 ** 14;
/** From here on γ_K with u = 2⁻²³ says nothing useful (K·u ≥ ½). */
export const MAX_K_FLOAT = 2 ** 22;

/**
 * S and T for i8 strips of up to `maxWidth` columns over `k`. Every sum of C·r and A·(Bᵀr) is at most
 * maxWidth · k · 2¹⁴ · 2^S, which must stay under 2⁵³; one bit is kept spare.
 * @throws AppError 'too-large' where not even S = 1 is exact (k · maxWidth over 2³⁷).
 */
export function chooseExact(k: number, maxWidth: number): VerifyParams {
  let bits = MAX_BITS;
  while (bits > 0 && k * maxWidth * MAX_PRODUCT_I8 * 2 ** bits > 2 ** 52) bits -= 1;
  if (bits === 0) {
    throw new AppError(
      'too-large',
      `a strip of ${maxWidth} columns over K = ${k} cannot be checked exactly; use narrower shards.`,
    );
  }
  const rounds = evenUp(Math.ceil(EXACT_STRENGTH_BITS / bits)); // an odd one out costs as much as two
  return { bits, rounds, missLog2: -bits * rounds, maxWidth };
}

/** 16 rounds of 4 bits: an entry off by more than 16 τ is accepted with probability at most 2^−64. */
export function chooseFloat(): VerifyParams {
  return { bits: 4, rounds: 16, missLog2: -64, maxWidth: 2 ** 31 - 1 };
}

/** True where computing the strip again costs less than checking it. */
export function narrow(width: number, rounds: number): boolean {
  return width < rounds;
}

/** @throws AppError 'k-too-large' where the float bound says nothing. */
export function assertFloatK(k: number): void {
  if (k > MAX_K_FLOAT) {
    throw new AppError(
      'k-too-large',
      `K = ${k} is too large for floats: the error bound holds up to K = ${MAX_K_FLOAT}. Split K and add the partial products.`,
    );
  }
}
