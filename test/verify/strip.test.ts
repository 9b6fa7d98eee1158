import { describe, expect, it } from 'vitest';
import { seededRng } from '../../src/core/rng.ts';
import { MAX_K_FLOAT } from '../../src/verify/params.ts';
import { checkStrip, projectColumn } from '../../src/verify/strip.ts';
import { cutB, prepare, randomProduct } from './helpers.ts';

const DTYPES = ['i8', 'f16', 'f32'] as const;
const coded = (code: string) => expect.objectContaining({ code });

describe.each(DTYPES)('a %s check that the coordinator put together wrongly', (dtype) => {
  const rng = seededRng(97);
  const honest = randomProduct({ dtype, rows: 3, width: 300, k: 40 }, rng);
  const strip = prepare(honest, rng);
  const [first] = strip.columns;

  it('throws for operand blocks of another shape', () => {
    expect(() => checkStrip({ ...strip, rows: 4 })).toThrow(coded('shape-mismatch'));
    expect(() => checkStrip({ ...strip, rows: 0, aBlocks: [new Uint8Array(0)] })).toThrow(
      coded('shape-mismatch'),
    );
    const bBlocks = cutB(honest, { from: 0, cols: 256 });
    const { k, params } = strip;
    expect(() => projectColumn({ dtype, cols: 255, k, params, bBlocks, r: first!.r })).toThrow(
      coded('shape-mismatch'),
    );
  });

  it('throws for a projection of another shape', () => {
    for (const wrong of [{ r: first!.r.subarray(1) }, { y: first!.y.subarray(1) }, { cols: 44 }]) {
      expect(() => checkStrip({ ...strip, columns: [{ ...first!, ...wrong }] })).toThrow(
        coded('shape-mismatch'),
      );
    }
  });

  it('throws for no columns and for more than the params allow', () => {
    expect(() => checkStrip({ ...strip, columns: [] })).toThrow(coded('too-large'));
    const params = { ...strip.params, maxWidth: 299 };
    expect(() => checkStrip({ ...strip, params })).toThrow(coded('too-large'));
  });

  it('throws for a K beyond the type’s', () => {
    const k = dtype === 'i8' ? 131_072 : MAX_K_FLOAT + 1;
    expect(() => checkStrip({ ...strip, k })).toThrow(coded('k-too-large'));
  });
});

describe('a float check', () => {
  it('throws without the magnitudes of B, or with too few', () => {
    const rng = seededRng(101);
    const strip = prepare(randomProduct({ dtype: 'f32', rows: 3, width: 4, k: 40 }, rng), rng);
    const { cols, cBlock, r, y, absB } = strip.columns[0]!;
    expect(() => checkStrip({ ...strip, columns: [{ cols, cBlock, r, y }] })).toThrow(
      coded('shape-mismatch'),
    );
    const short = { cols, cBlock, r, y, absB: absB!.subarray(1) };
    expect(() => checkStrip({ ...strip, columns: [short] })).toThrow(coded('shape-mismatch'));
  });
});
