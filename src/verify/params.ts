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

/** A wrong exact strip is accepted with probability at most 2^−72: ample for a secret r. */
export const EXACT_MISS_LOG2 = -72;
/** For floats: an entry off by more than 16 τ is accepted with probability at most 2^−64. */
export const FLOAT_MISS_LOG2 = -64;
/** r is public, so who cheats may try many results until one passes: 2^60 tries still leave 2^−48. */
export const PUBLIC_MISS_LOG2 = -108;
const FLOAT_BITS = 4;
/** Three rounds of 24 bits meet 2^−72, and 24 bits are three random bytes. */
export const MAX_BITS = 24;
/** The largest absolute value of a product of two int8: (−128)². */
export const MAX_PRODUCT_I8 = 2 ** 14;
/** From here on γ_K with u = 2⁻²³ says nothing useful (K·u ≥ ½). */
export const MAX_K_FLOAT = 2 ** 22;

/**
 * S and T for i8 strips of up to `maxWidth` columns over `k`. Every sum of C·r and A·(Bᵀr) is at most
 * maxWidth · k · 2¹⁴ · 2^S, which must stay under 2⁵³; one bit is kept spare.
 * @param missLog2 - the chance to reach, or to fall below
 * @throws AppError 'too-large' where not even S = 1 is exact (k · maxWidth over 2³⁷).
 */
export function chooseExact(k: number, maxWidth: number, missLog2 = EXACT_MISS_LOG2): VerifyParams {
  let bits = MAX_BITS;
  while (bits > 0 && k * maxWidth * MAX_PRODUCT_I8 * 2 ** bits > 2 ** 52) bits -= 1;
  if (bits === 0) {
    throw new AppError(
      'too-large',
      `a strip of ${maxWidth} columns over K = ${k} cannot be checked exactly; use narrower shards.`,
    );
  }
  const rounds = evenUp(Math.ceil(-missLog2 / bits)); // an odd one out costs as much as two
  return { bits, rounds, missLog2: -bits * rounds, maxWidth };
}

/** Rounds of 4 bits, 16 of them for 2^−64: the chance that an entry off by more than 16 τ is accepted. */
export function chooseFloat(missLog2 = FLOAT_MISS_LOG2): VerifyParams {
  const rounds = evenUp(Math.ceil(-missLog2 / FLOAT_BITS));
  return { bits: FLOAT_BITS, rounds, missLog2: -FLOAT_BITS * rounds, maxWidth: 2 ** 31 - 1 };
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
