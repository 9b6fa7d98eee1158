/** The small parts that an audit of any length keeps in memory, against the plain way to do the same. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CellRect, CellSet } from '../../src/audit/cell-set.ts';
import { IdSet } from '../../src/audit/id-set.ts';
import { Reservoir } from '../../src/audit/sample.ts';
import { TileTree } from '../../src/audit/tile-tree.ts';
import { type Bytes, concatBytes, sha256, toHex, viewOf } from '../../src/core/bytes.ts';
import { seededRng } from '../../src/core/rng.ts';
import { rootOf } from '../../src/protocol/merkle.ts';
import { tilePath, tilesOf } from '../../src/protocol/tiles.ts';

describe('a set of ids', () => {
  it('is a set, whoever chose the ids', () => {
    const id = fc.uint8Array({ minLength: 16, maxLength: 16 });
    // Few different bytes: many ids that are alike.
    const alike = fc
      .array(fc.constantFrom(0, 1, 255), { minLength: 16, maxLength: 16 })
      .map((values) => Uint8Array.from(values));
    fc.assert(
      fc.property(fc.array(fc.oneof(id, alike), { maxLength: 300 }), (ids) => {
        const [set, plain] = [new IdSet(), new Set<string>()];
        for (const each of ids) {
          const fresh = !plain.has(toHex(each));
          plain.add(toHex(each));
          expect(set.add(each)).toBe(fresh);
        }
        expect(set.size).toBe(plain.size);
      }),
    );
  });

  it('still knows all of many', () => {
    const rng = seededRng(1);
    const ids = Array.from({ length: 20_000 }, () => rng.bytes(16));
    const set = new IdSet();
    expect(ids.every((id) => set.add(id))).toBe(true);
    expect(ids.some((id) => set.add(id))).toBe(false);
    expect(set.size).toBe(20_000);
  });
});

describe('a set of cells', () => {
  it('names the first cell of a rectangle that was there before', () => {
    const edge = fc.nat({ max: 70 });
    const side = fc.integer({ min: 1, max: 40 });
    const rect = fc.record({ rowBlock: edge, colBlock: edge, rowBlocks: side, colBlocks: side });
    fc.assert(
      fc.property(fc.array(rect, { maxLength: 6 }), (rects) => {
        const [set, plain] = [new CellSet(), new Set<string>()];
        for (const each of rects) {
          const cells = cellsOf(each);
          const first = cells.find(([row, col]) => plain.has(`${row} ${col}`));
          expect(set.add(each)).toEqual(first && { row: first[0], col: first[1] });
          if (first) return;
          for (const [row, col] of cells) plain.add(`${row} ${col}`);
        }
      }),
    );
  });

  it('tells cells apart at the end of the largest C', () => {
    const set = new CellSet();
    const last = 2 ** 23 - 1;
    const one = { rowBlocks: 1, colBlocks: 1 };
    expect(set.add({ rowBlock: last, colBlock: last, ...one })).toBeUndefined();
    expect(set.add({ rowBlock: last, colBlock: 0, ...one })).toBeUndefined();
    expect(set.add({ rowBlock: 0, colBlock: last, ...one })).toBeUndefined();
    expect(set.add({ rowBlock: last, colBlock: last, ...one })).toEqual({ row: last, col: last });
  });
});

function cellsOf({ rowBlock, colBlock, rowBlocks, colBlocks }: CellRect): [number, number][] {
  return Array.from({ length: rowBlocks * colBlocks }, (_, i) => [
    rowBlock + Math.floor(i / colBlocks),
    colBlock + (i % colBlocks),
  ]);
}

describe('a sample', () => {
  it('is uniform over a stream of unknown length', () => {
    const hits = Array.from({ length: 40 }, () => 0);
    for (let seed = 0; seed < 2000; seed++) {
      const sample = new Reservoir<number>(10, seededRng(seed));
      for (let item = 0; item < 40; item++) sample.offer(item);
      for (const item of sample.items()) hits[item] = hits[item]! + 1;
    }
    // Each is in a quarter of them: 500, σ = 19.4.
    for (const count of hits) expect(Math.abs(count - 500)).toBeLessThan(4.5 * 19.4);
  });

  it('is the same for the same seed, and everything where there is no more', () => {
    const draw = (seed: number): readonly number[] => {
      const sample = new Reservoir<number>(3, seededRng(seed));
      for (let item = 0; item < 100; item++) sample.offer(item);
      return sample.items();
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    const all = new Reservoir<number>(3, seededRng(1));
    all.offer(5);
    expect([all.items(), all.seen]).toEqual([[5], 1]);
    const none = new Reservoir<number>(0, seededRng(1));
    none.offer(5);
    expect([none.items(), none.seen]).toEqual([[], 1]);
  });
});

describe('a tree that grows leaf by leaf', () => {
  const leafAt = (at: number): Bytes => {
    const leaf = new Uint8Array(32);
    viewOf(leaf).setUint32(0, at);
    return leaf;
  };

  it('has the root of RFC 6962 at every size', async () => {
    const tree = new TileTree(() => Promise.resolve());
    const leaves: Bytes[] = [];
    expect(toHex(await tree.root())).toBe(toHex(await sha256(new Uint8Array(0))));
    for (let size = 1; size <= 1100; size++) {
      leaves.push(leafAt(size));
      await tree.append(leaves.at(-1)!);
      const looked = size < 10 || (size > 254 && size < 259) || (size > 510 && size < 515) || size > 1097;
      if (looked) expect(toHex(await tree.root())).toBe(toHex(rootOf(leaves)));
    }
  });

  it('hands out every tile of the log once, with the right hashes', async () => {
    const size = 256 * 256 + 256 + 3;
    const tiles = new Map<string, Bytes>();
    const tree = new TileTree((tile, hashes) => {
      expect(tiles.has(tilePath(tile))).toBe(false);
      tiles.set(tilePath(tile), hashes);
      return Promise.resolve();
    });
    for (let at = 0; at < size; at++) await tree.append(leafAt(at));
    await tree.finish();
    const expected = [...tilesOf(size)].filter(({ level }) => level !== 'entries').map(tilePath);
    expect([...tiles.keys()].toSorted()).toEqual(expected.toSorted());
    expect(tiles.get('tile/0/x000/257.p/3')).toBeUndefined();
    expect(tiles.get('tile/0/257.p/3')).toEqual(concatBytes([0, 1, 2].map((i) => leafAt(65_792 + i))));
    const leavesOf = (tile: number): Bytes[] => Array.from({ length: 256 }, (_, i) => leafAt(tile * 256 + i));
    expect(tiles.get('tile/1/001.p/1')).toEqual(rootOf(leavesOf(256)));
    expect(tiles.get('tile/2/000.p/1')).toEqual(
      rootOf(Array.from({ length: 256 }, (_, i) => tiles.get('tile/1/000')!.slice(i * 32, i * 32 + 32))),
    );
  });
});
