import { describe, expect, it } from 'vitest';
import type { MosaicView, VerifiedEvent } from '../../src/core/v1-figures.ts';
import { Mosaic } from '../../src/coordinator/mosaic.ts';
import { seededRng } from '../../src/core/rng.ts';
import { UNLISTED, cellsOf, fold, isAfter, mosaicFrom } from '../../src/page/mosaic-state.ts';

const view = (fields: Partial<MosaicView> = {}): MosaicView => ({
  job: 'j',
  project: 'p',
  state: 'running',
  rows: 2,
  cols: 3,
  tileRows: 1,
  tileCols: 1,
  cells: [2, 1, 3, 0, 1, 2],
  verified: null,
  contributors: ['ann'],
  version: 'e-7',
  ...fields,
});

const event = (fields: Partial<VerifiedEvent> = {}): VerifiedEvent => ({
  job: 'j',
  row: 0,
  col: 0,
  rows: 1,
  cols: 1,
  contributor: 'bob',
  shard: 's',
  multiplyAdds: 1,
  verifiedMs: 1,
  ...fields,
});

describe('a mosaic that was fetched', () => {
  it('is a tile for each cell, with who is not listed told apart', () => {
    const state = mosaicFrom(view());
    expect(Array.from(state.owners)).toEqual([1, 1, 0, 0, 0, UNLISTED]);
    expect(Array.from(state.verified)).toEqual([1, 1, 0, 0, 0, 1]);
    expect([state.down, state.across, state.cellsVerified]).toEqual([2, 3, 3]);
  });

  it.each<[string, Partial<MosaicView>]>([
    ['too few tiles', { cells: [5, 0] }],
    ['an owner that nobody is', { cells: [6, 3] }],
    ['tiles without counts', { tileRows: 2, cells: [3, 0] }],
    ['more verified than a tile holds', { tileRows: 2, cells: [3, 1], verified: [3, 3] }],
  ])('is refused with %s', (_what, fields) => {
    expect(() => mosaicFrom(view(fields))).toThrow(/runs|tile/);
  });
});

describe('a mosaic that goes on', () => {
  it('lights what is new, once, and leaves the state before it as it was', () => {
    const before = mosaicFrom(view());
    const { state, lit } = fold(before, [
      { id: 'e-7', event: event({ row: 1 }) }, // known
      { id: 'e-8', event: event({ col: 1, cols: 2 }) }, // one of them was verified
      { id: 'e-9', event: event({ job: 'another', row: 1 }) },
      { id: 'e-10', event: event({ row: 1, cols: 9, contributor: 'ann' }) },
      { id: 'other-99', event: event({ row: 1 }) },
    ]);
    expect(lit).toEqual([2, 3, 4]);
    expect(Array.from(state.owners)).toEqual([1, 1, 2, 1, 1, UNLISTED]);
    expect([state.contributors, state.version, state.cellsVerified]).toEqual([['ann', 'bob'], 'e-10', 6]);
    expect([before.cellsVerified, before.contributors, Array.from(before.owners)]).toEqual([
      3,
      ['ann'],
      [1, 1, 0, 0, 0, UNLISTED],
    ]);
    const again = fold(state, [{ id: 'e-10', event: event() }]);
    expect([again.state, again.lit]).toEqual([state, []]);
  });

  it('counts the cells of tiles, fewer at the edges, and never more than there are', () => {
    const reduced = { rows: 5, cols: 5, tileRows: 2, tileCols: 3, cells: [6, 0], verified: [6, 0] };
    const start = mosaicFrom(view(reduced));
    expect([0, 1, 4, 5].map((tile) => cellsOf(start, tile))).toEqual([6, 4, 3, 2]);
    const wide = event({ row: 1, col: 2, rows: 4, cols: 3 });
    const { state, lit } = fold(start, [
      { id: 'e-8', event: wide },
      { id: 'e-9', event: wide },
    ]);
    expect(lit.toSorted((x, y) => x - y)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(Array.from(state.verified)).toEqual([2, 4, 4, 4, 2, 2]);
  });

  it('comes to what the coordinator draws, whatever the grid and the order', () => {
    const rng = seededRng(5);
    for (const [rows, cols] of [
      [7, 9],
      [201, 3],
      [450, 610],
    ] as const) {
      const mosaic = new Mosaic(rows, cols);
      const draw = (): MosaicView => view({ ...mosaic.picture(), version: 'e-0' });
      let state = mosaicFrom(draw());
      let number = 0;
      const taken = new Set<number>();
      for (let n = 0; n < 200; n++) {
        const [row, col] = [Math.floor(rng.float() * rows), Math.floor(rng.float() * cols)];
        if (taken.has(row * cols + col)) continue;
        taken.add(row * cols + col);
        const contributor = `c${n % 7}`;
        mosaic.verify({ row, col, rows: 1, cols: 1 }, contributor);
        ({ state } = fold(state, [{ id: `e-${++number}`, event: event({ row, col, contributor }) }]));
      }
      const drawn = mosaicFrom(draw());
      expect(state.verified).toEqual(drawn.verified);
      expect(state.cellsVerified).toBe(taken.size);
      if (rows > 200) continue;
      const names = ({ owners, contributors }: typeof state): (string | undefined)[] =>
        Array.from(owners, (owner) => contributors[owner - 1]);
      expect(names(state)).toEqual(names(drawn));
    }
  });
});

it('ids are compared by their numbers, and only with those of the same run', () => {
  expect([isAfter('e-10', 'e-9'), isAfter('e-9', 'e-10'), isAfter('e-9', 'e-9')]).toEqual([
    true,
    false,
    false,
  ]);
  for (const id of ['f-10', '', 'e', 'e-', 'e-x']) expect(isAfter(id, 'e-9')).toBe(false);
});
