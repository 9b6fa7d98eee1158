import { describe, expect, it } from 'vitest';
import { type Rng, randomInt, seededRng } from '../../src/core/rng.ts';
import { addResult, resultStride } from '../../src/verify/result.ts';
import { projectColumn } from '../../src/verify/strip.ts';
import { cutB, judge, judgeBlocks, cutC, prepare, product, randomOperand, randomProduct } from './helpers.ts';
import type { Product, Sizes } from './helpers.ts';

type Forge = (honest: Product, rng: Rng) => Float64Array;

/** Changes a copy of C. */
const edit =
  (change: (c: Float64Array, honest: Product, rng: Rng) => void): Forge =>
  (honest, rng) => {
    const c = honest.c.slice();
    change(c, honest, rng);
    return c.map((value) => value | 0); // as an int32 wraps
  };

const anywhere = (c: Float64Array, rng: Rng): number => randomInt(rng, c.length);

const add = (amount: (rng: Rng) => number): Forge =>
  edit((c, _, rng) => {
    const at = anywhere(c, rng);
    c[at] = c[at]! + amount(rng);
  });

const flip = (bit: (rng: Rng) => number): Forge =>
  edit((c, _, rng) => {
    const at = anywhere(c, rng);
    c[at] = c[at]! ^ (1 << bit(rng));
  });

const sign = (rng: Rng): number => (rng.float() < 0.5 ? -1 : 1);

/** Two different numbers below n. */
function two(n: number, rng: Rng): [number, number] {
  const first = randomInt(rng, n);
  return [first, (first + 1 + randomInt(rng, n - 1)) % n];
}

const FORGERIES: Record<string, Forge> = {
  'all zeros': edit((c) => c.fill(0)),
  'one low bit': flip(() => 0),
  'any one bit': flip((rng) => randomInt(rng, 32)),
  'the top bit': flip(() => 31),
  'two rows swapped': edit((c, { rows, width }, rng) => {
    const [i, j] = two(rows, rng);
    const row = c.slice(i * width, (i + 1) * width);
    c.copyWithin(i * width, j * width, (j + 1) * width);
    c.set(row, j * width);
  }),
  'two columns swapped': edit((c, { rows, width }, rng) => {
    const [i, j] = two(width, rng);
    for (let row = 0; row < rows; row++) {
      [c[row * width + i], c[row * width + j]] = [c[row * width + j]!, c[row * width + i]!];
    }
  }),
  transposed: (honest) =>
    honest.c.map((_, at) => honest.c[(at % honest.width) * honest.width + Math.floor(at / honest.width)]!),
  'the last k skipped': (honest) => {
    const { a, k } = honest;
    return product(
      honest,
      a.map((value, at) => (at % k === k - 1 ? 0 : value)),
      honest.b,
    ).c;
  },
  'plus 7 and minus 7 in a row': edit((c, { rows, width }, rng) => {
    const row = randomInt(rng, rows) * width;
    const [i, j] = two(width, rng);
    c[row + i] = c[row + i]! + 7;
    c[row + j] = c[row + j]! - 7;
  }),
  'a 2 × 2 that keeps all row and column sums': edit((c, { rows, width }, rng) => {
    const [top, bottom] = two(rows, rng);
    const [left, right] = two(width, rng);
    const amount = 1 + randomInt(rng, 50);
    for (const [row, col, by] of [
      [top, left, amount],
      [top, right, -amount],
      [bottom, left, -amount],
      [bottom, right, amount],
    ] as const) {
      c[row * width + col] = c[row * width + col]! + by;
    }
  }),
  'an older result over the same B': (honest, rng) =>
    product(honest, randomOperand('i8', honest.a.length, rng), honest.b).c,
  'a multiple of 2^31 − 1': add((rng) => sign(rng) * (2 ** 31 - 1)),
  'a multiple of 65,521': add((rng) => sign(rng) * 65_521 * (1 + randomInt(rng, 3))),
  'an error of 2^24': add((rng) => sign(rng) * 2 ** 24),
  'saturated to 16 bits of a scaled sum': edit((c) => {
    for (let i = 0; i < c.length; i++) c[i] = Math.max(-3000, Math.min(3000, c[i]!));
  }),
  'noise in every entry': edit((c, _, rng) => {
    for (let i = 0; i < c.length; i++) c[i] = c[i]! + sign(rng) * (1 + randomInt(rng, 3));
  }),
};

