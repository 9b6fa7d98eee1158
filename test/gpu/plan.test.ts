import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PagedRange, planGroups } from '../../src/gpu/plan.ts';

const TILE = { rows: 64, cols: 32 };

/** Distinct pages for every block of a range. */
function rangeOf(rows: number, cols: number, kBlocks: number, shift: number): PagedRange {
  let page = 0;
  const pages = (values: number): number[][] =>
    Array.from({ length: kBlocks }, () =>
      Array.from({ length: Math.ceil(values / 256) }, () => (page += shift)),
    );
  return {
    rows,
    cols,
    dtype: 'i8',
    rowBytes: Array.from({ length: kBlocks }, (_, k) => (k === kBlocks - 1 ? 48 : 1024)),
    a: pages(rows),
    b: pages(cols),
  };
}

describe('planGroups', () => {
  it('is one group where everything lies in one buffer, without tiles that ragged cells lack', () => {
    const [group, ...others] = planGroups(rangeOf(257, 40, 2, 1), { arena: 1000, result: 1000 }, TILE);
    expect(others).toEqual([]);
    // Cell 0 has 4 × 2 tiles, cell 1 has one row of results: 1 × 2.
    expect(group!.tiles.length / 2).toBe(10);
    expect(Array.from(group!.tiles.slice(2, 6))).toEqual([32, 0, 64 * 2 ** 8, 0]);
    expect(Array.from(group!.tiles.slice(-4))).toEqual([2 ** 16, 2, 2 ** 16 + 32, 2]);
    // a pages 1 2 | 3 4, b pages 5 | 6.
    expect(Array.from(group!.pairs)).toEqual([1, 5, 64, 0, 3, 6, 3, 0, 2, 5, 64, 0, 4, 6, 3, 0]);
    expect(group!.pairWork).toEqual([2048 * 1024, 2048 * 48]);
  });

  it('covers every cell over every k-block once, each with the pages and buffers that it names', () => {
    const size = fc.integer({ min: 1, max: 1200 });
    const few = fc.integer({ min: 1, max: 5 });
    fc.assert(
      fc.property(size, size, few, few, few, few, (rows, cols, kBlocks, shift, arena, result) => {
        const range = rangeOf(rows, cols, kBlocks, shift);
        const colCells = Math.ceil(cols / 256);
        const seen = new Map<string, number>();
        for (const group of planGroups(range, { arena, result }, TILE)) {
          for (let t = 0; t < group.tiles.length; t += 2) {
            const cell = group.c * result + Math.floor(group.tiles[t]! / 2 ** 16);
            for (let p = 0; p < group.pairWork.length; p++) {
              const at = (group.tiles[t + 1]! + p) * 4;
              const a = group.a * arena + group.pairs[at]!;
              const b = group.b * arena + group.pairs[at + 1]!;
              expect(group.pairs[at]).toBeLessThan(arena);
              const key = `${cell} ${a} ${b} ${group.tiles[t]! % 2 ** 16}`;
              seen.set(key, (seen.get(key) ?? 0) + 1);
            }
          }
        }
        let expected = 0;
        for (let row = 0; row * 256 < rows; row++) {
          for (let col = 0; col * 256 < cols; col++) {
            const down = Math.ceil(Math.min(256, rows - row * 256) / TILE.rows);
            const across = Math.ceil(Math.min(256, cols - col * 256) / TILE.cols);
            for (let k = 0; k < kBlocks; k++) {
              for (let tile = 0; tile < down * across; tile++) {
                const place = Math.floor(tile / across) * TILE.rows * 2 ** 8 + (tile % across) * TILE.cols;
                expect(
                  seen.get(`${row * colCells + col} ${range.a[k]![row]} ${range.b[k]![col]} ${place}`),
                ).toBe(1);
                expected += 1;
              }
            }
          }
        }
        expect(seen.size).toBe(expected);
      }),
      { numRuns: 60 },
    );
  });
});
