/**
 * How far an honest float result may be from the product, whatever the order of summation, fused or
 * not (Higham, "Accuracy and Stability of Numerical Algorithms", 2002, §3.1).
 */

/** WGSL lets an operation round either way ("Floating Point Evaluation"): one whole unit, not half. */
export const UNIT_F32 = 2 ** -23;
const UNIT_F64 = 2 ** -53;
/** WGSL may flush anything smaller to zero, results and inputs alike. */
const MIN_NORMAL_F32 = 2 ** -126;

/** γ_n = n·u / (1 − n·u). */
export function gamma(n: number, unit: number): number {
  return (n * unit) / (1 - n * unit);
}

/** One row of A against n columns of B; the magnitudes are sums over those columns. */
export interface RowMagnitudes {
  readonly k: number;
  /** Columns. */
  readonly n: number;
  /** Σ over columns of |A|·|B|. */
  readonly product: number;
  /** Σ|A| of the row. */
  readonly a: number;
  /** Σ|B| of the columns. */
  readonly b: number;
  /** Σ|C'| of the row. */
  readonly c: number;
}

/**
 * τ: the largest |Σ_j (C' − A·Bᵀ)_j r_j| of an honest row for any |r_j| ≤ 1, plus what float64 loses in
 * computing it. Three parts: rounding, γ_K·|A||B|; flushing, 2⁻¹²⁶ for each of the 2K results of an entry
 * and, as a subnormal input may count as zero too, 2⁻¹²⁶·(|a| + |b|) for each product; and 2γ of K + n
 * float64 roundings.
 */
export function tolerance({ k, n, product, a, b, c }: RowMagnitudes): number {
  const rounding = gamma(k, UNIT_F32) * product;
  const flushing = MIN_NORMAL_F32 * (2 * k * n + n * a + b);
  const slop = 2 * gamma(k + n, UNIT_F64) * (product + c);
  return rounding + flushing + slop;
}
