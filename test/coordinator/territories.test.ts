import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Grid, type Rect, rectArea } from '../../src/coordinator/grid.ts';
import { type Member, partition, splits } from '../../src/coordinator/partition.ts';
import { Territories, type Worker } from '../../src/coordinator/territories.ts';

const EVEN = { row: 1, col: 1 };
const IDLE = (): number => 0;
const BUSY = (): number => 10;

function members(...weights: number[]): Member[] {
  return weights.map((weight, i) => ({ peer: `p${i}`, weight }));
}

function worker(
  peer: string,
  speed: number,
  secondsFor = (_rect: Rect, cells: number): number => cells / speed,
): Worker {
  return { peer, speed, secondsFor };
}

function openIn(grid: Grid, { row, col, rows, cols }: Rect): number {
  let open = 0;
  for (let r = row; r < row + rows; r++) {
    for (let c = col; c < col + cols; c++) if (grid.isOpen(r, c)) open += 1;
  }
  return open;
}

const strips = (rects: readonly Rect[]): number =>
  rects.reduce((sum, { rows, cols }) => sum + rows + cols, 0);

describe('a partition', () => {
  it('covers every cell once, whoever shares and whatever is open', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.tuple(fc.nat(19), fc.nat(19)), { maxLength: 100 }),
        fc.array(
          fc.record(
            {
              weight: fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
              centre: fc.record({ row: fc.nat(20), col: fc.nat(20) }),
            },
            { requiredKeys: ['weight'] },
          ),
          { minLength: 1, maxLength: 30 },
        ),
        (rows, cols, closed, sharers) => {
          const grid = new Grid(rows, cols);
          for (const [row, col] of closed) {
            if (row < rows && col < cols) grid.verify({ row, col, rows: 1, cols: 1 });
          }
          const regions = partition(
            grid,
            sharers.map((sharer, i) => ({ peer: `p${i}`, ...sharer })),
            EVEN,
          );
          const seen = new Uint8Array(rows * cols);
          for (const { rect } of regions) {
            for (let r = rect.row; r < rect.row + rect.rows; r++) {
              for (let c = rect.col; c < rect.col + rect.cols; c++) seen[r * cols + c]! += 1;
            }
          }
          expect(seen.every((count) => count === 1)).toBe(true);
          expect(new Set(regions.map(({ peer }) => peer)).size).toBe(regions.length);
        },
      ),
    );
  });

  it.each([
    [[1], 64],
    [[1, 1], 96],
    [[1, 1, 1, 1], 128],
    [[1, 1, 1, 1, 1], 147],
    [[16, 1, 1, 1, 1], 116],
  ])('needs hardly more strips than the bound for shares of %j', (weights, most) => {
    const grid = new Grid(32, 32);
    const regions = partition(grid, members(...weights), EVEN);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (const { peer, rect } of regions) {
      const share = weights[Number(peer.slice(1))]! / total;
      expect(Math.abs(rectArea(rect) / 1024 - share)).toBeLessThan(0.02);
    }
    expect(strips(regions.map(({ rect }) => rect))).toBeLessThanOrEqual(most);
  });

  it('cuts along one side only where strips of the other cost nothing', () => {
    const regions = partition(new Grid(32, 32), members(1, 1, 1, 1), { row: 1, col: 0 });
    expect(regions.map(({ rect }) => rect.cols)).toEqual([32, 32, 32, 32]);
  });

  it('leaves those who hold strips where they are', () => {
    const [left, right] = [
      { peer: 'left', weight: 1, centre: { row: 4, col: 2 } },
      { peer: 'right', weight: 3, centre: { row: 4, col: 9 } },
    ];
    const regions = partition(new Grid(8, 16), [right, left], EVEN);
    expect(regions).toEqual([
      { peer: 'left', rect: { row: 0, col: 0, rows: 8, cols: 4 } },
      { peer: 'right', rect: { row: 0, col: 4, rows: 8, cols: 12 } },
    ]);
  });

  it('can be split between rows and between columns, by what is open', () => {
    const grid = new Grid(10, 4);
    grid.verify({ row: 0, col: 0, rows: 5, cols: 4 });
    expect(splits(grid, { row: 0, col: 0, rows: 10, cols: 4 }, [0.4])).toEqual([
      {
        kept: { row: 0, col: 0, rows: 8, cols: 4 },
        given: { row: 8, col: 0, rows: 2, cols: 4 },
        keptOpen: 12,
        givenOpen: 8,
        work: { row: 8, col: 0, rows: 2, cols: 4 },
      },
      {
        kept: { row: 0, col: 0, rows: 10, cols: 2 },
        given: { row: 0, col: 2, rows: 10, cols: 2 },
        keptOpen: 10,
        givenOpen: 10,
        work: { row: 5, col: 2, rows: 5, cols: 2 },
      },
    ]);
  });

  it('is not split where there is nothing to give', () => {
    const grid = new Grid(3, 3);
    expect(splits(grid, { row: 0, col: 0, rows: 3, cols: 3 }, [0])).toEqual([]);
    grid.verify({ row: 0, col: 0, rows: 3, cols: 3 });
    expect(splits(grid, { row: 0, col: 0, rows: 3, cols: 3 }, [1, 1 / 2])).toEqual([]);
  });
});

