import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Rng, randomInt, seededRng } from '../../src/core/rng.ts';
import { MAX_K_I8 } from '../../src/matrix/dtype.ts';
import { sharedFloats } from '../../src/verify/column.ts';
import { checkExactStrip, drawExact, projectExact } from '../../src/verify/exact.ts';
import { chooseExact } from '../../src/verify/params.ts';
import { recomputeStrip } from '../../src/verify/recompute.ts';
import { checkStrip, drawColumn, paramsFor, projectColumn } from '../../src/verify/strip.ts';
import {
  columnRanges,
  cutA,
  cutB,
  cutC,
  exactInner,
  judge,
  prepare,
  product,
  randomProduct,
  toRecompute,
} from './helpers.ts';
import type { Sizes } from './helpers.ts';

const DTYPES = ['i8', 'f16', 'f32'] as const;

function tinySizes(dtype: Sizes['dtype'], rng: Rng): Sizes {
  return { dtype, rows: 1 + randomInt(rng, 6), width: 1 + randomInt(rng, 9), k: 1 + randomInt(rng, 20) };
}

describe('an honest strip', () => {
  it.each(DTYPES)('is accepted, 3,400 tiny products of %s', (dtype) => {
    const rng = seededRng(11);
    const refused: object[] = [];
    for (let i = 0; i < 3400; i++) {
      const sizes = tinySizes(dtype, rng);
      const verdict = checkStrip(prepare(randomProduct(sizes, rng), rng));
      if (!verdict.ok) refused.push({ sizes, verdict });
    }
    expect(refused).toEqual([]);
  });

  it.each(
    DTYPES.flatMap((dtype) =>
      [
        { rows: 1, width: 1, k: 1 },
        { rows: 256, width: 256, k: 16 },
        { rows: 255, width: 257, k: 33 },
        { rows: 33, width: 700, k: 5 },
        { rows: 3, width: 5, k: 1025 },
        { rows: 7, width: 17, k: 2049 },
      ].map((sizes) => ({ dtype, ...sizes })),
    ),
  )('is accepted whatever its shape: $dtype $rows × $width over $k', (sizes) => {
    const rng = seededRng(5);
    const honest = randomProduct(sizes, rng);
    expect(checkStrip(prepare(honest, rng))).toEqual({ ok: true });
    expect(recomputeStrip(toRecompute(honest))).toEqual({ ok: true });
  });

  it.each(DTYPES)('is accepted again after a refusal, with the same projection: %s', (dtype) => {
    const rng = seededRng(6);
    const honest = randomProduct({ dtype, rows: 35, width: 10, k: 40 }, rng);
    const strip = prepare(honest, rng);
    expect(
      judge(
        strip,
        honest,
        honest.c.map((value) => value + 100),
      ),
    ).toMatchObject({ ok: false });
    expect(judge(strip, honest, honest.c)).toEqual({ ok: true });
  });

  it.each(DTYPES)('is accepted out of shared memory and from bytes at odd offsets: %s', (dtype) => {
    const rng = seededRng(8);
    const honest = randomProduct({ dtype, rows: 5, width: 300, k: 70 }, rng);
    const params = paramsFor(dtype, honest.k, honest.width);
    const odd = (bytes: Uint8Array): Uint8Array => {
      const moved = new Uint8Array(new SharedArrayBuffer(bytes.length + 1), 1);
      moved.set(bytes);
      return moved;
    };
    const blocks = cutC(honest);
    const columns = columnRanges(honest.width).map((range, i) => {
      const r = drawColumn(dtype, rng, range.cols, params);
      const bBlocks = cutB(honest, range).map(odd);
      const projection = projectColumn(
        { dtype, cols: range.cols, k: honest.k, params, bBlocks, r },
        sharedFloats,
      );
      expect(projection.y.buffer).toBeInstanceOf(SharedArrayBuffer);
      return { cols: range.cols, cBlock: odd(blocks[i]!), r, ...projection };
    });
    const strip = { dtype, rows: honest.rows, k: honest.k, params, aBlocks: cutA(honest).map(odd), columns };
    expect(checkStrip(strip)).toEqual({ ok: true });
  });
});

describe('float64 sums of an i8 check', () => {
  it('are exact for operands of −128 and 127 alone, whatever r', () => {
    const extreme = fc.constantFrom(-128, 127);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1500 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer(),
        fc.infiniteStream(extreme),
        (k, cols, seed, values) => {
          const params = chooseExact(k, cols);
          const b = Float64Array.from({ length: cols * k }, () => values.next().value);
          const r = drawExact(seededRng(seed), cols, params);
          const honest = product({ dtype: 'i8', rows: 1, width: cols, k }, new Float64Array(k), b);
          const y = projectExact(k, cutB(honest, { from: 0, cols }), cols, r, params);
          for (let t = 0; t < params.rounds; t++) {
            const exact = Array.from(
              { length: cols },
              (_, j) => BigInt(r[t * cols + j]!) * BigInt(b[j * k + k - 1]!),
            );
            expect(BigInt(y[t * k + k - 1]!)).toBe(exact.reduce((sum, value) => sum + value, 0n));
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('are exact at K = 131,071 with every operand −128, every r at its largest and a full column block', () => {
    const k = MAX_K_I8;
    const cols = 256;
    const params = chooseExact(k, cols);
    const r = new Float64Array(params.rounds * cols).fill(2 ** params.bits - 1);
    for (let t = 0; t < params.rounds; t++) r[t * cols + 200] = 2 ** params.bits - 2;
    // All k-blocks are the same bytes: 1,024 values of −128 a row. The last holds one value less.
    const block = new Uint8Array(256 * 1024).fill(0x80);
    const bBlocks = Array.from({ length: 128 }, () => block);
    const y = projectExact(k, bBlocks, cols, r, params);
    expect(new Set(y)).toEqual(new Set([-128 * (cols * (2 ** params.bits - 1) - 1)]));

    const rows = 2;
    const aBlocks = bBlocks.map((bytes) => bytes.subarray(0, rows * 1024));
    const c = new Int32Array(rows * cols).fill(k * 2 ** 14);
    const check = () =>
      checkExactStrip({
        rows,
        k,
        params,
        aBlocks,
        columns: [{ cols, cBlock: new Uint8Array(c.buffer), r, y }],
      });
    expect(check()).toEqual({ ok: true });
    c[cols + 200] = k * 2 ** 14 - 1;
    expect(check()).toEqual({ ok: false, reason: 'mismatch', row: 1 });
    // The wrapped value is a legal one at this K. Its r is even, so modulo 2^32 the sums would be equal.
    c[cols + 200] = k * 2 ** 14 - 2 ** 31;
    expect(check()).toEqual({ ok: false, reason: 'mismatch', row: 1 });
  });

  it('equal the definition', () => {
    const rng = seededRng(2);
    const honest = randomProduct({ dtype: 'i8', rows: 3, width: 4, k: 1100 }, rng);
    const params = chooseExact(honest.k, 4);
    const r = drawExact(rng, 4, params);
    const y = projectExact(honest.k, cutB(honest, { from: 0, cols: 4 }), 4, r, params);
    for (let t = 0; t < params.rounds; t++) {
      const column = (i: number) => Float64Array.from({ length: 4 }, (_, j) => honest.b[j * honest.k + i]!);
      const expected = Float64Array.from({ length: honest.k }, (_, i) =>
        exactInner(r.subarray(4 * t, 4 * t + 4), column(i)),
      );
      expect(y.subarray(t * honest.k, (t + 1) * honest.k)).toEqual(expected);
    }
  });
});
