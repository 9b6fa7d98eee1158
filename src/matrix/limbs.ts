/**
 * Exact floats, f32x: a float32 product from int8 products whose int32 results are exact, after K. Ozaki, T. Ogita,
 * S. Oishi, S. M. Rump, "Error-free transformations of matrix multiplication by using fast routines of matrix
 * multiplication and its applications", Numer. Algorithms 59 (2012); D. Mukunoki, K. Ozaki, T. Ogita, T. Imamura,
 * "DGEMM using tensor cores, and its accurate and reproducible versions" (ISC 2020); on integer units H. Ootomo,
 * K. Ozaki, R. Yokota, "DGEMM on integer matrix multiplication unit", IJHPCA 38 (2024).
 *
 * Splitting. A row with scale s = 2^e, the least power of two that no value of it exceeds, becomes whole numbers
 * n = round(a · 2^30/s), |n| ≤ 2^30, and n four limbs to the base 256, from −128 to 127 each (the first, which takes
 * what is left, from −64 to 64):
 *
 *     a = s · (α₁·2⁻⁶ + α₂·2⁻¹⁴ + α₃·2⁻²² + α₄·2⁻³⁰) + r,   |r| ≤ s·2⁻³¹
 *
 * a · 2^30/s is exact in float64, so only the rounding errs. A value of at least s/2⁷ has no rest r: its last bit
 * weighs 2⁻³⁰·s or more.
 *
 * Products. Of the sixteen products of limbs, those with p + q ≤ 5 are kept, by diagonals d = p + q:
 *
 *     P_d = Σ_{p+q=d} Σ_k α_p β_q,   Ĉ = s·t · (P₂·2⁻¹² + P₃·2⁻²⁰ + P₄·2⁻²⁸ + P₅·2⁻³⁶) = s·t·2⁻³⁶ · S,
 *     S = P₂·2²⁴ + P₃·2¹⁶ + P₄·2⁸ + P₅
 *
 * Bound, for each of the K terms and in units of s·t. The limbs with their weights are at most 1, 2⁻⁷, 2⁻¹⁵ and 2⁻²³.
 *   left out:  p + q = 6: 3 · 2⁻³⁰;  p + q = 7: 2 · 2⁻³⁸;  p + q = 8: 2⁻⁴⁶
 *   rests:     |a·b − â·b̂| ≤ |a − â|·|b| + |â|·|b − b̂| ≤ 2 · 2⁻³¹, since |b| ≤ t and |â| ≤ s
 * Together less than 1.01 · 2⁻²⁸:   |Ĉ − C| ≤ 1.01 · 2⁻²⁸ · K·s·t.
 * Ĉ is rounded to float32 once, which errs by at most 2⁻²⁴·|Ĉ|, or 2⁻¹⁵⁰ below the normal range. Since |Ĉ| is at most
 * (1 + 2⁻²⁷)·K·s·t, what comes out is within 2⁻²³ · K·s·t + 2⁻¹⁵⁰ of C, and usually far nearer.
 *
 * Exact. |P₅| ≤ K · (2·64·128 + 2·128·128) = K · 1.5 · 2¹⁵ is the largest and stays below 2³¹, since K < 2¹⁵. By the
 * same count P₂·2²⁴ < 2⁵¹, P₃·2¹⁶ < 2⁴⁵, P₄·2⁸ < 2³⁸: S and its partial sums are whole numbers below 2⁵², which
 * float64 has exactly. s·t·2⁻³⁶ is a power of two from 2⁻³³⁴ to 2²²⁰, so float64 has its product with S exactly as
 * well, and the one rounding is the last, to float32: the result has the same bits everywhere.
 */
import { ceilDiv, roundUp } from '../core/bytes.ts';
import { AppError } from '../core/errors.ts';
import { ROW_ALIGN_BYTES, blockCols } from './blocks.ts';
import { MAX_K_I8 } from './dtype.ts';

export const LIMBS = 4;

/** Sums of limb indices whose products are kept. The last needs all limbs, so it goes first: the others find them cached. */
export const DIAGONALS = [5, 4, 3, 2] as const;
export type Diagonal = (typeof DIAGONALS)[number];

/** n has one unit for 2^−FRACTION_BITS of the scale. */
const FRACTION_BITS = 30;
/** What P_d weighs in S. */
export const WEIGHT: Readonly<Record<Diagonal, number>> = { 2: 2 ** 24, 3: 2 ** 16, 4: 2 ** 8, 5: 1 };
/** S counts in 2^−S_BITS of both scales. */
const S_BITS = 36;

/** Values of one limb in a block. */
export const CHUNK = blockCols('i8');

/**
 * How the limbs of a row stand in an operand. Whole chunks of a limb are blocks of their own, so that every diagonal
 * is made of the same blocks, which are stored, sent and cached once:
 * diagonal d has [limb 1 | … | limb d − 1] on the left, the last first on the right, each as `chunks` chunks.
 * What is left of K is a chunk too, filled with zeros, or where that is fewer bytes, a `tail` (of this many values) of
 * every limb behind all chunks, in blocks that differ from diagonal to diagonal.
 */
