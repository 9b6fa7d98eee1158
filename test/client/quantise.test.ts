import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dequantiseProduct, quantiseRows } from '../../src/client/quantise.ts';
import { multiplyReference } from '../../src/matrix/reference.ts';

const value = fc.oneof(
  fc.float({ noNaN: true, noDefaultInfinity: true }),
  fc.float({ noNaN: true, min: -1, max: 1 }),
  fc.constantFrom(0, -0, 2 ** -149, -(2 ** -149), 3.4028234663852886e38),
);
const matrix = fc
  .record({ rows: fc.integer({ min: 1, max: 5 }), cols: fc.integer({ min: 1, max: 7 }) })
  .chain(({ rows, cols }) =>
    fc.record({
      rows: fc.constant(rows),
      cols: fc.constant(cols),
      values: fc.array(value, { minLength: rows * cols, maxLength: rows * cols }),
    }),
  );

describe('quantising rows', () => {
  it('errs by half a step at most, and reports the error that it made', () => {
    fc.assert(
      fc.property(matrix, ({ rows, cols, values }) => {
        const floats = Float32Array.from(values);
        const made = quantiseRows(floats, rows, cols);
        let [max, squares, all] = [0, 0, 0];
        for (const [at, float] of floats.entries()) {
          const row = Math.floor(at / cols);
          const largest = Math.max(...floats.subarray(row * cols, (row + 1) * cols).map(Math.abs));
          const wrong = Math.abs(float - made.values[at]! * made.scales[row]!);
          expect(Math.abs(made.values[at]!)).toBeLessThanOrEqual(127);
          expect(wrong).toBeLessThanOrEqual((largest / 254) * (1 + 1e-12));
          if (largest > 0) max = Math.max(max, wrong / largest);
          squares += wrong ** 2;
          all += float ** 2;
        }
        expect(made.error.max).toBeCloseTo(max, 12);
        expect(made.error.rms).toBeCloseTo(all > 0 ? Math.sqrt(squares / all) : 0, 12);
      }),
      { numRuns: 500 },
    );
  });

  it('gives back a product within what the errors of both sides allow', () => {
    fc.assert(
      fc.property(matrix, matrix, (x, y) => {
        const k = Math.min(x.cols, y.cols);
        const unit = (values: number[]): Float32Array =>
          Float32Array.from(values, (each) => Math.max(-1, Math.min(1, each)));
        const pick = ({ rows, cols, values }: typeof x): Float32Array =>
          unit(values.filter((_, at) => at % cols < k).slice(0, rows * k));
        const [a, b] = [pick(x), pick(y)];
        const [left, right] = [quantiseRows(a, x.rows, k), quantiseRows(b, y.rows, k)];
        const product = multiplyReference('i8', left.values, right.values, x.rows, y.rows, k);
        const c = dequantiseProduct(product, left.scales, right.scales);
        const exact = multiplyReference('f32', a, b, x.rows, y.rows, k);
        for (const [at, float] of c.entries())
          expect(Math.abs(float - exact[at]!)).toBeLessThanOrEqual(k * (2 / 254 + 1 / 254 ** 2) + 1e-6);
      }),
      { numRuns: 200 },
    );
  });

  it('keeps whole numbers up to 127 where the largest is 127, and zeros', () => {
    const made = quantiseRows(Float64Array.of(127, -127, 5, 0, 0, 0), 2, 3);
    expect(Array.from(made.values)).toEqual([127, -127, 5, 0, 0, 0]);
    expect(Array.from(made.scales)).toEqual([1, 1]);
    expect(made.error).toEqual({ max: 0, rms: 0 });
  });

  it('refuses what is not finite, with its place, and arrays of another size', () => {
    expect(() => quantiseRows(Float32Array.of(1, 2, 3, Number.NaN), 2, 2)).toThrow(
      /row 1, column 1 .* is NaN/,
    );
    expect(() => quantiseRows(Float32Array.of(1), 1, 2)).toThrow(/1 values are not 1 × 2/);
    expect(() => dequantiseProduct(Int32Array.of(1), Float64Array.of(1), Float64Array.of(1, 2))).toThrow(
      /not 1 × 2/,
    );
  });
});
