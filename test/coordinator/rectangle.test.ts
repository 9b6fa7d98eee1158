import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Grid, type Rect, rectArea } from '../../src/coordinator/grid.ts';
import {
  MAX_LEASE_SIDE,
  type Room,
  type ShardCost,
  type Speed,
  TARGET_LEASE_SECONDS,
  chooseRect,
  expectedSeconds,
} from '../../src/coordinator/rectangle.ts';
import { MAX_CELLS_PER_LEASE } from '../../src/protocol/limits.ts';

const PLENTY: Room = { pages: 1 << 20, cells: 1 << 20 };
const QUICK: Speed = { multiplyAddsPerSecond: 1e13, downBytesPerSecond: 1e9, upBytesPerSecond: 1e9 };

function costOf(k: number, held: { rows?: number[]; cols?: number[] } = {}): ShardCost {
  return {
    k,
    kBlocks: Math.ceil(k / 1024),
    stripBytes: 256 * k,
    heldRow: (row) => held.rows?.includes(row) ?? false,
    heldCol: (col) => held.cols?.includes(col) ?? false,
  };
}

function cells({ row, col, rows, cols }: Rect): [number, number][] {
  return Array.from({ length: rows * cols }, (_, i) => [row + Math.floor(i / cols), col + (i % cols)]);
}

const one = (row: number, col: number): Rect => ({ row, col, rows: 1, cols: 1 });

describe('chooseRect', () => {
  it('gives open cells within every limit, and always some while a cell is open', () => {
    const positive = fc.double({ min: 1e-3, max: 1e15, noNaN: true });
    fc.assert(
      fc.property(
        fc.record({
          rows: fc.integer({ min: 1, max: 40 }),
          cols: fc.integer({ min: 1, max: 40 }),
          taken: fc.array(fc.tuple(fc.nat({ max: 39 }), fc.nat({ max: 39 })), { maxLength: 200 }),
          k: fc.integer({ min: 1, max: 100_000 }),
          speed: fc.record({
            multiplyAddsPerSecond: positive,
            downBytesPerSecond: positive,
            upBytesPerSecond: positive,
          }),
          room: fc.record({ pages: fc.nat({ max: 5000 }), cells: fc.integer({ min: 1, max: 2000 }) }),
          sharers: fc.nat({ max: 50 }),
          last: fc.option(fc.tuple(fc.nat({ max: 39 }), fc.nat({ max: 39 })), { nil: undefined }),
        }),
        ({ rows, cols, taken, k, speed, room, sharers, last }) => {
          const grid = new Grid(rows, cols);
          for (const [row, col] of taken) if (grid.isOpen(row, col)) grid.lease(one(row, col));
          const before = last && one(Math.min(last[0], rows - 1), Math.min(last[1], cols - 1));
          const choice = chooseRect(grid, costOf(k), speed, room, sharers, before);
          if (grid.openCells === 0) {
            expect(choice).toBeUndefined();
            return;
          }
          const { rect } = choice!;
          expect(cells(rect).every(([row, col]) => grid.isOpen(row, col))).toBe(true);
          expect(Math.max(rect.rows, rect.cols)).toBeLessThanOrEqual(MAX_LEASE_SIDE);
          expect(rectArea(rect)).toBeLessThanOrEqual(Math.min(room.cells, MAX_CELLS_PER_LEASE));
          if (rectArea(rect) === 1) return; // the least there is, however slow or small the contributor
          expect(4 * (rect.rows + rect.cols)).toBeLessThanOrEqual(Math.max(room.pages, 8));
          expect(choice!.expectedSeconds).toBeLessThanOrEqual(TARGET_LEASE_SECONDS);
          const fair = Math.ceil(grid.openCells / (2 * Math.max(1, sharers)));
          expect(rectArea(rect)).toBeLessThanOrEqual(fair);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('grows near-square leases on fresh ground', () => {
    const choice = chooseRect(new Grid(40, 40), costOf(4096), QUICK, { ...PLENTY, cells: 64 }, 1, undefined);
    expect(choice!.rect).toEqual({ row: 0, col: 0, rows: 8, cols: 8 });
  });

  it('prefers the neighbours of what the contributor holds to fresh ground', () => {
    const grid = new Grid(8, 8);
    const last: Rect = { row: 4, col: 2, rows: 2, cols: 2 };
    grid.lease(last);
    const held = costOf(8192, { rows: [4, 5], cols: [2, 3] });
    const slowLink: Speed = { ...QUICK, downBytesPerSecond: 1e6 };
    const { rect } = chooseRect(grid, held, slowLink, { pages: 64, cells: 4 }, 1, last)!;
    const beside = rect.row === 4 && rect.col === 4;
    const below = rect.row === 6 && rect.col === 2;
    expect(beside || below).toBe(true);
  });

  it('takes one cell of a contributor that needs longer than a lease should last for it', () => {
    const crawling: Speed = { multiplyAddsPerSecond: 1, downBytesPerSecond: 1, upBytesPerSecond: 1 };
    const choice = chooseRect(new Grid(4, 4), costOf(1000), crawling, PLENTY, 1, undefined);
    expect(choice!.rect).toEqual(one(0, 0));
    expect(choice!.expectedSeconds).toBeGreaterThan(TARGET_LEASE_SECONDS);
  });

  it('leaves everybody a part of the last cells', () => {
    const grid = new Grid(4, 4);
    const sizes: number[] = [];
    for (let i = 0; i < 8; i++) {
      const { rect } = chooseRect(grid, costOf(64), QUICK, PLENTY, 8, undefined)!;
      grid.lease(rect);
      sizes.push(rectArea(rect));
    }
    expect(sizes).toEqual(Array.from({ length: 8 }, () => 1));
  });
});

describe('expectedSeconds', () => {
  it('is download, upload and arithmetic, and nothing for strips that are held', () => {
    const speed: Speed = {
      multiplyAddsPerSecond: 256 * 256 * 1024,
      downBytesPerSecond: 1 << 20,
      upBytesPerSecond: 1 << 20,
    };
    const rect: Rect = { row: 0, col: 0, rows: 2, cols: 2 };
    // 4 strips of 256 KiB at 1 MiB/s, 4 cells of 256 KiB at 1 MiB/s, 4 cells at one a second
    expect(expectedSeconds(rect, costOf(1024), speed)).toBeCloseTo(1 + 1 + 4);
    const held = costOf(1024, { rows: [0, 1], cols: [0] });
    expect(expectedSeconds(rect, held, speed)).toBeCloseTo(0.25 + 1 + 4);
  });
});
