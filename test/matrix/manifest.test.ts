import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256, toHex, viewOf } from '../../src/core/bytes.ts';
import { AppError } from '../../src/core/errors.ts';
import {
  blockBytes,
  blockCols,
  colBlocks,
  colsIn,
  rowBlocks,
  rowBytes,
  rowsIn,
} from '../../src/matrix/blocks.ts';
import { putList } from '../../src/matrix/build.ts';
import { VALUE_BYTES } from '../../src/matrix/dtype.ts';
import {
  HASHES_PER_NODE,
  buildList,
  decodeManifest,
  encodeManifest,
  readList,
} from '../../src/matrix/manifest.ts';
import { failure, refusal, memoryStore } from './arrays.ts';

const shapes = fc.record({
  dtype: fc.constantFrom('i8', 'f16', 'f32', 'i32'),
  rows: fc.integer({ min: 1, max: 0x7fffffff }),
  cols: fc.integer({ min: 1, max: 0x7fffffff }),
});

describe('the geometry of blocks', () => {
  it('covers every value once, pads rows to 16 bytes and stays within 256 KiB', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const lastRow = rowBlocks(shape) - 1;
        const lastCol = colBlocks(shape) - 1;
        expect(lastRow * 256 + rowsIn(shape, lastRow)).toBe(shape.rows);
        expect(lastCol * blockCols(shape.dtype) + colsIn(shape, lastCol)).toBe(shape.cols);
        expect(rowsIn(shape, lastRow)).toBeGreaterThan(0);
        expect(colsIn(shape, lastCol)).toBeGreaterThan(0);
        const padding = rowBytes(shape, lastCol) - colsIn(shape, lastCol) * VALUE_BYTES[shape.dtype];
        expect(padding).toBeGreaterThanOrEqual(0);
        expect(padding).toBeLessThan(16);
        expect(blockBytes(shape, lastRow, lastCol)).toBeLessThanOrEqual(262_144);
      }),
    );
  });
});

describe('a manifest', () => {
  it('comes back from its 48 bytes', () => {
    fc.assert(
      fc.property(shapes, fc.uint8Array({ minLength: 32, maxLength: 32 }), (shape, root) => {
        const manifest = { ...shape, root: Uint8Array.from(root) };
        expect(decodeManifest(encodeManifest(manifest))).toEqual(manifest);
      }),
    );
  });

  it('is refused with any other length, magic, dtype, reserved byte or an empty shape', async () => {
    const good = encodeManifest({ dtype: 'f16', rows: 3, cols: 5, root: new Uint8Array(32) });
    const changed = (at: number, value: number): Uint8Array =>
      Uint8Array.from(good, (b, i) => (i === at ? value : b));
    for (const bytes of [
      good.subarray(1),
      new Uint8Array(49),
      new Uint8Array(0),
      changed(0, 0),
      changed(4, 9),
      changed(6, 1),
    ]) {
      expect(await failure(() => decodeManifest(bytes))).toMatchObject(
        refusal('bad-frame', /not a manifest/),
      );
    }
    expect(await failure(() => decodeManifest(changed(8, 0)))).toMatchObject(refusal('bad-frame', /shape/));
  });

  it('decodes random bytes to a manifest or an AppError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          decodeManifest(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
        }
      }),
    );
  });
});

describe('a list longer than one node', () => {
  const hashes = Array.from({ length: 2 * HASHES_PER_NODE + 5 }, (_, i) => {
    const hash = new Uint8Array(32);
    viewOf(hash).setUint32(0, i, true);
    return hash;
  });

  it('is a tree of which only the nodes asked for are fetched', async () => {
    const store = memoryStore();
    const root = await putList(hashes, store.put);
    expect(store.bytes.size).toBe(4);
    for (const [from, to, nodes] of [
      [0, 1, 2],
      [HASHES_PER_NODE - 1, HASHES_PER_NODE + 1, 3],
      [2 * HASHES_PER_NODE, hashes.length, 2],
      [0, hashes.length, 4],
    ] as const) {
      store.fetched.length = 0;
      const read = await readList(root, hashes.length, from, to, store.fetch);
      expect(read).toEqual(hashes.slice(from, to).map(toHex));
      expect(store.fetched.length).toBe(nodes);
    }
  });

  it('has its root last, over the hashes of its nodes', async () => {
    const nodes = await buildList(hashes);
    expect(nodes.map((node) => node.bytes.length)).toEqual([262_144, 262_144, 160, 96]);
    for (const node of nodes) expect(toHex(await sha256(node.bytes))).toBe(toHex(node.hash));
  });

  it('cannot be read at another length', async () => {
    const store = memoryStore();
    const root = await putList(hashes, store.put);
    const read = (length: number): Promise<unknown> =>
      readList(root, length, length - 1, length, store.fetch);
    for (const length of [1, hashes.length - 1, hashes.length + 1]) {
      expect(await failure(async () => read(length))).toMatchObject(refusal('bad-frame', /wrong length/));
    }
  });
});
