import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BoundedProduct,
  type Capacity,
  areaWithin,
  productBound,
  receivedBytes,
} from '../../src/core/bound.ts';

const MBIT = 125_000;
const square: BoundedProduct = { rows: 8192, cols: 8192, k: 8192, aBytes: 1, bBytes: 1, cBytes: 4 };
const home: Capacity = { down: 100 * MBIT, up: 20 * MBIT, rate: 1e12 };

describe('the bound on a product', () => {
  it('is the upload of a home link for a square i8 product: 5 G multiply-adds a second at 4 bytes an entry', () => {
    const bound = productBound(square, [home]);
    expect(bound.limits).toEqual(['up']);
    expect(bound.seconds).toBeCloseTo((8192 * 8192 * 4) / (20 * MBIT), 3);
    expect(8192 ** 3 / bound.seconds / 1e9).toBeCloseTo(5.12, 2);
    expect(bound.bytes).toBeCloseTo(2 * 8192 * 8192 + 4 * 8192 * 8192, -2);
  });

  it('is the download of a deep product, and the GPU of a fast link', () => {
    expect(productBound({ ...square, rows: 2048, cols: 2048, k: 131_072 }, [home]).limits).toEqual(['down']);
    const fast = productBound(square, [{ down: 1000 * MBIT, up: 1000 * MBIT, rate: 1e10 }]);
    expect(fast.limits).toEqual(['rate']);
    expect(fast.seconds).toBeCloseTo(8192 ** 3 / 1e10, 3);
  });

  it('asks two equal contributors for 1.41 times the operand bytes of one', () => {
    const one = productBound({ ...square, cBytes: 0 }, [home]).bytes;
    const two = productBound({ ...square, cBytes: 0 }, [home, home]);
    expect(two.bytes / one).toBeCloseTo(Math.SQRT2, 5);
    expect(two.areas[0]).toBeCloseTo(square.rows * square.cols * 0.5, -1);
  });

  it('counts the short side of a thin product once for everybody', () => {
    const thin = { ...square, rows: 256, cols: 65_536 };
    const area = thin.rows * thin.cols;
    expect(receivedBytes(thin, area)).toBe((256 + 65_536) * 8192);
    expect(receivedBytes(thin, area / 2)).toBe((256 + 32_768) * 8192);
    expect(receivedBytes(thin, 100 * 100)).toBe(200 * 8192);
  });

  it('takes an operand that is made from a seed for nothing', () => {
    const seeded = { ...square, bBytes: 0 };
    expect(receivedBytes(seeded, square.rows * square.cols)).toBe(8192 * 8192);
    expect(receivedBytes(seeded, 8192)).toBe(8192); // one row, all columns
    expect(receivedBytes({ ...seeded, aBytes: 0 }, 8192)).toBe(0);
  });

  it('rises where the operands do not fit into memory, and says so', () => {
    const memory = 4 * 1024 * 1024;
    const bound = productBound(square, [{ ...home, memory }]);
    expect(bound.memoryLimited).toBe(true);
    expect(bound.bytes).toBeGreaterThan(productBound(square, [home]).bytes);
    const words = memory;
    const least = (2 * 8192 ** 3) / Math.sqrt(words) - 2 * words;
    expect(receivedBytes(square, square.rows * square.cols, memory)).toBeCloseTo(least, -2);
    expect(productBound(square, [{ ...home, memory: 2 ** 30 }]).memoryLimited).toBe(false);
  });

  it('is infinite where nobody can do anything', () => {
    expect(productBound(square, []).seconds).toBe(Infinity);
    expect(productBound(square, [{ down: 0, up: 0, rate: 0 }]).seconds).toBe(Infinity);
  });

  it('gives idle contributors nothing and does not mind them', () => {
    const bound = productBound(square, [home, { down: 0, up: 0, rate: 0 }]);
    expect(bound.areas[1]).toBe(0);
    expect(bound.seconds).toBeCloseTo(productBound(square, [home]).seconds, 6);
  });

  const side = fc.integer({ min: 1, max: 100_000 });
  const bytes = fc.constantFrom(0, 1, 2, 4);
  const anyProduct = fc.record({
    rows: side,
    cols: side,
    k: side,
    aBytes: bytes,
    bBytes: bytes,
    cBytes: fc.double({ min: 0.1, max: 4, noNaN: true }),
  });
  const speed = fc.double({ min: 1e3, max: 1e10, noNaN: true });
  const anyCapacity = fc.record(
    { down: speed, up: speed, rate: speed, memory: fc.double({ min: 1e5, max: 1e10, noNaN: true }) },
    { requiredKeys: ['down', 'up', 'rate'] },
  );

  it('shares out all of C in a time that suits everybody, and no more than they can receive', () => {
    fc.assert(
      fc.property(
        anyProduct,
        fc.array(anyCapacity, { minLength: 1, maxLength: 6 }),
        (product, capacities) => {
          const { seconds, areas } = productBound(product, capacities);
          const sum = areas.reduce((total, area) => total + area, 0);
          expect(sum / (product.rows * product.cols)).toBeCloseTo(1, 6);
          capacities.forEach((capacity, i) => {
            expect(areas[i]! * product.cBytes).toBeLessThanOrEqual(seconds * capacity.up * 1.000001);
            expect(areas[i]! * product.k).toBeLessThanOrEqual(seconds * capacity.rate * 1.000001);
            const received = receivedBytes(product, areas[i]!, capacity.memory);
            expect(received).toBeLessThanOrEqual(seconds * capacity.down * 1.000001);
          });
        },
      ),
    );
  });

  it('never takes longer with more time, speed or company', () => {
    fc.assert(
      fc.property(anyProduct, anyCapacity, anyCapacity, (product, one, other) => {
        const alone = productBound(product, [one]).seconds;
        expect(productBound(product, [one, other]).seconds).toBeLessThanOrEqual(alone * 1.000001);
        const area = areaWithin(product, one, alone / 2);
        expect(area).toBeLessThanOrEqual(areaWithin(product, one, alone) * 1.000001);
        expect(area).toBeLessThanOrEqual(areaWithin(product, { ...one, down: 2 * one.down }, alone / 2));
      }),
    );
  });

  it('is no more than what any rectangle of that area needs', () => {
    fc.assert(
      fc.property(anyProduct, fc.nat(), fc.nat(), (product, x, y) => {
        const height = 1 + (x % product.rows);
        const width = 1 + (y % product.cols);
        const needed = (height * product.aBytes + width * product.bBytes) * product.k;
        expect(receivedBytes(product, height * width)).toBeLessThanOrEqual(needed * 1.000001);
      }),
    );
  });
});