function differs(c: Float64Array, { c: honest }: Product): boolean {
  return c.some((value, at) => value !== honest[at]);
}

describe('a forged i8 strip', () => {
  it.each(Object.entries(FORGERIES))('is refused: %s, 800 times', (_, forge) => {
    const rng = seededRng(17);
    const accepted: object[] = [];
    let tried = 0;
    while (tried < 800) {
      const side = 2 + randomInt(rng, 8); // square, so that it can be transposed
      const sizes: Sizes = { dtype: 'i8', rows: side, width: side, k: 1 + randomInt(rng, 24) };
      const honest = randomProduct(sizes, rng);
      const strip = prepare(honest, rng);
      for (let again = 0; again < 4; again++) {
        const c = forge(honest, rng);
        if (!differs(c, honest)) continue; // a forger who got it right
        tried += 1;
        if (judge(strip, honest, c).ok) accepted.push({ sizes, c });
      }
    }
    expect(accepted).toEqual([]);
    expect(Object.keys(FORGERIES).length * 800).toBeGreaterThanOrEqual(10_000);
  });

  it('is refused in the row that is wrong, also in the last of several column blocks', () => {
    const rng = seededRng(4);
    const honest = randomProduct({ dtype: 'i8', rows: 255, width: 515, k: 20 }, rng);
    const strip = prepare(honest, rng);
    for (const [row, col] of [
      [0, 0],
      [31, 256],
      [32, 514],
      [254, 514],
    ] as const) {
      const c = honest.c.slice();
      c[row * 515 + col] = c[row * 515 + col]! + 1;
      expect(judge(strip, honest, c)).toEqual({ ok: false, reason: 'mismatch', row });
    }
  });
});

describe.each(['i8', 'f32'] as const)('every round of a %s check', (dtype) => {
  it('refuses on its own, in every row', () => {
    const rng = seededRng(19);
    const honest = randomProduct({ dtype, rows: 35, width: 4, k: 6 }, rng);
    const full = prepare(honest, rng);
    for (let t = 0; t < full.params.rounds; t++) {
      const r = full.columns[0]!.r.map((value, at) => (Math.floor(at / 4) === t ? value : 0));
      const bBlocks = cutB(honest, { from: 0, cols: 4 });
      const projection = projectColumn({ dtype, cols: 4, k: 6, params: full.params, bBlocks, r });
      const strip = { ...full, columns: [{ ...full.columns[0]!, ...projection, r }] };
      for (let row = 0; row < 35; row++) {
        const c = honest.c.with(4 * row + 1, honest.c[4 * row + 1]! + 7);
        expect(judge(strip, honest, c)).toEqual({ ok: false, reason: 'mismatch', row });
      }
    }
  });
});

describe('a check weakened on purpose to S = 8, T = 1', () => {
  it('accepts about 1 of 256 single-entry forgeries, so the full check is what refuses them', () => {
    const rng = seededRng(23);
    const weak = { bits: 8, rounds: 1, missLog2: -8, maxWidth: 8 };
    const honest = randomProduct({ dtype: 'i8', rows: 2, width: 8, k: 3 }, rng);
    const trials = 40_000;
    let accepted = 0;
    for (let i = 0; i < trials; i++) {
      if (judge(prepare(honest, rng, weak), honest, FORGERIES['one low bit']!(honest, rng)).ok) accepted += 1;
    }
    const expected = trials / 256; // 156, σ = 12.5
    expect(Math.abs(accepted - expected)).toBeLessThan(4.5 * Math.sqrt(expected));
  });
});

