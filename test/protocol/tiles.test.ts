import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, utf8 } from '../../src/core/bytes.ts';
import { MAX_LOG_ENTRY_BYTES } from '../../src/protocol/limits.ts';
import {
  consistencyProof,
  inclusionProof,
  leafHash,
  rootAt,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from '../../src/protocol/merkle.ts';
import {
  type Tile,
  decodeEntries,
  decodeTile,
  encodeEntries,
  parseTilePath,
  tileAt,
  tileExists,
  tilePath,
  tileReader,
  tilesOf,
} from '../../src/protocol/tiles.ts';

const anyTile: fc.Arbitrary<Tile> = fc.record({
  level: fc.oneof(fc.constant('entries' as const), fc.integer({ min: 0, max: 6 })),
  index: fc.oneof(fc.nat(5000), fc.nat({ max: Number.MAX_SAFE_INTEGER })),
  width: fc.integer({ min: 1, max: 256 }),
});

describe('the path of a tile', () => {
  it.each<[string, Tile]>([
    ['tile/0/000', { level: 0, index: 0, width: 256 }],
    ['tile/0/x001/x234/067', { level: 0, index: 1_234_067, width: 256 }],
    ['tile/1/x001/000.p/1', { level: 1, index: 1000, width: 1 }],
    ['tile/entries/999.p/255', { level: 'entries', index: 999, width: 255 }],
  ])('%s is as c2sp.org/tlog-tiles has it', (path, tile) => {
    expect(tilePath(tile)).toBe(path);
    expect(parseTilePath(path)).toEqual(tile);
  });

  it('says the tile and nothing else', () => {
    fc.assert(
      fc.property(anyTile, (tile) => {
        expect(parseTilePath(tilePath(tile))).toEqual(tile);
      }),
    );
  });

  it.each([
    '',
    'tile/0/0',
    'tile/0/00',
    'tile/00/000',
    'tile/7/000',
    'tile/-1/000',
    'tile/0/000.p/0',
    'tile/0/000.p/01',
    'tile/0/000.p/256',
    'tile/0/000.p/999',
    'tile/0/000.p',
    'tile/0/x000/001',
    'tile/0/001/001',
    'tile/0/x001',
    'tile/0/x001/x001',
    'tile/0/x999/x999/x999/x999/x999/999',
    'tile/0/x001/x001/x001/x001/x001/x001/001',
    'tile/0/../../etc/passwd',
    'tile/entries/../000',
    'tile/data/000',
    '/tile/0/000',
    'tile/0/000/',
    'tile/0/000\n',
    'tile/0/٠٠٠',
  ])('is not %j', (path) => {
    expect(parseTilePath(path)).toBeUndefined();
  });

  it('comes of no other text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('tile/', 'entries', '/', '0', '1', '000', '/x', '.p/') }),
        (text) => {
          const tile = parseTilePath(text);
          if (tile) expect(tilePath(tile)).toBe(text);
        },
      ),
    );
  });
});

describe('the tiles of a tree', () => {
  it('of 70,000 leaves are those of the example in the specification', () => {
    const hashes = Array.from(tilesOf(70_000)).filter(({ level }) => level !== 'entries');
    const full = (at: number) => hashes.filter(({ level, width }) => level === at && width === 256).length;
    expect([full(0), full(1), full(2)]).toEqual([273, 1, 0]);
    expect(hashes.filter(({ width }) => width < 256)).toEqual([
      { level: 0, index: 273, width: 112 },
      { level: 1, index: 1, width: 17 },
      { level: 2, index: 0, width: 1 },
    ]);
  });

  it('of 256 leaves are one full tile, one hash above it, and one bundle', () => {
    expect(Array.from(tilesOf(256), tilePath)).toEqual(['tile/entries/000', 'tile/0/000', 'tile/1/000.p/1']);
    expect(Array.from(tilesOf(0))).toEqual([]);
  });

  it('exist at their width and at every smaller one', () => {
    fc.assert(
      fc.property(fc.nat(200_000), fc.nat(2), fc.nat(1000), (size, level, index) => {
        const tile = tileAt(level, index, size);
        const width = tile?.width ?? 0;
        for (const w of [1, 100, 255, 256]) {
          expect(tileExists({ level, index, width: w }, size)).toBe(w <= width);
        }
      }),
    );
  });
});

