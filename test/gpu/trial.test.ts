import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SHAPE_CLASSES, classOf } from '../../src/gpu/kernels.ts';
import { trialBlock, trialRange, trialShape } from '../../src/gpu/trial.ts';
import { blockBytes, blockCols } from '../../src/matrix/blocks.ts';
import { DTYPES } from '../../src/matrix/dtype.ts';

const PLENTY = { cells: 1000, pages: 1000 };

describe('trialShape', () => {
  it('fills a GPU where there is room: 8 × 8 cells, or 8 of a thin one, four blocks of K deep', () => {
    expect(trialShape('i8', 'square', PLENTY)).toEqual({ dtype: 'i8', rows: 2048, cols: 2048, k: 4096 });
    expect(trialShape('f16', 'flat', PLENTY)).toEqual({ dtype: 'f16', rows: 16, cols: 2048, k: 2048 });
    expect(trialShape('f32', 'tall', PLENTY)).toEqual({ dtype: 'f32', rows: 2048, cols: 16, k: 1024 });
  });

  it('is of its class and fits twice the room, or is a single cell and a block of K, whatever the room is', () => {
    const room = fc.double({ min: 0, max: 300, noNaN: true });
    fc.assert(
      fc.property(
        fc.constantFrom(...DTYPES),
        fc.constantFrom(...SHAPE_CLASSES),
        room,
        room,
        (dtype, shapes, cells, pages) => {
          const shape = trialShape(dtype, shapes, { cells, pages });
          const [down, across] = [Math.ceil(shape.rows / 256), Math.ceil(shape.cols / 256)];
          const deep = shape.k / blockCols(dtype);
          expect(classOf(shape)).toBe(shapes);
          expect(Number.isInteger(deep)).toBe(true);
          expect(down * across === 1 || down * across <= cells).toBe(true);
          const { a, b } = trialRange(shape);
          const blocks = new Set([...a.flat(), ...b.flat()]).size;
          expect(blocks <= 2 * pages || (deep === 1 && down * across === 1)).toBe(true);
        },
      ),
    );
  });
});

describe('trialRange', () => {
  it('multiplies a square operand by itself, and a thin one by another', () => {
    const square = trialRange(trialShape('i8', 'square', PLENTY));
    expect(square.a).toEqual(square.b);
    expect([square.from, square.to, square.a.length, square.a[0]!.length]).toEqual([0, 4, 4, 8]);
    const flat = trialRange(trialShape('i8', 'flat', PLENTY));
    expect([flat.a[0]!.length, flat.b[0]!.length]).toEqual([1, 8]);
    expect(flat.b.flat()).not.toContain(flat.a[0]![0]);
  });

  it('names blocks as no other number type or thickness does', () => {
    const names = DTYPES.flatMap((dtype) => {
      const { a, b } = trialRange(trialShape(dtype, 'tall', PLENTY));
      return [...a.flat(), ...b.flat()];
    });
    expect(new Set(names).size).toBe(3 * (32 + 4));
  });
});

describe('trialBlock', () => {
  it.each(DTYPES)('has the bytes of a whole block, or of a thin one: %s', (dtype) => {
    const cols = blockCols(dtype);
    expect(trialBlock(dtype, 2048).length).toBe(blockBytes({ dtype, rows: 256, cols }, 0, 0));
    expect(trialBlock(dtype, 16).length).toBe(blockBytes({ dtype, rows: 16, cols }, 0, 0));
    expect(new Set(trialBlock(dtype, 16)).size).toBeGreaterThan(3);
  });
});
