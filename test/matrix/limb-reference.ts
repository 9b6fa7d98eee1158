/** f32x in whole numbers without limit: what src/matrix/limbs.ts must come to, and plain arrays through it. */
import {
  DIAGONALS,
  type Diagonal,
  type Diagonals,
  LIMBS,
  colFactors,
  combineBlock,
  exponentOf,
  rowFactors,
  splitFactors,
  splitRow,
} from '../../src/matrix/limbs.ts';
import { multiplyReference } from '../../src/matrix/reference.ts';

/** Whole numbers count in units of 2^−UNIT: the smallest product of two float32, and the last bit of Ĉ. */
export const UNIT = 340;

const bits = new DataView(new ArrayBuffer(4));

/** A finite float32 in units of 2^−149, exactly. */
export function wholeOf(value: number): bigint {
  bits.setFloat32(0, value);
  const word = bits.getUint32(0);
  const exponent = (word >>> 23) & 255;
  const fraction = BigInt(word & 0x7fffff);
  const magnitude = exponent === 0 ? fraction : (fraction | 0x800000n) << BigInt(exponent - 1);
  return word >>> 31 ? -magnitude : magnitude;
}

export interface SplitRows {
  readonly exponents: number[];
  /** rows × k values of each limb. */
  readonly limbs: readonly Int8Array[];
}

export function splitRows(values: Float32Array, rows: number, k: number): SplitRows {
  const exponents = Array.from({ length: rows }, (_, row) =>
    exponentOf(values.subarray(row * k, (row + 1) * k).reduce((most, x) => Math.max(most, Math.abs(x)), 0)),
  );
  const limbs = Array.from({ length: LIMBS }, () => new Int8Array(rows * k));
  const factors = splitFactors(exponents);
  for (let row = 0; row < rows; row++) splitRow(values, row * k, k, factors[row]!, limbs, row * k);
  return { exponents, limbs };
}

export function diagonalsOf(a: SplitRows, b: SplitRows, k: number): Diagonals {
  const [rows, cols] = [a.exponents.length, b.exponents.length];
  const made = DIAGONALS.map((d): [Diagonal, Int32Array] => {
    const sums = new Float64Array(rows * cols);
    for (let p = 0; p < d - 1; p++) {
      const product = multiplyReference('i8', a.limbs[p]!, b.limbs[d - 2 - p]!, rows, cols, k);
      for (let i = 0; i < sums.length; i++) sums[i]! += product[i]!;
    }
    if (sums.some((sum) => Math.abs(sum) >= 2 ** 31)) throw new Error(`diagonal ${d} overflows int32`);
    return [d, Int32Array.from(sums)];
  });
  return Object.fromEntries(made) as unknown as Diagonals;
}

/** a·bᵀ by way of limbs, in memory. */
export function multiplyLimbs(a: Float32Array, b: Float32Array, k: number): Float32Array {
  const [left, right] = [splitRows(a, a.length / k, k), splitRows(b, b.length / k, k)];
  const c = new Float32Array(left.exponents.length * right.exponents.length);
  const [rows, cols] = [rowFactors(left.exponents), colFactors(right.exponents)];
  combineBlock(diagonalsOf(left, right, k), rows, cols, right.exponents.length, c);
  return c;
}

/** Σ x·y in units of 2^−UNIT, exactly. */
export function exactDot(x: Float32Array, y: Float32Array): bigint {
  let sum = 0n;
  for (const [i, value] of x.entries()) sum += wholeOf(value) * wholeOf(y[i]!);
  return sum << BigInt(UNIT - 298);
}

/** Ĉ of row i and column j before it is rounded, in units of 2^−UNIT, exactly. */
export function exactCombined(products: Diagonals, at: number, exponent: number): bigint {
  let sum = 0n;
  for (const d of DIAGONALS) sum += BigInt(products[d][at]!) << BigInt(8 * (5 - d));
  return sum << BigInt(UNIT - 36 + exponent);
}

export function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}