describe('a tree that is read from tiles', async () => {
  const entries = Array.from({ length: 520 }, (_, n) => utf8.encode(`entry ${n}`));
  const hashes = entries.map(leafHash);
  const above = [0, 1].map((n) => rootOf(hashes.slice(n * 256, (n + 1) * 256)));
  const fetched: string[] = [];
  const fetch = (path: string, { level, index, width }: Tile): Promise<Uint8Array> => {
    fetched.push(path);
    const all = level === 0 ? hashes : above;
    return Promise.resolve(concatBytes(all.slice(index * 256, index * 256 + width)));
  };

  it('has the same roots and proofs', async () => {
    for (const size of [1, 2, 255, 256, 257, 512, 520]) {
      const read = tileReader(size, fetch);
      const root = await rootAt(size, read);
      expect(root).toEqual(rootOf(hashes.slice(0, size)));
      for (const index of [0, Math.floor(size / 2), size - 1]) {
        const proof = await inclusionProof(index, size, read);
        expect(await verifyInclusion({ leaf: hashes[index]!, index, size, root, proof })).toBe(true);
      }
      for (const first of [1, Math.ceil(size / 3), size]) {
        const proof = await consistencyProof(first, size, read);
        const firstRoot = rootOf(hashes.slice(0, first));
        const claim = { first, second: size, firstRoot, secondRoot: root, proof };
        expect(await verifyConsistency(claim)).toBe(true);
      }
    }
  });

  it('fetches each tile once, and only tiles that the tree has', async () => {
    fetched.length = 0;
    const read = tileReader(520, fetch);
    for (const index of [0, 300, 519]) await inclusionProof(index, 520, read);
    await rootAt(520, read);
    expect(fetched.toSorted()).toEqual(['tile/0/000', 'tile/0/001', 'tile/0/002.p/8', 'tile/1/000.p/2']);
  });

  it('is refused when a tile has another length', async () => {
    const short = tileReader(520, (path, tile) => fetch(path, tile).then((bytes) => bytes.subarray(1)));
    await expect(rootAt(520, short)).rejects.toMatchObject({ code: 'bad-frame' });
  });
});

describe('a bundle of entries', () => {
  it('holds what was put in', () => {
    const entry = fc.uint8Array({ maxLength: 600 });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 20 }), (entries) => {
        expect(decodeEntries(encodeEntries(entries), entries.length)).toEqual(entries);
      }),
    );
  });

  it('says each length with the higher byte first', () => {
    expect(encodeEntries([new Uint8Array(258)]).subarray(0, 3)).toEqual(Uint8Array.of(1, 2, 0));
  });

  it('is refused when cut, padded, of another count, or with an entry that is too long', () => {
    const bundle = encodeEntries([utf8.encode('one'), utf8.encode('two')]);
    for (let length = 0; length < bundle.length; length++) {
      expect(() => decodeEntries(bundle.subarray(0, length), 2)).toThrow(/bundle/);
    }
    for (const width of [0, 1, 3]) expect(() => decodeEntries(bundle, width)).toThrow(/bundle/);
    expect(() => decodeEntries(concatBytes([bundle, Uint8Array.of(0)]), 2)).toThrow(/bundle/);
    expect(() => encodeEntries([new Uint8Array(MAX_LOG_ENTRY_BYTES + 1)])).toThrow(/at most/);
    const long = concatBytes([Uint8Array.of(0xff, 0xff), new Uint8Array(0xffff)]);
    expect(() => decodeEntries(long, 1)).toThrow(/at most/);
  });

  it('of any bytes is entries or an error with a code', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(5), (bytes, width) => {
        for (const decode of [decodeEntries, decodeTile]) {
          try {
            expect(decode(bytes, width)).toHaveLength(width);
          } catch (error) {
            expect(error).toMatchObject({ code: 'bad-frame' });
          }
        }
      }),
    );
  });
});
