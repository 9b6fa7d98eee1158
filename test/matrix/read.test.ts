import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, sha256, toHex, type Bytes } from '../../src/core/bytes.ts';
import { AppError } from '../../src/core/errors.ts';
import { type Shape, blockBytes, colBlocks, rowBlocks, rowBytes, rowsIn } from '../../src/matrix/blocks.ts';
import { putMatrix } from '../../src/matrix/build.ts';
import { VALUE_BYTES } from '../../src/matrix/dtype.ts';
import type { Manifest } from '../../src/matrix/manifest.ts';
import { loadOperand, streamRows, valuesOf } from '../../src/matrix/read.ts';
import { type MemoryStore, failure, refusal, memoryStore } from './arrays.ts';

/** Stores the int32 matrix whose value at [i, j] is i·cols + j, block by block as a contributor does. */
async function storeCounting(shape: Shape, store: MemoryStore): Promise<Manifest> {
  const strips: Bytes[][] = [];
  for (let r = 0; r < rowBlocks(shape); r++) {
    const strip: Bytes[] = [];
    for (let c = 0; c < colBlocks(shape); c++) {
      const block = new Int32Array(blockBytes(shape, r, c) / 4);
      const stride = rowBytes(shape, c) / 4;
      for (let row = 0; row < rowsIn(shape, r); row++) {
        for (let col = 0; col < 256 && c * 256 + col < shape.cols; col++) {
          block[row * stride + col] = (r * 256 + row) * shape.cols + c * 256 + col;
        }
      }
      const bytes = new Uint8Array(block.buffer);
      const hash = await sha256(bytes);
      await store.put(toHex(hash), bytes);
      strip.push(hash);
    }
    strips.push(strip);
  }
  return (await putMatrix(shape, strips, store.put)).manifest;
}

const counting = (from: number, to: number): Int32Array =>
  Int32Array.from({ length: to - from }, (_, i) => from + i);

describe('streaming a stored matrix', () => {
  it('gives back every row in order, without padding, at any shape', async () => {
    const size = fc.integer({ min: 1, max: 600 });
    await fc.assert(
      fc.asyncProperty(size, size, fc.nat({ max: 40_000 }), async (rows, cols, memoryBytes) => {
        const store = memoryStore();
        const manifest = await storeCounting({ dtype: 'i32', rows, cols }, store);
        const pieces: Bytes[] = [];
        for await (const piece of streamRows(manifest, store.fetch, { memoryBytes })) {
          expect(piece.length).toBeLessThanOrEqual(Math.max(memoryBytes, cols * 4));
          expect(piece.length % (cols * 4)).toBe(0);
          pieces.push(piece);
        }
        expect(valuesOf('i32', concatBytes(pieces))).toEqual(counting(0, rows * cols));
      }),
      { numRuns: 12 },
    );
  });

  it('gives only the rows asked for, and fetches only their strips', async () => {
    const store = memoryStore();
    const manifest = await storeCounting({ dtype: 'i32', rows: 700, cols: 300 }, store);
    for (const [from, to] of [
      [0, 1],
      [255, 257],
      [300, 500],
      [699, 700],
      [10, 10],
    ] as const) {
      store.fetched.length = 0;
      const pieces: Bytes[] = [];
      for await (const piece of streamRows(manifest, store.fetch, { from, to })) pieces.push(piece);
      expect(valuesOf('i32', concatBytes(pieces))).toEqual(counting(from * 300, to * 300));
      const strips = to > from ? Math.floor((to - 1) / 256) - Math.floor(from / 256) + 1 : 0;
      expect(store.fetched.length).toBeLessThanOrEqual(strips * 4);
    }
  });

  it('gives only the columns asked for, and fetches only their blocks', async () => {
    const store = memoryStore();
    const manifest = await storeCounting({ dtype: 'i32', rows: 300, cols: 900 }, store);
    for (const [fromCol, toCol] of [
      [0, 1],
      [255, 257],
      [256, 512],
      [890, 900],
      [0, 900],
    ] as const) {
      store.fetched.length = 0;
      const pieces: Bytes[] = [];
      for await (const piece of streamRows(manifest, store.fetch, { from: 250, to: 260, fromCol, toCol }))
        pieces.push(piece);
      const expected = Array.from({ length: 10 }, (_, row) =>
        Array.from(counting((250 + row) * 900 + fromCol, (250 + row) * 900 + toCol)),
      );
      expect(Array.from(valuesOf('i32', concatBytes(pieces)))).toEqual(expected.flat());
      const blocks = Math.floor((toCol - 1) / 256) - Math.floor(fromCol / 256) + 1;
      // Of two strips; and for each the list of its strips and its own.
      expect(store.fetched).toHaveLength(2 * (blocks + 2));
    }
  });

  it('fetches each block once when a strip fits the memory', async () => {
    const store = memoryStore();
    const manifest = await storeCounting({ dtype: 'i32', rows: 512, cols: 700 }, store);
    await loadOperand(manifest, store.fetch);
    expect(store.fetched.length).toBe(2 * 3 + 2 + 2);
    expect(VALUE_BYTES[manifest.dtype]).toBe(4);
  });

  it('stops at an abort, and hands on what the fetch throws', async () => {
    const store = memoryStore();
    const manifest = await storeCounting({ dtype: 'i32', rows: 600, cols: 3 }, store);
    const stop = new AbortController();
    const rows = streamRows(manifest, store.fetch, { signal: stop.signal });
    expect((await rows.next()).value).toHaveLength(256 * 12);
    stop.abort();
    expect(await failure(() => rows.next())).toMatchObject(refusal('aborted', /aborted/));
    const lost = (): Promise<never> => Promise.reject(new AppError('closed', 'the store went away'));
    expect(await failure(() => loadOperand(manifest, lost))).toMatchObject(refusal('closed', /went away/));
  });

  it('refuses a block or a list that is not as long as the shape demands', async () => {
    const store = memoryStore();
    const manifest = await storeCounting({ dtype: 'i32', rows: 4, cols: 4 }, store);
    const cut = async (hash: string): Promise<Uint8Array> => {
      const bytes = await store.fetch(hash);
      return bytes.length === 64 ? bytes.subarray(0, 48) : bytes;
    };
    expect(await failure(() => loadOperand(manifest, cut))).toMatchObject(
      refusal('bad-frame', /block has the wrong length/),
    );
    const wider = { ...manifest, cols: 300 };
    expect(await failure(() => loadOperand(wider, store.fetch))).toMatchObject(
      refusal('bad-frame', /node has the wrong length/),
    );
  });
});

describe('putMatrix', () => {
  it('refuses strips or blocks that the shape does not have', async () => {
    const shape = { dtype: 'i32', rows: 300, cols: 300 } as const;
    const hash = new Uint8Array(32);
    const { put } = memoryStore();
    expect(await failure(() => putMatrix(shape, [[hash, hash]], put))).toMatchObject(
      refusal('bad-input', /every strip/),
    );
    expect(await failure(() => putMatrix(shape, [[hash], [hash]], put))).toMatchObject(
      refusal('bad-input', /every block/),
    );
  });
});
