import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Grid, type Rect } from '../../src/coordinator/grid.ts';

const ROWS = 6;
const COLS = 9;

const rect = fc
  .record({
    row: fc.nat({ max: ROWS - 1 }),
    col: fc.nat({ max: COLS - 1 }),
    rows: fc.integer({ min: 1, max: ROWS }),
    cols: fc.integer({ min: 1, max: COLS }),
  })
  .map((any): Rect => {
    const { row, col } = any;
    return { row, col, rows: Math.min(any.rows, ROWS - row), cols: Math.min(any.cols, COLS - col) };
  });

type Step =
  | { readonly type: 'lease' | 'verify'; readonly rect: Rect }
  /** Ends one of the live leases, whichever. */
  | { readonly type: 'release'; readonly pick: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ type: fc.constantFrom('lease' as const, 'verify' as const), rect }),
  fc.record({ type: fc.constant('release' as const), pick: fc.nat() }),
);

function cellsOf({ row, col, rows, cols }: Rect): number[] {
  return Array.from(
    { length: rows * cols },
    (_, i) => (row + Math.floor(i / cols)) * COLS + col + (i % cols),
  );
}

/** The same rules, written as slowly and plainly as possible. */
class Model {
  readonly leases: Rect[] = [];
  readonly verified = new Set<number>();
  readonly #leased = (cell: number): boolean => this.leases.some((lease) => cellsOf(lease).includes(cell));

  get open(): number[] {
    const cells = Array.from({ length: ROWS * COLS }, (_, cell) => cell);
    return cells.filter((cell) => !this.verified.has(cell) && !this.#leased(cell));
  }
}

describe('Grid', () => {
  it('agrees with a plain model in whatever order cells are leased, released and verified', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat({ max: COLS }), (steps, from) => {
        const told = new Set(Array.from({ length: ROWS * COLS }, (_, cell) => cell));
        const grid = new Grid(ROWS, COLS, {
          onOpen: (cell, change) => {
            expect(change > 0).toBe(!told.has(cell));
            if (change > 0) told.add(cell);
            else told.delete(cell);
          },
        });
        const model = new Model();
        for (const each of steps) {
          if (each.type === 'verify') {
            grid.verify(each.rect);
            for (const cell of cellsOf(each.rect)) model.verified.add(cell);
          } else if (each.type === 'release') {
            const [lease] = model.leases.splice(each.pick % Math.max(1, model.leases.length), 1);
            if (lease) grid.release(lease);
          } else if (grid.isUnverified(each.rect)) {
            grid.lease(each.rect);
            model.leases.push(each.rect);
          }
          const { open, verified } = model;
          expect(grid.openCells).toBe(open.length);
          expect(grid.verifiedCells).toBe(verified.size);
          expect(Array.from(told).sort((x, y) => x - y)).toEqual(open);
          const inRow = open.find((cell) => cell >= COLS + from && cell < 2 * COLS - 1);
          expect(grid.firstOpenInRow(1, from, COLS - 1)).toBe(inRow === undefined ? -1 : inRow - COLS);
          const inCol = open.find((cell) => cell % COLS === 2 && cell >= COLS && cell < 4 * COLS);
          expect(grid.firstOpenInCol(2, 1, 4)).toBe(inCol === undefined ? -1 : Math.floor(inCol / COLS));
          expect(grid.done).toBe(verified.size === ROWS * COLS);
          const isOpen = (cell: number): boolean => grid.isOpen(Math.floor(cell / COLS), cell % COLS);
          expect(Array.from({ length: ROWS * COLS }, (_, cell) => cell).filter(isOpen)).toEqual(open);
        }
        for (const lease of model.leases) grid.release(lease);
        expect(grid.openCells + grid.verifiedCells).toBe(ROWS * COLS);
      }),
    );
  });

  it('knows no cell outside itself as open or unverified', () => {
    const grid = new Grid(2, 3);
    expect([grid.isOpen(2, 0), grid.isOpen(0, 3), grid.isOpen(1, 2)]).toEqual([false, false, true]);
    expect(grid.isUnverified({ row: 1, col: 0, rows: 2, cols: 1 })).toBe(false);
    expect(grid.isUnverified({ row: 0, col: 2, rows: 1, cols: 2 })).toBe(false);
    expect(grid.isUnverified({ row: 0, col: 0, rows: 2, cols: 3 })).toBe(true);
  });

  it('refuses to lease a verified cell, and counts a cell verified twice once', () => {
    const grid = new Grid(1, 2);
    const cell = { row: 0, col: 0, rows: 1, cols: 1 };
    grid.verify(cell);
    grid.verify(cell);
    expect(grid.verifiedCells).toBe(1);
    expect(() => grid.lease(cell)).toThrow('leased a verified cell');
    expect(grid.isUnverified({ ...cell, cols: 2 })).toBe(false);
  });

  it('opens a cell again only when its last lease has ended', () => {
    const grid = new Grid(1, 1);
    const cell = { row: 0, col: 0, rows: 1, cols: 1 };
    grid.lease(cell);
    grid.lease(cell);
    grid.release(cell);
    expect(grid.openCells).toBe(0);
    grid.release(cell);
    expect(grid.openCells).toBe(1);
    grid.release(cell);
    expect(grid.openCells).toBe(1);
  });
});
