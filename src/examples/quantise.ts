/** Real rows as int8 rows: symmetric, each row by its own scale. Pure. */

const LARGEST = 127;

export interface QuantisedRows {
  readonly values: Int8Array<ArrayBuffer>;
  /** Row i is about scales[i] · values of row i, each entry off by at most half of scales[i]. */
  readonly scales: Float64Array;
}

/** @param values - rows × k, row-major */
export function quantiseRows(values: Float64Array | Float32Array, rows: number, k: number): QuantisedRows {
  const out = new Int8Array(rows * k);
  const scales = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let largest = 0;
    for (let x = row * k; x < (row + 1) * k; x++) largest = Math.max(largest, Math.abs(values[x]!));
    const scale = largest === 0 ? 1 : largest / LARGEST;
    scales[row] = scale;
    for (let x = row * k; x < (row + 1) * k; x++) out[x] = Math.round(values[x]! / scale);
  }
  return { values: out, scales };
}
