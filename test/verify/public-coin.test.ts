import { describe, expect, it } from 'vitest';
import { sha256, toHex, utf8 } from '../../src/core/bytes.ts';
import { cryptoRng, seededRng } from '../../src/core/rng.ts';
import { PUBLIC_MISS_LOG2 } from '../../src/verify/params.ts';
import { type Commitments, drawPublicColumn, mgf1 } from '../../src/verify/public-coin.ts';
import { checkStrip, paramsFor, projectColumn } from '../../src/verify/strip.ts';
import { columnRanges, cutA, cutB, cutC, randomProduct } from './helpers.ts';

const hash = (byte: string): string => byte.repeat(32);
const commitments: Commitments = { a: hash('0a'), b: hash('0b'), c: hash('0c'), receipt: hash('0d') };

describe('MGF1', () => {
  it('agrees with the known answer for SHA-256', async () => {
    // https://en.wikipedia.org/wiki/Mask_generation_function: mgf1("bar", 50, SHA-256)
    expect(toHex(await mgf1(utf8.encode('bar'), 50))).toBe(
      '382576a7841021cc28fc4c0948753fb8312090cea942ea4c4e735d10dc724b155f9f6069f289d61daca0cb814502ef04eae1',
    );
    expect(await mgf1(utf8.encode('bar'), 0)).toHaveLength(0);
  });
});

describe('a public coin', () => {
  const params = paramsFor('i8', 1024, 1024, PUBLIC_MISS_LOG2);

  it('is strong enough for a check that may be tried offline', () => {
    expect(params).toEqual({ bits: 18, rounds: 6, missLog2: -108, maxWidth: 1024 });
    for (const [dtype, k, width] of [
      ['i8', 131_071, 8192],
      ['i8', 1, 1],
      ['f32', 4096, 4096],
      ['f16', 100_000, 8192],
    ] as const) {
      expect(paramsFor(dtype, k, width, PUBLIC_MISS_LOG2).missLog2).toBeLessThanOrEqual(-108);
    }
  });

  it('is a fixed function of what was committed to', async () => {
    const r = await drawPublicColumn('i8', commitments, 0, 256, params);
    expect(await drawPublicColumn('i8', commitments, 0, 256, params)).toEqual(r);
    // A golden value: other auditors must draw the same r.
    expect(toHex(await sha256(new Uint8Array(r.buffer)))).toBe(
      '36c44c87c34cd1ffdcec7b74121e675b6f8b945964ef471f3f6e057680aeae80',
    );
  });

  it('is another for every commitment, column and number type', async () => {
    const draw = (change: Partial<Commitments>, column = 0): Promise<Float64Array> =>
      drawPublicColumn('i8', { ...commitments, ...change }, column, 8, params);
    const draws = [
      await draw({}),
      await draw({ a: hash('0b'), b: hash('0a') }),
      await draw({ c: hash('0e') }),
      await draw({ receipt: hash('0e') }),
      await draw({}, 1),
      await drawPublicColumn('f32', commitments, 0, 8, params),
    ].map(String);
    expect(new Set(draws).size).toBe(draws.length);
  });

  it('fills r evenly', async () => {
    const r = await drawPublicColumn('i8', commitments, 3, 256, params);
    expect(r.length).toBe(6 * 256);
    for (let bit = 0; bit < 18; bit++) {
      const ones = r.filter((value) => Math.floor(value / 2 ** bit) % 2 === 1).length;
      expect(Math.abs(ones - 768)).toBeLessThan(4.5 * 20); // σ = 19.6
    }
  });

  it.each(['i8', 'f32', 'f16'] as const)('accepts honest %s and refuses one wrong value', async (dtype) => {
    const sizes = { dtype, rows: 20, width: 300, k: 70 };
    const product = randomProduct(sizes, seededRng(3));
    const checked = paramsFor(dtype, sizes.k, sizes.width, PUBLIC_MISS_LOG2);
    const judge = async (c: Float64Array) => {
      const blocks = cutC(product, c);
      const columns = await Promise.all(
        columnRanges(sizes.width).map(async (range, j) => {
          const r = await drawPublicColumn(dtype, commitments, j, range.cols, checked);
          const bBlocks = cutB(product, range);
          const projection = projectColumn({ ...sizes, cols: range.cols, params: checked, bBlocks, r });
          return { cols: range.cols, cBlock: blocks[j]!, r, ...projection };
        }),
      );
      return checkStrip({ ...sizes, params: checked, aBlocks: cutA(product), columns });
    };
    expect(await judge(product.c)).toEqual({ ok: true });
    for (let forgery = 0; forgery < 5; forgery++) {
      const c = product.c.slice();
      const at = Math.floor(cryptoRng.float() * c.length);
      c[at] = c[at]! + 1;
      expect(await judge(c)).toEqual({ ok: false, reason: 'mismatch', row: Math.floor(at / 300) });
    }
  });
});
