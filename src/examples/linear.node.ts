/** The small dense problems that stay with the requester, by ml-matrix. */
import { CholeskyDecomposition, EigenvalueDecomposition, Matrix } from 'ml-matrix';

export interface Eigen {
  /** Largest first. */
  readonly values: Float64Array;
  /** vectors[i] belongs to values[i], of length 1. */
  readonly vectors: readonly Float64Array[];
}

/** @param s - symmetric, n × n, row-major */
export function symmetricEigen(s: Float64Array, n: number): Eigen {
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(matrixOf(s, n, n), {
    assumeSymmetric: true,
  });
  const order = realEigenvalues
    .map((_, i) => i)
    .toSorted((i, j) => realEigenvalues[j]! - realEigenvalues[i]!);
  return {
    values: Float64Array.from(order, (i) => realEigenvalues[i]!),
    vectors: order.map((i) => Float64Array.from(eigenvectorMatrix.getColumn(i))),
  };
}

/** X of S·X = Y for S symmetric and positive definite, n × n, and Y of n × m; row-major. */
export function solvePositive(s: Float64Array, n: number, y: Float64Array, m: number): Float64Array {
  const x = new CholeskyDecomposition(matrixOf(s, n, n)).solve(matrixOf(y, n, m));
  return Float64Array.from({ length: n * m }, (_, i) => x.get(Math.floor(i / m), i % m));
}

/** L of S = L·Lᵀ, lower triangular, row-major. */
export function choleskyFactor(s: Float64Array, n: number): Float64Array {
  const l = new CholeskyDecomposition(matrixOf(s, n, n)).lowerTriangularMatrix;
  return Float64Array.from({ length: n * n }, (_, i) => l.get(Math.floor(i / n), i % n));
}

function matrixOf(values: Float64Array, rows: number, cols: number): Matrix {
  return Matrix.from1DArray(rows, cols, values);
}
