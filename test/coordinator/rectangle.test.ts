import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Capacity } from '../../src/core/bound.ts';
import { Grid, type Rect, rectArea } from '../../src/coordinator/grid.ts';
import {
  MAX_LEASE_SIDE,
  type Room,
  type ShardCost,
  type Wish,
  chooseRect,
  secondsOf,
} from '../../src/coordinator/rectangle.ts';
import { MAX_CELLS_PER_LEASE } from '../../src/protocol/limits.ts';

const PLENTY: Room = { pages: 1 << 20, kept: 1 << 20, cells: 1 << 20 };
const QUICK: Capacity = { rate: 1e13, down: 1e9, up: 1e9 };
const SECONDS = 10;

function costOf(k: number, held: { rows?: number[]; cols?: number[] } = {}): ShardCost {
  return {
    k,
    rowBytes: 256 * k,
    colBytes: 256 * k,
    cellBytes: 180_000,
    symmetric: false,
    heldRow: (row) => held.rows?.includes(row) ?? false,
    heldCol: (col) => held.cols?.includes(col) ?? false,
  };
}

function wishFor(grid: Grid, fields: Partial<Wish> = {}): Wish {
  const territory: Rect = { row: 0, col: 0, rows: grid.rows, cols: grid.cols };
  return { territory, speed: QUICK, room: PLENTY, seconds: SECONDS, ...fields };
}

function cells({ row, col, rows, cols }: Rect): [number, number][] {
  return Array.from({ length: rows * cols }, (_, i) => [row + Math.floor(i / cols), col + (i % cols)]);
}

const one = (row: number, col: number): Rect => ({ row, col, rows: 1, cols: 1 });

describe('chooseRect', () => {
  it('gives open cells of the territory within every limit, and always some while one is open', () => {
    const positive = fc.double({ min: 1e-3, max: 1e15, noNaN: true });
    const place = fc.tuple(fc.nat({ max: 39 }), fc.nat({ max: 39 }));
    fc.assert(
      fc.property(
        fc.record({
          rows: fc.integer({ min: 1, max: 40 }),
          cols: fc.integer({ min: 1, max: 40 }),
          taken: fc.array(place, { maxLength: 200 }),
          held: fc.array(place, { maxLength: 20 }),
          k: fc.integer({ min: 1, max: 100_000 }),
          speed: fc.record({ rate: positive, down: positive, up: positive }),
          room: fc.record({
            pages: fc.nat({ max: 5000 }),
            kept: fc.nat({ max: 5000 }),
            cells: fc.integer({ min: 1, max: 2000 }),
          }),
          corner: place,
          size: place,
          symmetric: fc.boolean(),
        }),
        ({ rows, cols, taken, held, k, speed, room, corner, size, symmetric }) => {
          const grid = new Grid(rows, cols);
          for (const [row, col] of taken) if (grid.isOpen(row, col)) grid.lease(one(row, col));
          const [row, col] = [corner[0] % rows, corner[1] % cols];
          const territory: Rect = {
            row,
            col,
            rows: 1 + (size[0] % (rows - row)),
            cols: 1 + (size[1] % (cols - col)),
          };
          const known = costOf(k, { rows: held.map(([r]) => r), cols: held.map(([, c]) => c) });
          const wish = wishFor(grid, { territory, speed, room });
          const choice = chooseRect(grid, { ...known, symmetric }, wish);
          const open = cells(territory).filter(([r, c]) => grid.isOpen(r, c));
          if (open.length === 0) {
            expect(choice).toBeUndefined();
            return;
          }
          const { rect } = choice!;
          const within = new Set(open.map(String));
          expect(cells(rect).every((cell) => within.has(String(cell)))).toBe(true);
          expect(Math.max(rect.rows, rect.cols)).toBeLessThanOrEqual(MAX_LEASE_SIDE);
          expect(rectArea(rect)).toBeLessThanOrEqual(Math.min(room.cells, MAX_CELLS_PER_LEASE));
          if (rectArea(rect) === 1) return; // the least there is, however slow or small the contributor
          expect(4 * (rect.rows + rect.cols)).toBeLessThanOrEqual(Math.max(room.pages, 8));
          expect(choice!.seconds).toBeLessThanOrEqual(SECONDS);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('grows near-square leases on fresh ground', () => {
    const grid = new Grid(40, 40);
    const wish = wishFor(grid, { room: { ...PLENTY, cells: 64 } });
    expect(chooseRect(grid, costOf(4096), wish)!.rect).toEqual({ row: 0, col: 0, rows: 8, cols: 8 });
  });

  it('extends what is held by the side that adds most cells for each strip', () => {
    const grid = new Grid(20, 20);
    grid.lease({ row: 0, col: 0, rows: 6, cols: 3 });
    const held = costOf(8192, { rows: [0, 1, 2, 3, 4, 5], cols: [0, 1, 2] });
    const slow: Capacity = { ...QUICK, down: 1e6 }; // 2 s a strip
    const { rect } = chooseRect(grid, held, wishFor(grid, { speed: slow }))!;
    expect(rect).toEqual({ row: 0, col: 3, rows: 6, cols: 4 });
  });

  it('takes what needs no download first when the link is slow', () => {
    const grid = new Grid(8, 8);
    const held = costOf(8192, { rows: [4, 5], cols: [2, 3] });
    const slow: Capacity = { ...QUICK, down: 1e5 };
    const { rect } = chooseRect(grid, held, wishFor(grid, { speed: slow }))!;
    expect(rect).toEqual({ row: 4, col: 2, rows: 2, cols: 2 });
  });

  it('takes one cell of a contributor that needs longer than a lease should last for it', () => {
    const grid = new Grid(4, 4);
    const crawling: Capacity = { rate: 1, down: 1, up: 1 };
    const choice = chooseRect(grid, costOf(1000), wishFor(grid, { speed: crawling }));
    expect(choice!.rect).toEqual(one(0, 0));
    expect(choice!.seconds).toBeGreaterThan(SECONDS);
  });
});

describe('the time for a rectangle', () => {
  const speed: Capacity = { rate: 256 * 256 * 1024, down: 1 << 20, up: 1 << 20 };
  const rect: Rect = { row: 0, col: 0, rows: 2, cols: 2 };

  it('is that of download, of upload and of arithmetic, and no download for strips that are held', () => {
    const cost = { ...costOf(1024), cellBytes: 1 << 18 };
    // 4 strips of 256 KiB at 1 MiB/s, 4 cells of 256 KiB at 1 MiB/s, 4 cells at one a second
    expect(secondsOf(rect, cost, speed)).toEqual({ down: 1, up: 1, rate: 4 });
    const held = { ...costOf(1024, { rows: [0, 1], cols: [0] }), cellBytes: 1 << 18 };
    expect(secondsOf(rect, held, speed).down).toBe(0.25);
  });

  it('counts a strip once that is a row and a column of X·Xᵀ', () => {
    const cost = { ...costOf(1024), symmetric: true };
    expect(secondsOf(rect, cost, speed).down).toBe(0.5);
    expect(secondsOf({ ...rect, col: 1 }, cost, speed).down).toBe(0.75);
    expect(secondsOf({ ...rect, col: 2 }, cost, speed).down).toBe(1);
  });

  it('is none for the download of an operand that is made from a seed', () => {
    expect(secondsOf(rect, { ...costOf(1024), colBytes: 0 }, speed).down).toBe(0.5);
  });
});
