import { describe, expect, it } from 'vitest';
import { randomInt, seededRng } from '../../src/core/rng.ts';
import { UNIT_F32, gamma } from '../../src/verify/bounds.ts';
import { recomputeStrip } from '../../src/verify/recompute.ts';
import { exactInner, product, randomProduct, toRecompute } from './helpers.ts';

const DTYPES = ['i8', 'f16', 'f32'] as const;

describe('a strip computed again', () => {
  it.each(DTYPES)('is accepted when honest, 300 narrow products of %s', (dtype) => {
    const rng = seededRng(71);
    for (let i = 0; i < 300; i++) {
      const sizes = {
        dtype,
        rows: 1 + randomInt(rng, 9),
        width: 1 + randomInt(rng, 5),
        k: 1 + randomInt(rng, 40),
      };
      expect(recomputeStrip(toRecompute(randomProduct(sizes, rng)))).toEqual({ ok: true });
    }
  });

  it('refuses any single i8 entry off by one', () => {
    const rng = seededRng(73);
    const honest = randomProduct({ dtype: 'i8', rows: 7, width: 3, k: 1030 }, rng);
    for (let at = 0; at < honest.c.length; at++) {
      for (const by of [1, -1]) {
        const c = honest.c.with(at, honest.c[at]! + by);
        expect(recomputeStrip(toRecompute(honest, c))).toEqual({
          ok: false,
          reason: 'mismatch',
          row: Math.floor(at / 3),
        });
      }
    }
  });

  it.each(['f16', 'f32'] as const)('refuses a %s entry just outside its own bound, and no other', (dtype) => {
    const rng = seededRng(79);
    for (let i = 0; i < 200; i++) {
      const honest = randomProduct({ dtype, rows: 3, width: 2, k: 10 + randomInt(rng, 50) }, rng);
      const { k } = honest;
      const at = randomInt(rng, 6);
      const row = Math.floor(at / 2);
      const a = honest.a.subarray(row * k, (row + 1) * k);
      const b = honest.b.subarray((at % 2) * k, ((at % 2) + 1) * k);
      const bound = gamma(k, UNIT_F32) * exactInner(a.map(Math.abs), b.map(Math.abs));
      const off = (by: number) => honest.c.with(at, Math.fround(exactInner(a, b) + by * bound));
      expect(recomputeStrip(toRecompute(honest, off(0.9)))).toEqual({ ok: true });
      expect(recomputeStrip(toRecompute(honest, off(-1.1)))).toEqual({ ok: false, reason: 'mismatch', row });
    }
  });

  it('refuses an i8 value out of range as such', () => {
    const honest = product(
      { dtype: 'i8', rows: 2, width: 1, k: 2 },
      new Float64Array(4),
      new Float64Array(2),
    );
    const c = honest.c.with(1, 2 ** 15 + 1);
    expect(recomputeStrip(toRecompute(honest, c))).toEqual({ ok: false, reason: 'range', row: 1 });
  });

  it.each(DTYPES)('refuses dirty padding and wrong lengths: %s', (dtype) => {
    const strip = toRecompute(randomProduct({ dtype, rows: 2, width: 1, k: 3 }, seededRng(83)));
    const [column] = strip.columns;
    const dirty = column!.cBlock.slice();
    dirty[31] = 1;
    const withBlock = (cBlock: Uint8Array) => recomputeStrip({ ...strip, columns: [{ ...column!, cBlock }] });
    expect(withBlock(dirty)).toEqual({ ok: false, reason: 'padding', row: 1 });
    expect(withBlock(dirty.subarray(1))).toEqual({ ok: false, reason: 'length', row: 0 });
  });

  it('throws when the operands are not what the shape says', () => {
    const strip = toRecompute(randomProduct({ dtype: 'f32', rows: 2, width: 2, k: 300 }, seededRng(89)));
    const mismatch = expect.objectContaining({ code: 'shape-mismatch' });
    expect(() => recomputeStrip({ ...strip, aBlocks: strip.aBlocks.slice(1) })).toThrow(mismatch);
    expect(() => recomputeStrip({ ...strip, columns: [{ ...strip.columns[0]!, bBlocks: [] }] })).toThrow(
      mismatch,
    );
    expect(() => recomputeStrip({ ...strip, dtype: 'i8', k: 131_072 })).toThrow(
      expect.objectContaining({ code: 'k-too-large' }),
    );
  });
});
