import { describe, expect, it } from 'vitest';
import { type Rng, randomInt, seededRng } from '../../src/core/rng.ts';
import { tolerances } from '../../src/verify/float.ts';
import type { FloatColumn } from '../../src/verify/float.ts';
import { openOperand } from '../../src/verify/operand.ts';
import { recomputeStrip } from '../../src/verify/recompute.ts';
import { type Strip, checkStrip } from '../../src/verify/strip.ts';
import { judge, prepare, product, randomProduct, randomValue, toRecompute } from './helpers.ts';
import type { Inner, Product, Sizes } from './helpers.ts';

const MIN_NORMAL = 2 ** -126;
const flush = (value: number): number => (Math.abs(value) < MIN_NORMAL ? 0 : value);
const bits = new Uint32Array(1);
const single = new Float32Array(bits.buffer);

/** The float32 on the far side of the nearest one: the worst rounding that WGSL allows. */
function roundAway(value: number): number {
  single[0] = value;
  const nearest = single[0];
  if (nearest === value || nearest === 0) return nearest;
  bits[0] = bits[0]! + (Math.abs(nearest) < Math.abs(value) ? 1 : 0);
  return single[0];
}

function roundToZero(value: number): number {
  single[0] = value;
  if (Math.abs(single[0]) > Math.abs(value)) bits[0] = bits[0]! - 1;
  return single[0];
}

type Round = (value: number) => number;

const products = (a: Float64Array, b: Float64Array, round: Round): number[] =>
  Array.from(a, (value, i) => round(value * b[i]!));

const inOrder = (terms: readonly number[], round: Round): number =>
  terms.reduce((sum, term) => round(sum + term), 0);

function pairwise(terms: readonly number[], round: Round): number {
  if (terms.length <= 1) return terms[0] ?? 0;
  const middle = terms.length >> 1;
  return round(pairwise(terms.slice(0, middle), round) + pairwise(terms.slice(middle), round));
}

const byMagnitude = (x: number, y: number): number => Math.abs(x) - Math.abs(y);
const round = Math.fround;

/** What honest GPUs may do with one inner product. */
const ORDERS: Record<string, Inner> = {
  'in order': (a, b) => inOrder(products(a, b, round), round),
  'smallest first': (a, b) => inOrder(products(a, b, round).toSorted(byMagnitude), round),
  'largest first': (a, b) =>
    inOrder(
      products(a, b, round).toSorted((x, y) => byMagnitude(y, x)),
      round,
    ),
  'all positive terms, then all negative': (a, b) =>
    inOrder(
      products(a, b, round).toSorted((x, y) => y - x),
      round,
    ),
  pairwise: (a, b) => pairwise(products(a, b, round), round),
  fused: (a, b) => a.reduce((sum, value, i) => round(sum + value * b[i]!), 0),
  'always rounded away from zero': (a, b) => inOrder(products(a, b, roundAway), roundAway),
  'always rounded towards zero': (a, b) => inOrder(products(a, b, roundToZero), roundToZero),
  'subnormals flushed': (a, b) => {
    const flushed: Round = (value) => flush(round(flush(value)));
    return inOrder(products(a.map(flush), b.map(flush), flushed), flushed);
  },
};

/** Values whose products are subnormal, beside ones that are not. */
const tiny = (rng: Rng): number => Math.fround((rng.float() - 0.5) * 2 ** -(50 + randomInt(rng, 90)));
/** All of one sign, so that roundings add up instead of cancelling. */
const positive = (rng: Rng): number => Math.fround(1 + rng.float());
/** Subnormal inputs against large ones. */
const lopsided = (rng: Rng): number =>
  Math.fround((rng.float() - 0.5) * (rng.float() < 0.5 ? 2 ** -126 : 2 ** 60));

function madeOf(sizes: Sizes, rng: Rng, value: (rng: Rng) => number, inner?: Inner): Product {
  const fill = (length: number) => Float64Array.from({ length }, () => value(rng));
  return product(sizes, fill(sizes.rows * sizes.k), fill(sizes.width * sizes.k), inner);
}

/** τ of each row of the honest strip. */
function tausOf(strip: Strip, { dtype, rows, width, k, c }: Product): Float64Array {
  const magnitudes = Float64Array.from({ length: rows }, (_, row) =>
    c.subarray(row * width, (row + 1) * width).reduce((sum, value) => sum + Math.abs(value), 0),
  );
  return tolerances(openOperand(dtype, rows, k, strip.aBlocks), strip.columns as FloatColumn[], magnitudes);
}

/** C with one entry of a random row off by at least `by` τ. */
function spoil(strip: Strip, honest: Product, rng: Rng, by: number): { c: Float64Array; row: number } {
  const at = randomInt(rng, honest.c.length);
  const row = Math.floor(at / honest.width);
  const error = (by + 1) * tausOf(strip, honest)[row]! * (rng.float() < 0.5 ? -1 : 1);
  return { c: honest.c.with(at, honest.c[at]! + error), row };
}

describe.each(['f32', 'f16'] as const)('an honest %s strip', (dtype) => {
  it.each(Object.entries(ORDERS))('is accepted when its terms are summed %s', (_, inner) => {
    const rng = seededRng(41);
    for (let i = 0; i < 60; i++) {
      const sizes = {
        dtype,
        rows: 1 + randomInt(rng, 4),
        width: 1 + randomInt(rng, 20),
        k: 1 + randomInt(rng, 300),
      };
      const values = i % 2 === 0 ? positive : (rng: Rng) => randomValue(dtype, rng);
      const honest = dtype === 'f16' ? randomProduct(sizes, rng, inner) : madeOf(sizes, rng, values, inner);
      expect(checkStrip(prepare(honest, rng))).toEqual({ ok: true });
      expect(recomputeStrip(toRecompute(honest))).toEqual({ ok: true });
    }
  });
});