describe('the range check', () => {
  it('is what refuses errors that wrap around 2^32; without it, modulo 2^32, half of them pass', () => {
    const rng = seededRng(29);
    let passModulo = 0;
    for (let i = 0; i < 1000; i++) {
      const honest = randomProduct({ dtype: 'i8', rows: 3, width: 5, k: 10 }, rng);
      const strip = prepare(honest, rng);
      const at = anywhere(honest.c, rng);
      const c = honest.c.slice();
      c[at] = c[at]! ^ (1 << 31);
      expect(judge(strip, honest, c)).toEqual({ ok: false, reason: 'range', row: Math.floor(at / 5) });
      const difference = Math.imul(c[at] - honest.c[at]!, strip.columns[0]!.r[at % 5]!);
      if (difference === 0) passModulo += 1;
    }
    expect(Math.abs(passModulo - 500)).toBeLessThan(4.5 * 16); // σ = 16
  });

  it('is what keeps the sums exact: without it int32 values reach beyond 2^53', () => {
    const width = 256;
    const params = { bits: 24, rounds: 2, missLog2: -48, maxWidth: width };
    const r = new Float64Array(2 * width).fill(2 ** 24 - 1);
    const c = new Int32Array(width).fill(2 ** 31 - 1);
    const sum = (limit: number) => {
      const products = new Float64Array(2 * params.rounds);
      const block = { cols: width, cBlock: new Uint8Array(c.buffer) };
      const verdict = addResult({ dtype: 'i32', rows: 1, limit, products }, block, {
        values: r,
        stride: width,
        count: 2,
      });
      return { verdict, sum: products[0]! };
    };
    const exact = 256n * (2n ** 24n - 1n) * (2n ** 31n - 1n);
    expect(sum(2 ** 31).verdict.ok).toBe(true);
    expect(BigInt(sum(2 ** 31).sum)).not.toBe(exact);
    expect(sum(2 ** 14).verdict).toEqual({ ok: false, reason: 'range', row: 0 });
  });

  it('lets the largest legal magnitudes through', () => {
    const minus = new Float64Array(6).fill(-128);
    const honest = product({ dtype: 'i8', rows: 2, width: 2, k: 3 }, minus, minus);
    const strip = prepare(honest, seededRng(1));
    expect(honest.c[0]).toBe(3 * 2 ** 14);
    expect(judge(strip, honest, honest.c)).toEqual({ ok: true });
    for (const value of [3 * 2 ** 14 + 1, -3 * 2 ** 14 - 1]) {
      expect(judge(strip, honest, honest.c.with(3, value))).toEqual({ ok: false, reason: 'range', row: 1 });
    }
  });
});

describe.each(['i8', 'f16', 'f32'] as const)('the bytes of a %s result', (dtype) => {
  const rng = seededRng(31);
  const honest = randomProduct({ dtype, rows: 3, width: 5, k: 6 }, rng);
  const strip = prepare(honest, rng);

  it('must have zeros for padding, so that a strip has one hash', () => {
    for (let word = 5; word < resultStride(5); word++) {
      for (const [offset, bits] of [
        [0, 1],
        [3, 0x80],
      ] as const) {
        const [block] = cutC(honest);
        block![2 * 4 * resultStride(5) + 4 * word + offset] = bits; // 0x80 alone would be −0.0
        expect(judgeBlocks(strip, [block!])).toEqual({ ok: false, reason: 'padding', row: 2 });
      }
    }
  });

  it('must be as many as the shape says', () => {
    const [block] = cutC(honest);
    for (const bytes of [new Uint8Array(0), block!.subarray(0, -16), new Uint8Array(block!.length + 1)]) {
      expect(judgeBlocks(strip, [bytes])).toEqual({ ok: false, reason: 'length', row: 0 });
    }
  });
});
