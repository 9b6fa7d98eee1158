import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAppError } from '../../src/core/errors.ts';
import { MAX_K_I8 } from '../../src/matrix/dtype.ts';
import {
  DIAGONALS,
  LIMBS,
  MAX_K_F32X,
  WEIGHT,
  assertFloatK,
  diagonalK,
  exponentOf,
  limbLayout,
  powerOfTwo,
} from '../../src/matrix/limbs.ts';
import {
  UNIT,
  abs,
  diagonalsOf,
  exactCombined,
  exactDot,
  multiplyLimbs,
  splitRows,
  wholeOf,
} from './limb-reference.ts';

const MAX = 3.4028234663852886e38;
const TINY = 2 ** -149;

/** Where limbs carry, scales begin and formats end. */
const EDGES = [
  [0, -0, TINY, -TINY, 2 ** -126, 2 ** -126 - TINY, MAX, -MAX, 1, -1, 0.5],
  [127, 127.5, 128, 255, 32767, 32768, 8355711, 8355712, 8421504].flatMap((n) => [n, -n, n / 2 ** 23]),
  [1 - 2 ** -24, 1 + 2 ** -23, 2 ** -31, 1.5 * 2 ** -31, 2 ** -30 - 2 ** -54, 3 * 2 ** -8],
].flat();
/** Products of two stay below float32's largest, as the coordinator demands of operands. */
const finite = fc.oneof(
  fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(-1e18), max: Math.fround(1e18) }),
  fc.constantFrom(...EDGES.filter((value) => Math.abs(value) < 1e18)),
  fc.float({ noNaN: true, noDefaultInfinity: true, min: -1, max: 1 }),
);

const rowsOf = (k: number, rows: number): fc.Arbitrary<Float32Array> =>
  fc.array(finite, { minLength: k * rows, maxLength: k * rows }).map((values) => Float32Array.from(values));

