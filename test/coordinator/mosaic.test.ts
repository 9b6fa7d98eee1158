import { describe, expect, it } from 'vitest';
import { fromRuns } from '../../src/core/runs.ts';
import { Mosaic } from '../../src/coordinator/mosaic.ts';

describe('a mosaic', () => {
  it('shows who has which cell, whoever has most first', () => {
    const mosaic = new Mosaic(3, 4);
    mosaic.verify({ row: 0, col: 0, rows: 1, cols: 2 }, 'ada');
    mosaic.verify({ row: 1, col: 1, rows: 2, cols: 3 }, 'bob');
    expect(mosaic.picture()).toEqual({
      rows: 3,
      cols: 4,
      tileRows: 1,
      tileCols: 1,
      cells: [2, 2, 3, 0, 3, 1, 1, 0, 3, 1],
      verified: null,
      contributors: ['bob', 'ada'],
    });
  });

  it('leaves a cell to whoever had it first, and what lies outside alone', () => {
    const mosaic = new Mosaic(2, 2);
    const cell = { row: 1, col: 1, rows: 1, cols: 1 };
    mosaic.verify(cell, 'ada');
    mosaic.verify(cell, 'bob');
    mosaic.verify({ ...cell, rows: 5, cols: 5 }, 'bob');
    expect(mosaic.picture().cells).toEqual([3, 0, 1, 1]);
    expect(mosaic.picture().contributors).toEqual(['ada', 'bob']);
  });

  it('of a large grid is reduced to tiles: how much of each is verified, and who has most of it', () => {
    const mosaic = new Mosaic(401, 201);
    mosaic.verify({ row: 0, col: 0, rows: 1, cols: 2 }, 'ada'); // 2 of tile 0, which is 3 × 2
    mosaic.verify({ row: 1, col: 0, rows: 2, cols: 2 }, 'bob'); // 4 of it
    mosaic.verify({ row: 400, col: 200, rows: 1, cols: 1 }, 'ada'); // the last tile, of one column
    const { tileRows, tileCols, cells, verified, contributors } = mosaic.picture();
    expect([tileRows, tileCols]).toEqual([3, 2]);
    const tiles = 134 * 101;
    const owners = fromRuns(cells, tiles, 2);
    const counts = fromRuns(verified!, tiles, 6);
    expect(contributors).toEqual(['bob', 'ada']);
    expect([owners[0], counts[0]]).toEqual([1, 6]);
    expect([owners[tiles - 1], counts[tiles - 1]]).toEqual([2, 1]);
    expect(owners.filter((number) => number > 0)).toHaveLength(2);
  });

  it('lists 500 contributors, and shows that others are there', () => {
    const mosaic = new Mosaic(200, 200);
    for (let n = 0; n < 600; n++)
      mosaic.verify(
        { row: Math.floor(n / 100), col: (n % 100) * 2, rows: 1, cols: n < 500 ? 2 : 1 },
        `c${n}`,
      );
    const { cells, contributors } = mosaic.picture();
    expect(contributors).toHaveLength(500);
    const shown = fromRuns(cells, 40_000, 501);
    expect(shown.filter((number) => number === 501)).toHaveLength(100);
    expect(shown.filter((number) => number > 0)).toHaveLength(1100);
  });

  it('of the largest job is drawn in a moment', () => {
    const mosaic = new Mosaic(1024, 1024);
    for (let n = 0; n < 16_384; n++)
      mosaic.verify({ row: Math.floor(n / 128) * 8, col: (n % 128) * 8, rows: 8, cols: 8 }, `c${n % 999}`);
    const before = performance.now();
    const picture = mosaic.picture();
    const ms = performance.now() - before;
    console.log(`1024 × 1024: ${ms.toFixed(1)} ms, ${JSON.stringify(picture).length} bytes of JSON`);
    expect(picture.tileRows).toBe(6);
    expect(ms).toBeLessThan(1000);
  });
});