describe('an honest f32 strip that is as wrong as WGSL allows', () => {
  it('is accepted when each of K sums is rounded up by a whole unit', () => {
    const rng = seededRng(42);
    const [rows, width, k] = [2, 1, 300];
    const a = Float64Array.from({ length: rows * k }, (_, at) => (at % k === 0 ? 1 : 2 ** -20));
    const b = Float64Array.from({ length: k }, (_, at) => (at === 0 ? 1 : 2 ** -20));
    const honest = product({ dtype: 'f32', rows, width, k }, a, b, ORDERS['always rounded away from zero']);
    expect(honest.c[0]).toBe(1 + (k - 1) * 2 ** -23);
    expect(checkStrip(prepare(honest, rng))).toEqual({ ok: true });
    expect(recomputeStrip(toRecompute(honest))).toEqual({ ok: true });
  });
});

describe('an honest f32 strip of very small numbers', () => {
  it.each([
    ['products', tiny],
    ['operands, beside large ones', lopsided],
  ])('is accepted whether subnormal %s are flushed or not', (_, value) => {
    const rng = seededRng(43);
    for (let i = 0; i < 100; i++) {
      const sizes = {
        dtype: 'f32',
        rows: 2,
        width: 1 + randomInt(rng, 20),
        k: 1 + randomInt(rng, 40),
      } as const;
      for (const inner of [ORDERS['subnormals flushed'], ORDERS['in order']]) {
        const honest = madeOf(sizes, rng, value, inner);
        expect(checkStrip(prepare(honest, rng))).toEqual({ ok: true });
        expect(recomputeStrip(toRecompute(honest))).toEqual({ ok: true });
      }
    }
  });
});

describe.each(['f32', 'f16'] as const)('a forged %s strip', (dtype) => {
  const sizes = (rng: Rng): Sizes => ({
    dtype,
    rows: 1 + randomInt(rng, 40),
    width: 1 + randomInt(rng, 40),
    k: 1 + randomInt(rng, 50),
  });

  it('is refused whenever an entry is off by 16 τ or more, 5,000 times', () => {
    const rng = seededRng(47);
    for (let i = 0; i < 500; i++) {
      const honest = randomProduct(sizes(rng), rng);
      const strip = prepare(honest, rng);
      for (let again = 0; again < 10; again++) {
        const { c, row } = spoil(strip, honest, rng, again < 5 ? 16 : 2 ** (5 + again));
        expect(judge(strip, honest, c)).toEqual({ ok: false, reason: 'mismatch', row });
      }
    }
  });

  it('is refused for zeros, an older result, a swapped row and a skipped k', () => {
    const rng = seededRng(53);
    for (let i = 0; i < 250; i++) {
      const { rows, width, k } = {
        rows: 2 + randomInt(rng, 8),
        width: 2 + randomInt(rng, 30),
        k: 2 + randomInt(rng, 60),
      };
      const honest = randomProduct({ dtype, rows, width, k }, rng);
      const strip = prepare(honest, rng);
      const skipped = honest.a.map((value, at) => (at % k === 0 ? 0 : value));
      for (const c of [
        honest.c.map(() => 0),
        product(honest, randomProduct(honest, rng).a, honest.b).c,
        Float64Array.from([...honest.c.subarray(width), ...honest.c.subarray(0, width)]),
        product(honest, skipped, honest.b).c,
      ]) {
        expect(judge(strip, honest, c)).toMatchObject({ ok: false, reason: 'mismatch' });
      }
    }
  });

  it('passes a single round about one time in 17 when it is 17 τ off, so the 16 rounds are what refuses it', () => {
    const rng = seededRng(59);
    const weak = { bits: 4, rounds: 1, missLog2: -4, maxWidth: 8 };
    const honest = randomProduct({ dtype, rows: 1, width: 8, k: 5 }, rng);
    let accepted = 0;
    for (let i = 0; i < 6000; i++) {
      const strip = prepare(honest, rng, weak);
      if (judge(strip, honest, spoil(strip, honest, rng, 16).c).ok) accepted += 1;
    }
    expect(accepted / 6000).toBeGreaterThan(1 / 24);
    expect(accepted / 6000).toBeLessThan(1 / 14);
  });

  it.each([NaN, Infinity, -Infinity])('is refused for %s anywhere', (value) => {
    const rng = seededRng(61);
    const honest = randomProduct({ dtype, rows: 5, width: 300, k: 4 }, rng);
    const strip = prepare(honest, rng);
    for (const at of [0, 299, 300 * 5 - 1]) {
      const c = honest.c.with(at, value);
      const row = Math.floor(at / 300);
      expect(judge(strip, honest, c)).toEqual({ ok: false, reason: 'non-finite', row });
      expect(recomputeStrip(toRecompute(honest, c))).toEqual({ ok: false, reason: 'non-finite', row });
    }
  });

  it('is refused for finite values so large that the sums might be', () => {
    const rng = seededRng(67);
    const honest = randomProduct({ dtype, rows: 2, width: 9, k: 4 }, rng);
    const c = honest.c.map((_, at) => (at % 2 ? 3.4e38 : -3.4e38));
    expect(judge(prepare(honest, rng), honest, c)).toEqual({ ok: false, reason: 'mismatch', row: 0 });
  });
});
