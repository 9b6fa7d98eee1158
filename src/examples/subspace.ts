/**
 * The dense parts of a randomised PCA that are small: thin matrices held as columns. Pure.
 * N. Halko, P.-G. Martinsson, J. A. Tropp, "Finding structure with randomness", SIAM Review 53 (2011): algorithm 4.4
 * (subspace iteration), and section 5 for what follows from the basis.
 */

/** Columns of equal length. */
export type Columns = readonly Float64Array[];

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** An orthonormal basis of what the columns span: Gram and Schmidt, twice, which is enough in float64. */
export function orthonormal(columns: Columns): Float64Array[] {
  const basis: Float64Array[] = [];
  for (const column of columns) {
    const q = column.slice();
    for (let pass = 0; pass < 2; pass++) {
      for (const other of basis) {
        const along = dot(q, other);
        for (let i = 0; i < q.length; i++) q[i]! -= along * other[i]!;
      }
    }
    const length = Math.sqrt(dot(q, q));
    // A column inside the span of those before it adds nothing.
    if (length > 1e-9 * Math.sqrt(dot(column, column))) basis.push(q.map((value) => value / length));
  }
  return basis;
}

/** The columns of a row-major rows × cols matrix. */
export function columnsOf(values: ArrayLike<number>, rows: number, cols: number): Float64Array[] {
  return Array.from({ length: cols }, (_, j) =>
    Float64Array.from({ length: rows }, (_value, i) => values[i * cols + j]!),
  );
}

/** The columns one after the other: row-major rows of the transpose. */
export function joined(columns: Columns): Float64Array {
  const length = columns[0]?.length ?? 0;
  const out = new Float64Array(columns.length * length);
  for (const [j, column] of columns.entries()) out.set(column, j * length);
  return out;
}

/** Cᵀ·C, row-major. */
export function gramOf(columns: Columns): Float64Array {
  const n = columns.length;
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) out[i * n + j] = out[j * n + i] = dot(columns[i]!, columns[j]!);
  }
  return out;
}

/** L⁻¹·X for a lower triangular L (n × n, row-major) and the n rows of X. */
export function solveLower(l: Float64Array, rows: Columns): Float64Array[] {
  const out: Float64Array[] = [];
  for (const [i, row] of rows.entries()) {
    const solved = row.slice();
    for (let j = 0; j < i; j++) {
      const factor = l[i * rows.length + j]!;
      for (let x = 0; x < solved.length; x++) solved[x]! -= factor * out[j]![x]!;
    }
    const diagonal = l[i * rows.length + i]!;
    out.push(solved.map((value) => value / diagonal));
  }
  return out;
}

/** Σ weights[i] · columns[i]. */
export function combined(columns: Columns, weights: Float64Array): Float64Array {
  const out = new Float64Array(columns[0]?.length ?? 0);
  for (const [i, column] of columns.entries()) {
    for (let x = 0; x < out.length; x++) out[x]! += weights[i]! * column[x]!;
  }
  return out;
}
