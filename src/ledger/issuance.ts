/**
 * A supply with a hard cap whose issuance halves by issuance, not by time: a microcredit of work mints one
 * microcredit until half the cap is issued, a half until three quarters, a quarter until seven eighths, and so
 * on (the curve of Bittensor's block_emission.rs, paid exactly across a threshold). A pure function of what has
 * been issued: no clock, no state, whole numbers only.
 */
import { AppError } from '../core/errors.ts';

export interface Supply {
  /** Microcredits that will never be passed; more than nothing. */
  readonly cap: bigint;
  /** Microcredits issued so far, 0 to `cap`. */
  readonly issued: bigint;
}

/**
 * How often the rate has halved: the greatest h with `(cap − issued) · 2^h ≤ cap`.
 * @returns undefined when everything is issued
 * @throws AppError 'bad-input' for a supply that cannot be
 */
export function halvings({ cap, issued }: Supply): bigint | undefined {
  if (cap <= 0n || issued < 0n || issued > cap) {
    throw new AppError('bad-input', `a supply cannot have issued ${issued} of ${cap} microcredits`);
  }
  const left = cap - issued;
  if (left === 0n) return undefined;
  let count = 0n;
  while (left << (count + 1n) <= cap) count += 1n;
  return count;
}

/**
 * What so much work mints. Work that crosses a threshold is paid by parts, each at its own rate; the last part
 * is rounded down, and what rounding leaves is lost. So splitting work never mints more than doing it at once,
 * and late in the curve a small shard may mint nothing.
 * @param work - microcredits at rate 1
 * @returns 0 to `work`, and never more than what is left
 */
export function minted(supply: Supply, work: bigint): bigint {
  const { cap } = supply;
  let { issued } = supply;
  let left = work;
  let total = 0n;
  for (let h = halvings(supply); h !== undefined; h = halvings({ cap, issued })) {
    // Until no more than cap / 2^(h+1) is left. A whole number of microcredits, at 2^h of work each.
    const room = cap - issued - (cap >> (h + 1n));
    const part = left >> h;
    if (part < room) return total + part;
    total += room;
    issued += room;
    left -= room << h;
  }
  return total;
}