describe('splitting a row', () => {
  it('leaves at most 2^-31 of the scale, in four limbs that are int8 each', () => {
    const any = fc.oneof(
      finite,
      fc.constantFrom(...EDGES),
      fc.float({ noNaN: true, noDefaultInfinity: true }),
    );
    fc.assert(
      fc.property(fc.array(any, { minLength: 1, maxLength: 9 }), (list) => {
        const values = Float32Array.from(list);
        const { exponents, limbs } = splitRows(values, 1, values.length);
        const e = exponents[0]!;
        for (const [i, value] of values.entries()) {
          expect(Math.abs(value)).toBeLessThanOrEqual(powerOfTwo(e));
          expect(Math.abs(limbs[0]![i]!)).toBeLessThanOrEqual(64);
          const n = limbs.reduce((sum, limb) => sum * 256 + limb[i]!, 0);
          // In units of 2^-180, of which the unit of n has a whole number for every scale.
          const rest = (wholeOf(value) << 31n) - (BigInt(n) << BigInt(150 + e));
          expect(abs(rest) <= 1n << BigInt(149 + e)).toBe(true);
          if (Math.abs(value) >= powerOfTwo(e - 7)) expect(rest).toBe(0n);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    [1, 0],
    [Math.fround(1 + 2 ** -23), 1],
    [1 - 2 ** -24, 0],
    [2, 1],
    [TINY, -149],
    [2 ** -126 - TINY, -126],
    [2 ** -126, -126],
    [MAX, 128],
    [0, 0],
  ])('takes the least power of two that %d does not exceed as the scale: 2^%d', (magnitude, exponent) => {
    expect(exponentOf(magnitude)).toBe(exponent);
  });

  it('makes zeros of zeros, of either sign', () => {
    expect(splitRows(Float32Array.of(0, -0, 0), 1, 3).limbs.flatMap((limb) => Array.from(limb))).toEqual(
      Array.from({ length: 12 }, () => 0),
    );
  });
});

describe('a product by limbs', () => {
  /** Every claim that src/matrix/limbs.ts proves, in whole numbers. */
  function check(a: Float32Array, b: Float32Array, k: number): void {
    const [left, right] = [splitRows(a, a.length / k, k), splitRows(b, b.length / k, k)];
    const products = diagonalsOf(left, right, k);
    const c = multiplyLimbs(a, b, k);
    for (const [i, e] of left.exponents.entries()) {
      for (const [j, f] of right.exponents.entries()) {
        const at = i * right.exponents.length + j;
        const exact = exactDot(a.subarray(i * k, (i + 1) * k), b.subarray(j * k, (j + 1) * k));
        const combined = exactCombined(products, at, e + f);
        const scale = BigInt(k) << BigInt(UNIT + e + f);
        // |Ĉ − C| ≤ 1.01 · 2^-28 · K·s·t, before it is rounded
        expect(100n * abs(combined - exact) <= (101n * scale) >> 28n).toBe(true);
        const result = wholeOf(c[at]!) << BigInt(UNIT - 149);
        expect(abs(result - exact) <= (scale >> 23n) + (1n << BigInt(UNIT - 150))).toBe(true);
        // Rounded once: no float32 is nearer.
        const ulp = 1n << BigInt(UNIT - 149 + Math.max(0, exponentBits(c[at]!) - 1));
        expect(2n * abs(result - combined) <= ulp).toBe(true);
      }
    }
  }

  function exponentBits(value: number): number {
    return (new Uint32Array(Float32Array.of(value).buffer)[0]! >>> 23) & 255;
  }

  it('is within its bound and rounded once, for any finite values', () => {
    const sizes = fc.record({
      k: fc.integer({ min: 1, max: 12 }),
      rows: fc.integer({ min: 1, max: 3 }),
      cols: fc.integer({ min: 1, max: 3 }),
    });
    const operands = sizes.chain(({ k, rows, cols }) =>
      fc.tuple(rowsOf(k, rows), rowsOf(k, cols), fc.constant(k)),
    );
    fc.assert(
      fc.property(operands, ([a, b, k]) => {
        check(a, b, k);
      }),
      { numRuns: 400 },
    );
  });

  it('is within its bound where almost everything cancels', () => {
    const x = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i * i) * 2 ** (i % 7));
    const a = Float32Array.from([...x, ...x, 2 ** -20]);
    const b = Float32Array.from([...x, ...x.map((value) => -value), 1]);
    check(a, b, 129);
  });

  it('is within its bound where all rests and all that is left out add up', () => {
    // Every limb at its end: 2^-1 − 2^-8 − 2^-16 − 2^-24, and a rest of half a unit beside the largest value.
    const value = Math.fround(0.5 + 2 ** -7 + 2 ** -15 + 2 ** -23);
    for (const sign of [1, -1])
      check(
        Float32Array.from({ length: 40 }, (_, i) => (i === 0 ? 1 : i % 2 ? value : 2 ** -31)),
        Float32Array.from({ length: 40 }, (_, i) => sign * (i === 0 ? 1 : i % 3 ? value : 2 ** -31)),
        40,
      );
  });

  it('rounds to a subnormal once, and to the largest float32 without overflow', () => {
    check(Float32Array.of(3 * 2 ** -100), Float32Array.of((1 + 2 ** -23) * 2 ** -48), 1);
    check(Float32Array.of(2 ** -75), Float32Array.of(2 ** -75), 1); // half of the smallest: to even, 0
    expect(multiplyLimbs(Float32Array.of(2 ** -75), Float32Array.of(2 ** -75), 1)[0]).toBe(0);
    expect(multiplyLimbs(Float32Array.of(2 ** -75), Float32Array.of(1.5 * 2 ** -75), 1)[0]).toBe(TINY);
    expect(multiplyLimbs(Float32Array.of(MAX), Float32Array.of(0.98), 1)[0]).toBe(
      Math.fround(MAX * Math.fround(0.98)),
    );
  });

  it('keeps a row of 1e30 and a row of 1e-30 apart', () => {
    const a = Float32Array.from([1e30, 3e29, -2e30, 1e-30, 3e-31, -2e-30]);
    const b = Float32Array.from([0.1, 0.2, 0.3]);
    check(a, b, 3);
    const [large, small] = multiplyLimbs(a, b, 3);
    expect(large! / small!).toBeCloseTo(1e60 / 1, -58);
  });

  it('is a float64 sum that was rounded once, wherever every value is near its scale', () => {
    const values = (seed: number): Float32Array =>
      Float32Array.from({ length: 8 }, (_, i) => 1 + (((i + seed) * 37) % 100) / 128);
    const [a, b] = [values(1), values(5)];
    const sum = a.reduce((total, value, i) => total + value * b[i]!, 0);
    expect(multiplyLimbs(a, b, 8)[0]).toBe(Math.fround(sum));
  });
});

describe('the size of an f32x product', () => {
  it('keeps every diagonal an exact int8 product, and its sum a whole number of float64', () => {
    for (const k of [1, 400, 401, 1023, 1024, 1025, 1424, 1425, 20_000, 31_744, MAX_K_F32X]) {
      const layout = limbLayout(k);
      expect(layout.chunks * 1024 + layout.tail).toBeGreaterThanOrEqual(k);
      for (const d of DIAGONALS) expect(diagonalK(layout, d)).toBeLessThanOrEqual(MAX_K_I8);
    }
    const most = {
      2: 64 * 64,
      3: 2 * 64 * 128,
      4: 2 * 64 * 128 + 128 * 128,
      5: 2 * 64 * 128 + 2 * 128 * 128,
    };
    for (const d of DIAGONALS) expect(most[d] * MAX_K_F32X).toBeLessThan(2 ** 31);
    const sum = DIAGONALS.reduce((total, d) => total + most[d] * MAX_K_F32X * WEIGHT[d], 0);
    expect(sum).toBeLessThan(2 ** 52);
  });

  it('is refused beyond the largest K, with what to do', () => {
    expect(MAX_K_F32X).toBe(32_144);
    assertFloatK(MAX_K_F32X);
    try {
      assertFloatK(MAX_K_F32X + 1);
      expect.unreachable();
    } catch (error) {
      expect(isAppError(error, 'k-too-large')).toBe(true);
      expect((error as Error).message).toMatch(/32145.*Split K/);
    }
  });

  it('takes a tail of its own only where that is fewer bytes than a chunk filled up', () => {
    expect(limbLayout(64)).toEqual({ k: 64, chunks: 0, tail: 64 });
    expect(limbLayout(1400)).toEqual({ k: 1400, chunks: 1, tail: 384 });
    expect(limbLayout(1500)).toEqual({ k: 1500, chunks: 2, tail: 0 });
    expect(limbLayout(4096)).toEqual({ k: 4096, chunks: LIMBS, tail: 0 });
  });
});
