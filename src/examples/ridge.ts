/** Kernel ridge regression on one-against-the-rest targets, from inner products alone. Pure but for its solver. */
import { solvePositive } from './linear.node.ts';

export interface RidgeSplit {
  /** Rows 0 … training − 1 of the Gram matrix teach, the others are told. */
  readonly training: number;
  readonly rows: number;
}

/** exp(−γ·|a − b|²), as good as any kernel for digits, is a function of inner products: |a|² + |b|² − 2·a·b. */
export function gaussianKernel(gram: ArrayLike<number>, rows: number, gamma: number): Float64Array {
  const out = new Float64Array(rows * rows);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < rows; j++) {
      const squared = gram[i * rows + i]! + gram[j * rows + j]! - 2 * gram[i * rows + j]!;
      out[i * rows + j] = Math.exp(-gamma * squared);
    }
  }
  return out;
}

/**
 * The class of each row that does not teach: argmax of K·(K + λI)⁻¹·Y, Y = ±1.
 * @param kernel - rows × rows, row-major
 */
export function ridgeClasses(
  kernel: Float64Array,
  { training, rows }: RidgeSplit,
  labels: readonly number[],
  classes: number,
  lambda: number,
): number[] {
  const s = new Float64Array(training * training);
  for (let i = 0; i < training; i++) {
    s.set(kernel.subarray(i * rows, i * rows + training), i * training);
    s[i * training + i]! += lambda;
  }
  const targets = new Float64Array(training * classes).fill(-1);
  for (let i = 0; i < training; i++) targets[i * classes + labels[i]!] = 1;
  const weights = solvePositive(s, training, targets, classes);
  return Array.from({ length: rows - training }, (_, at) => {
    const row = (training + at) * rows;
    let best = 0;
    let most = Number.NEGATIVE_INFINITY;
    for (let one = 0; one < classes; one++) {
      let score = 0;
      for (let j = 0; j < training; j++) score += kernel[row + j]! * weights[j * classes + one]!;
      if (score > most) [best, most] = [one, score];
    }
    return best;
  });
}
