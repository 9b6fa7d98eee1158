/**
 * Floats as int8 and back, for products that need not be more exact than that: symmetric, with one scale a row, so
 * that C[i, j] ≈ scaleA[i] · scaleB[j] · (the exact int32 product).
 */
import { AppError } from '../core/errors.ts';

const LARGEST = 127;

export interface QuantisationError {
  /** The largest difference from a value, over the largest magnitude of its row: at most 1/254. */
  readonly max: number;
  /** The root mean square of all differences, over that of all values; 0 for zeros. */
  readonly rms: number;
}

export interface Quantised {
  /** Row-major, −127 to 127. */
  readonly values: Int8Array<ArrayBuffer>;
  /** For each row: a value is about its integer times this. 1 for a row of zeros. */
  readonly scales: Float64Array<ArrayBuffer>;
  readonly error: QuantisationError;
}

/**
 * Each row's largest magnitude becomes 127, and every value the nearest whole number.
 * @param values - rows × cols, row-major
 * @throws AppError 'shape-mismatch' when the array does not have this size, 'non-finite' with the place.
 */
export function quantiseRows(values: Float32Array | Float64Array, rows: number, cols: number): Quantised {
  if (values.length !== rows * cols)
    throw new AppError('shape-mismatch', `${values.length} values are not ${rows} × ${cols}`);
  const made = new Int8Array(values.length);
  const scales = new Float64Array(rows).fill(1);
  let max = 0;
  let squares = 0;
  let all = 0;
  for (let row = 0; row < rows; row++) {
    const [from, to] = [row * cols, (row + 1) * cols];
    const largest = largestIn(values, from, to, cols);
    if (largest === 0) continue;
    const scale = largest / LARGEST;
    scales[row] = scale;
    for (let at = from; at < to; at++) {
      const value = values[at]!;
      // Of the largest, not by the scale: that may be subnormal, and then is no 127th of it any more.
      const near = Math.round((value / largest) * LARGEST);
      made[at] = near;
      const part = value / largest;
      const wrong = Math.abs(part - (near * scale) / largest);
      if (wrong > max) max = wrong;
      squares += (wrong * largest) ** 2;
      all += value ** 2;
    }
  }
  return { values: made, scales, error: { max, rms: all > 0 ? Math.sqrt(squares / all) : 0 } };
}

/**
 * The product of two quantised matrices as floats.
 * @param product - int32, as many rows and columns as there are scales
 * @throws AppError 'shape-mismatch'.
 */
export function dequantiseProduct(
  product: Int32Array,
  rowScales: Float64Array,
  colScales: Float64Array,
): Float32Array<ArrayBuffer> {
  const [rows, cols] = [rowScales.length, colScales.length];
  if (product.length !== rows * cols)
    throw new AppError('shape-mismatch', `${product.length} values are not ${rows} × ${cols}`);
  const made = new Float32Array(product.length);
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) {
      const at = row * cols + col;
      made[at] = product[at]! * rowScales[row]! * colScales[col]!;
    }
  }
  return made;
}

function largestIn(values: Float32Array | Float64Array, from: number, to: number, cols: number): number {
  let largest = 0;
  for (let at = from; at < to; at++) {
    const magnitude = Math.abs(values[at]!);
    if (!Number.isFinite(magnitude)) {
      throw new AppError(
        'non-finite',
        `the value at row ${Math.floor(at / cols)}, column ${at % cols} (counted from 0) is ${values[at]}: only finite numbers can be quantised`,
      );
    }
    if (magnitude > largest) largest = magnitude;
  }
  return largest;
}
