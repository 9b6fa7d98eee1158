/** The CPU reference: what every product is compared with. Right before fast. */
import { AppError } from '../core/errors.ts';
import { type Dtype, assertK } from './dtype.ts';
import { halvesToFloats } from './half.ts';

/** Row-major values of an operand; f16 as bits. */
export interface OperandValues {
  i8: Int8Array;
  f16: Uint16Array;
  f32: Float32Array;
}

/** Row-major values of a product. */
export interface ProductValues {
  i8: Int32Array<ArrayBuffer>;
  f16: Float32Array<ArrayBuffer>;
  f32: Float32Array<ArrayBuffer>;
}

/**
 * C[i, j] = Σ a[i, k] · b[j, k] for a of rows × k and b of cols × k: exact for i8; for f16 and f32
 * summed in float64 and rounded once.
 * @throws AppError 'shape-mismatch' when the arrays do not have these sizes, 'k-too-large' for i8.
 */
export function multiplyReference<T extends Dtype>(
  dtype: T,
  a: OperandValues[T],
  b: OperandValues[T],
  rows: number,
  cols: number,
  k: number,
): ProductValues[T] {
  if (a.length !== rows * k || b.length !== cols * k) {
    throw new AppError('shape-mismatch', `the arrays do not hold ${rows} × ${k} and ${cols} × ${k} values`);
  }
  assertK(dtype, k);
  if (dtype === 'i8') return multiplyInt(a as Int8Array, b as Int8Array, rows, cols, k) as ProductValues[T];
  const wide = (values: OperandValues[T]): Float32Array =>
    values instanceof Uint16Array ? halvesToFloats(values) : (values as Float32Array);
  return multiplyFloat(wide(a), wide(b), rows, cols, k) as ProductValues[T];
}

function multiplyFloat(
  a: Float32Array,
  b: Float32Array,
  rows: number,
  cols: number,
  k: number,
): Float32Array<ArrayBuffer> {
  const c = new Float32Array(rows * cols);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) {
      let sum = 0;
      for (let x = 0; x < k; x++) sum += a[i * k + x]! * b[j * k + x]!;
      c[i * cols + j] = sum;
    }
  }
  return c;
}

/** Two rows by four columns at a time: eight sums stay in registers. */
function multiplyInt(
  a: Int8Array,
  b: Int8Array,
  rows: number,
  cols: number,
  k: number,
): Int32Array<ArrayBuffer> {
  const c = new Int32Array(rows * cols);
  const rows2 = rows - (rows % 2);
  const cols4 = cols - (cols % 4);
  // Columns outside, in panels, so that a panel of B stays in the cache for all rows.
  for (let j = 0; j < cols4; j += 4) {
    for (let i = 0; i < rows2; i += 2) intTile(a, b, i, j, cols, k, c);
  }
  for (let i = 0; i < rows; i++) {
    for (let j = i < rows2 ? cols4 : 0; j < cols; j++) c[i * cols + j] = intDot(a, i * k, b, j * k, k);
  }
  return c;
}

function intDot(a: Int8Array, p: number, b: Int8Array, q: number, k: number): number {
  let sum = 0;
  for (let x = 0; x < k; x++) sum = (sum + Math.imul(a[p + x]!, b[q + x]!)) | 0;
  return sum;
}

function intTile(
  a: Int8Array,
  b: Int8Array,
  i: number,
  j: number,
  cols: number,
  k: number,
  c: Int32Array,
): void {
  const p0 = i * k;
  const p1 = p0 + k;
  const q0 = j * k;
  const q1 = q0 + k;
  const q2 = q1 + k;
  const q3 = q2 + k;
  let s00 = 0;
  let s01 = 0;
  let s02 = 0;
  let s03 = 0;
  let s10 = 0;
  let s11 = 0;
  let s12 = 0;
  let s13 = 0;
  for (let x = 0; x < k; x++) {
    const a0 = a[p0 + x]!;
    const a1 = a[p1 + x]!;
    const b0 = b[q0 + x]!;
    const b1 = b[q1 + x]!;
    const b2 = b[q2 + x]!;
    const b3 = b[q3 + x]!;
    s00 = (s00 + Math.imul(a0, b0)) | 0;
    s01 = (s01 + Math.imul(a0, b1)) | 0;
    s02 = (s02 + Math.imul(a0, b2)) | 0;
    s03 = (s03 + Math.imul(a0, b3)) | 0;
    s10 = (s10 + Math.imul(a1, b0)) | 0;
    s11 = (s11 + Math.imul(a1, b1)) | 0;
    s12 = (s12 + Math.imul(a1, b2)) | 0;
    s13 = (s13 + Math.imul(a1, b3)) | 0;
  }
  c.set([s00, s01, s02, s03], i * cols + j);
  c.set([s10, s11, s12, s13], (i + 1) * cols + j);
}
