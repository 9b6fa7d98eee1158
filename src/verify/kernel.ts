/**
 * The two inner loops that all checks share. Rows of a block are widened to float64 first, so each
 * loop sees one kind of array whatever the number type.
 *
 * Measured on Node 24 (one thread, 1024 values a row): two rows by two planes 2.9 G multiply-adds/s,
 * four by two and two by four 2.5: more accumulators than that spill.
 */

/** Values of the widest block row (i8): the length of a scratch row. */
export const CHUNK = 1024;
/** Rows that scratch holds; `addProducts` takes two of them, `addOuter` all. */
export const SCRATCH_ROWS = 4;

/** Rows and planes are handled in pairs; where one is missing its place is filled with zeros. */
export function evenUp(count: number): number {
  return count + (count % 2);
}

/** `count` vectors of `stride` values each, one after the other; `count` is even. */
export interface Planes {
  readonly values: Float64Array;
  readonly stride: number;
  readonly count: number;
}

/**
 * out[at + row · planes + t] += Σᵢ x[row · CHUNK + i] · plane t [from + i], for the first two scratch rows.
 */
export function addProducts(
  x: Float64Array,
  length: number,
  planes: Planes,
  from: number,
  out: Float64Array,
  at: number,
): void {
  const { values, stride, count } = planes;
  for (let t = 0; t < count; t += 2) {
    const p = from + t * stride;
    const q = p + stride;
    let a0 = 0;
    let a1 = 0;
    let b0 = 0;
    let b1 = 0;
    for (let i = 0; i < length; i++) {
      const u = values[p + i]!;
      const v = values[q + i]!;
      const a = x[i]!;
      const b = x[CHUNK + i]!;
      a0 += a * u;
      a1 += a * v;
      b0 += b * u;
      b1 += b * v;
    }
    const first = at + t;
    out[first] = out[first]! + a0;
    out[first + 1] = out[first + 1]! + a1;
    const second = first + count;
    out[second] = out[second]! + b0;
    out[second + 1] = out[second + 1]! + b1;
  }
}

/** out[at + i] += Σ_row weights[row] · x[row · CHUNK + i], over the four scratch rows. */
export function addOuter(
  x: Float64Array,
  length: number,
  weights: readonly [number, number, number, number],
  out: Float64Array,
  at: number,
): void {
  const [a, b, c, d] = weights;
  for (let i = 0; i < length; i++) {
    out[at + i] =
      out[at + i]! + (a * x[i]! + b * x[CHUNK + i]! + (c * x[2 * CHUNK + i]! + d * x[3 * CHUNK + i]!));
  }
}

/** Replaces the first `length` values of the first `rows` scratch rows by their magnitudes. */
export function makeAbsolute(x: Float64Array, length: number, rows: number): void {
  for (let row = 0; row < rows; row++) {
    for (let i = row * CHUNK; i < row * CHUNK + length; i++) x[i] = Math.abs(x[i]!);
  }
}

/** Σ |x[at + i]|. */
export function sumAbsolute(x: Float64Array, at: number, length: number): number {
  let sum = 0;
  for (let i = at; i < at + length; i++) sum += Math.abs(x[i]!);
  return sum;
}
