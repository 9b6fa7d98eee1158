/** What is said about repeated measurements: medians with quartiles, and ratios taken round by round. */

export interface Spread {
  readonly median: number;
  /** Quartiles. */
  readonly low: number;
  readonly high: number;
}

/** The value at `share` (0 to 1) of the sorted values, between two of them by interpolation. */
function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (at - below);
}

/** NaN for no values. */
export function spread(values: readonly number[]): Spread {
  if (values.length === 0) return { median: Number.NaN, low: Number.NaN, high: Number.NaN };
  const sorted = values.toSorted((a, b) => a - b);
  return { median: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75) };
}

/**
 * How many times faster the one with `times` was than the one with `others`: the ratio of each round, so
 * that what slows a whole round (another process, a hot chip) cancels.
 */
export function speedup(times: readonly number[], others: readonly number[]): Spread {
  const rounds = Math.min(times.length, others.length);
  return spread(Array.from({ length: rounds }, (_, i) => others[i]! / times[i]!));
}

/** Three significant digits; JSON has no NaN, so that becomes null. */
export function rounded(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(3)) : null;
}

/** Of ratios: what they come to one after the other; NaN for none. */
export function geometricMean(ratios: readonly number[]): number {
  if (ratios.length === 0) return Number.NaN;
  return Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
}