export interface LimbLayout {
  readonly k: number;
  readonly chunks: number;
  readonly tail: number;
}

export function limbLayout(k: number): LimbLayout {
  const whole = Math.floor(k / CHUNK);
  const tail = roundUp(k - whole * CHUNK, ROW_ALIGN_BYTES);
  const tails = DIAGONALS.reduce((sum, d) => sum + (d - 1) * tail, 0);
  return tails < LIMBS * CHUNK ? { k, chunks: whole, tail } : { k, chunks: whole + 1, tail: 0 };
}

/** K of a diagonal's int8 product. */
export function diagonalK({ chunks, tail }: LimbLayout, d: Diagonal): number {
  return (d - 1) * (chunks * CHUNK + tail);
}

/** The largest K of an f32x product: four limbs of it are as long as an exact int8 product may be. */
export const MAX_K_F32X = largestK();

function largestK(): number {
  let k = ceilDiv(MAX_K_I8, LIMBS);
  while (diagonalK(limbLayout(k), 5) > MAX_K_I8) k -= 1;
  return k;
}

/** @throws AppError 'k-too-large'. */
export function assertFloatK(k: number): void {
  if (k <= MAX_K_F32X) return;
  throw new AppError(
    'k-too-large',
    `K = ${k} is too large for f32x: its int32 sums are exact only up to K = ${MAX_K_F32X}. ` +
      'Split K and add the partial products, or take f32.',
  );
}

const word = new Float64Array(1);
const words = new Uint32Array(word.buffer);

/** 2^e, without trusting a library's pow to be exact; −1022 ≤ e ≤ 1023. */
export function powerOfTwo(e: number): number {
  words[0] = 0;
  words[1] = (e + 1023) << 20;
  return word[0]!;
}

/** The least e with magnitude ≤ 2^e; 0 for a row of zeros. @param magnitude - of finite float32 values */
export function exponentOf(magnitude: number): number {
  if (magnitude === 0) return 0;
  word[0] = magnitude; // never subnormal: float32's smallest is 2^−149
  const exponent = (words[1]! >>> 20) - 1023;
  return (words[1]! & 0xfffff) === 0 && words[0] === 0 ? exponent : exponent + 1;
}

/** What each row's values are multiplied with to be whole numbers. @param exponents - of the rows, as exponentOf */
export function splitFactors(exponents: ArrayLike<number>): Float64Array<ArrayBuffer> {
  return Float64Array.from(exponents, (e) => powerOfTwo(FRACTION_BITS - e));
}

/** 2^e of A's rows. */
export function rowFactors(exponents: ArrayLike<number>): Float64Array<ArrayBuffer> {
  return Float64Array.from(exponents, powerOfTwo);
}

/** 2^(e − 36) of B's rows: S times the two factors of its place is Ĉ. */
export function colFactors(exponents: ArrayLike<number>): Float64Array<ArrayBuffer> {
  return Float64Array.from(exponents, (e) => powerOfTwo(e - S_BITS));
}

/**
 * Splits `count` values of one row into its four limbs.
 * @param into - for each limb, where its values go from `at` on
 */
export function splitRow(
  values: Float32Array,
  from: number,
  count: number,
  factor: number,
  into: readonly Int8Array[],
  at: number,
): void {
  const [first, second, third, fourth] = into as readonly [Int8Array, Int8Array, Int8Array, Int8Array];
  for (let i = 0; i < count; i++) {
    // Rounds as Math.round does, exactly, since the product is.
    const n = Math.floor(values[from + i]! * factor + 0.5);
    const low = (n << 24) >> 24;
    const rest = (n - low) >> 8;
    const middle = (rest << 24) >> 24;
    const high = (rest - middle) >> 8;
    const next = (high << 24) >> 24;
    fourth[at + i] = low;
    third[at + i] = middle;
    second[at + i] = next;
    first[at + i] = (high - next) >> 8;
  }
}

/** P_d by diagonal, of one block of C: int32, row-major. */
export type Diagonals = Readonly<Record<Diagonal, Int32Array>>;

/**
 * One block of C.
 * @param products - rows × stride values each, which may be padded at the end of a row
 * @param rows - factors of the rows (rowFactors), as many as there are rows
 * @param cols - factors of the columns (colFactors); beyond them nothing is written
 * @param into - zeros, laid out as the products are
 */
export function combineBlock(
  products: Diagonals,
  rows: Float64Array,
  cols: Float64Array,
  stride: number,
  into: Float32Array,
): void {
  const { 2: p2, 3: p3, 4: p4, 5: p5 } = products;
  const { 2: w2, 3: w3, 4: w4 } = WEIGHT;
  for (let i = 0; i < rows.length; i++) {
    for (let j = 0; j < cols.length; j++) {
      const at = i * stride + j;
      const sum = p2[at]! * w2 + p3[at]! * w3 + p4[at]! * w4 + p5[at]!;
      into[at] = sum * rows[i]! * cols[j]!;
    }
  }
}