describe('territories', () => {
  it('belong to whoever shares them out, and to nobody else while their owners work', () => {
    const territories = new Territories(8, 8, EVEN);
    territories.share([
      { peer: 'ann', speed: 1 },
      { peer: 'bob', speed: 1 },
    ]);
    const ann = territories.of(worker('ann', 1), BUSY)!;
    const bob = territories.of(worker('bob', 1), BUSY)!;
    expect([ann.open, bob.open]).toEqual([32, 32]);
    expect(ann.rect).not.toEqual(bob.rect);
    expect(territories.of(worker('ann', 1), BUSY)).toBe(ann);
  });

  it('are helped out in by whoever has nothing left, so that both end together', () => {
    const territories = new Territories(8, 8, EVEN);
    territories.share([
      { peer: 'ann', speed: 1 },
      { peer: 'bob', speed: 1 },
    ]);
    const ann = territories.of(worker('ann', 1), BUSY)!;
    territories.grid.verify(ann.rect);
    const part = territories.of(worker('ann', 1), () => 0.01)!;
    expect(part.open).toBe(16);
    expect(openIn(territories.grid, part.rect)).toBe(16);
    expect(territories.of(worker('bob', 1), BUSY)!.open).toBe(16);
  });

  it('are helped out in where the helper has the strips already', () => {
    const territories = new Territories(8, 8, EVEN);
    territories.share([{ peer: 'slow', speed: 1 }]);
    // Columns 6 and 7 are there, and any other takes a minute to come.
    const holder = worker('holder', 1, (rect) => (rect.col >= 6 ? 1 : 60));
    const part = territories.of(holder, BUSY)!;
    expect(part.rect).toEqual({ row: 0, col: 6, rows: 8, cols: 2 });
    expect(part.open).toBe(16);
  });

  it('are not helped out in by one that would be waited for', () => {
    const territories = new Territories(8, 8, EVEN);
    territories.share([{ peer: 'quick', speed: 100 }]);
    expect(
      territories.of(
        worker('slow', 0.1, () => 60),
        () => 0.01,
      ),
    ).toBeUndefined();
  });

  it('go to whoever asks when their owner leaves or does not work', () => {
    const territories = new Territories(4, 4, EVEN);
    territories.share([{ peer: 'gone', speed: 1 }]);
    territories.left('gone');
    expect(
      territories.of(
        worker('ann', 0.001, () => 1e9),
        BUSY,
      )!.open,
    ).toBe(16);
    expect(
      territories.of(
        worker('bob', 0.001, () => 1e9),
        IDLE,
      )!.owner,
    ).toBe('bob');
    expect(
      territories.of(
        worker('ann', 0.001, () => 1e9),
        BUSY,
      ),
    ).toBeUndefined();
  });

  it('hand the last cell to whoever is done with it sooner', () => {
    const territories = new Territories(1, 1, EVEN);
    territories.share([{ peer: 'slow', speed: 0.01 }]);
    expect(territories.of(worker('quick', 10), BUSY)!.owner).toBe('quick');
    expect(territories.of(worker('slow', 0.01), BUSY)).toBeUndefined();
  });

  it('count what is open in them through leases, releases and further sharing', () => {
    const step = fc.record({
      type: fc.constantFrom(
        'lease' as const,
        'release' as const,
        'verify' as const,
        'ask' as const,
        'share' as const,
      ),
      row: fc.nat(5),
      col: fc.nat(5),
      peer: fc.nat(3),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const territories = new Territories(6, 6, EVEN);
        const leased: Rect[] = [];
        for (const { type, row, col, peer } of steps) {
          const rect: Rect = { row, col, rows: 1, cols: 1 };
          const me = worker(`p${peer}`, 1 + peer);
          if (type === 'lease' && territories.grid.isOpen(row, col)) {
            territories.grid.lease(rect);
            leased.push(rect);
          } else if (type === 'release') {
            const [last] = leased.splice(-1);
            if (last) territories.grid.release(last);
          } else if (type === 'verify' && territories.grid.isOpen(row, col)) territories.grid.verify(rect);
          else if (type === 'share') territories.share([me, worker('other', 2)]);
          else if (type === 'ask') {
            const territory = territories.of(me, row > 2 ? BUSY : IDLE);
            if (territory) expect(territory.open).toBe(openIn(territories.grid, territory.rect));
            else expect(row > 2 || territories.grid.openCells === 0).toBe(true);
          }
        }
      }),
    );
  });
});
