import fc from 'fast-check';
import { expect, it } from 'vitest';
import { microcreditsFor } from '../../src/core/units.ts';
import { priceOf, restPrice } from '../../src/coordinator/price.ts';

const sizes = { rows: fc.integer({ min: 1, max: 2000 }), cols: fc.integer({ min: 1, max: 2000 }) };

/** Where to cut a side of so many rows: at some of its 256-row borders. */
function cuts(size: number, chosen: readonly boolean[]): number[] {
  const borders = Array.from({ length: Math.ceil(size / 256) - 1 }, (_, n) => (n + 1) * 256);
  return [0, ...borders.filter((_, n) => chosen[n] ?? false), size];
}

it('is what no way to cut a job into shards costs more than', () => {
  const chosen = fc.array(fc.boolean(), { maxLength: 8 });
  fc.assert(
    fc.property(
      fc.record(sizes),
      fc.integer({ min: 1, max: 5000 }),
      chosen,
      chosen,
      (size, k, down, across) => {
        const [rows, cols] = [cuts(size.rows, down), cuts(size.cols, across)];
        let cost = 0n;
        for (let i = 1; i < rows.length; i++) {
          for (let j = 1; j < cols.length; j++) {
            cost += microcreditsFor(rows[i]! - rows[i - 1]!, cols[j]! - cols[j - 1]!, k);
          }
        }
        expect(cost <= priceOf({ ...size, k })).toBe(true);
      },
    ),
  );
});

it('is what shards of one cell cost', () => {
  fc.assert(
    fc.property(fc.record(sizes), fc.integer({ min: 1, max: 5000 }), ({ rows, cols }, k) => {
      let cost = 0n;
      for (let i = 0; i < rows; i += 256) {
        for (let j = 0; j < cols; j += 256) {
          cost += microcreditsFor(Math.min(256, rows - i), Math.min(256, cols - j), k);
        }
      }
      expect(priceOf({ rows, cols, k })).toBe(cost);
    }),
  );
});

it('is exact for the largest jobs', () => {
  const side = 256 * 1024;
  expect(priceOf({ rows: side, cols: side, k: 131_072 })).toBe(
    2n ** 20n * microcreditsFor(256, 256, 131_072),
  );
});

it('less what was verified is what the other cells cost', () => {
  const job = { rows: 600, cols: 300, k: 999 };
  const cell = (rowBlock: number, colBlock: number) => ({ rowBlock, colBlock });
  const all = [cell(0, 0), cell(0, 1), cell(1, 0), cell(1, 1), cell(2, 0), cell(2, 1)];
  expect(restPrice(job, [])).toBe(priceOf(job));
  expect(restPrice(job, all)).toBe(0n);
  // Of the last row of cells 88 × 256 and 88 × 44 are left.
  expect(restPrice(job, all.slice(0, 4))).toBe(microcreditsFor(88, 256, 999) + microcreditsFor(88, 44, 999));
});
