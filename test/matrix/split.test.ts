import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/core/bytes.ts';
import { seededRng } from '../../src/core/rng.ts';
import { combineProduct } from '../../src/matrix/combine.ts';
import { orSeeded } from '../../src/matrix/draw.ts';
import { ingest } from '../../src/matrix/ingest.ts';
import { DIAGONALS, type Diagonal, diagonalK, limbLayout } from '../../src/matrix/limbs.ts';
import { type Manifest, decodeManifest } from '../../src/matrix/manifest.ts';
import { loadOperand, stripHashes } from '../../src/matrix/read.ts';
import { multiplyReference } from '../../src/matrix/reference.ts';
import { bytesSource } from '../../src/matrix/source.ts';
import { type LimbOperand, splitOperand } from '../../src/matrix/split.ts';
import { putMatrix } from '../../src/matrix/build.ts';
import { type MemoryStore, failure, memoryStore } from './arrays.ts';
import { multiplyLimbs } from './limb-reference.ts';

function values(rows: number, k: number, seed: number): Float32Array<ArrayBuffer> {
  const rng = seededRng(seed);
  return Float32Array.from(
    { length: rows * k },
    () => (rng.float() - 0.5) * 2 ** Math.floor(rng.float() * 40),
  );
}

async function stored(
  dtype: 'f32' | 'i8',
  data: Float32Array<ArrayBuffer> | Int8Array<ArrayBuffer>,
  shape: readonly [number, number],
  store: MemoryStore,
): Promise<Manifest> {
  const layout = { dtype, littleEndian: true, order: 'C', dataOffset: 0, shape } as const;
  const source = bytesSource(new Uint8Array(data.buffer));
  return (await ingest(source, { layout, side: 'rows' }, store.put)).manifest;
}

/** What contributors would return for one diagonal. */
async function multiplied(left: Manifest, right: Manifest, store: MemoryStore): Promise<Manifest> {
  const a = (await loadOperand(left, store.fetch)) as Int8Array;
  const b = (await loadOperand(right, store.fetch)) as Int8Array;
  const { rows, cols: k } = left;
  const c = multiplyReference('i8', a, b, rows, right.rows, k);
  // Through blocks: 256 × 256, rows padded to 16 bytes.
  const hashes: Uint8Array<ArrayBuffer>[][] = [];
  for (let r = 0; r * 256 < rows; r++) {
    hashes.push([]);
    for (let j = 0; j * 256 < right.rows; j++) {
      const [height, width] = [Math.min(256, rows - r * 256), Math.min(256, right.rows - j * 256)];
      const stride = Math.ceil(width / 4) * 4;
      const block = new Int32Array(height * stride);
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) block[y * stride + x] = c[(r * 256 + y) * right.rows + j * 256 + x]!;
      const bytes = new Uint8Array(block.buffer);
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
      await store.put(toHex(hash), bytes);
      hashes[r]!.push(hash);
    }
  }
  return (await putMatrix({ dtype: 'i32', rows, cols: right.rows }, hashes, store.put)).manifest;
}

async function manifestOf(
  split: readonly LimbOperand[],
  side: 'left' | 'right',
  diagonal: Diagonal,
  store: MemoryStore,
): Promise<Manifest> {
  const found = split.find((one) => one.side === side && one.diagonal === diagonal)!;
  return decodeManifest(await store.fetch(found.id));
}

describe('an operand split into limbs', () => {
  it.each([
    [300, 70, 45],
    [5, 260, 1100],
    [257, 9, 1500],
  ])('gives the product of %d × %d over %d that the limbs give in memory', async (rows, cols, k) => {
    const store = memoryStore();
    const [x, y] = [values(rows, k, 1), values(cols, k, 2)];
    const a = await stored('f32', x, [rows, k], store);
    const b = await stored('f32', y, [cols, k], store);
    const [left, right] = [
      await splitOperand(a, store.fetch, store.put),
      await splitOperand(b, store.fetch, store.put),
    ];
    const results = {} as Record<Diagonal, Manifest>;
    for (const d of DIAGONALS) {
      const l = await manifestOf(left, 'left', d, store);
      const r = await manifestOf(right, 'right', d, store);
      expect(l).toMatchObject({ dtype: 'i8', rows, cols: diagonalK(limbLayout(k), d) });
      results[d] = await multiplied(l, r, store);
    }
    const c = await combineProduct({ a, b, results }, store.fetch, store.put);
    const made = await loadOperand(decodeManifest(await store.fetch(c)), store.fetch);
    expect(made).toEqual(multiplyLimbs(x, y, k));
    // Again: the same bytes, whatever was there.
    expect(await combineProduct({ a, b, results }, store.fetch, store.put)).toBe(c);
    expect(await splitOperand(a, store.fetch, store.put)).toEqual(left);
  });

  it('takes four bytes a value over all diagonals and both sides, as f32 does', async () => {
    const store = memoryStore();
    const a = await stored('f32', values(256, 2048, 3), [256, 2048], store);
    const split = await splitOperand(a, store.fetch, store.put);
    const blocks = new Set<string>();
    for (const { side, diagonal } of split)
      for (const hash of await stripHashes(await manifestOf(split, side, diagonal, store), 0, store.fetch))
        blocks.add(hash);
    let bytes = 0;
    for (const hash of blocks) bytes += store.bytes.get(hash)!.length;
    expect(bytes).toBe(4 * 256 * 2048);
  });

  it('may be seeded: its limbs are those of the values that the seed gives', async () => {
    const store = memoryStore();
    const fetch = orSeeded(store.fetch);
    const shape = { dtype: 'f32', rows: 20, cols: 300 } as const;
    const seeded: Manifest = { ...shape, distribution: 'normal', seed: 5n };
    const drawn = await loadOperand({ ...seeded, dtype: 'f32' }, fetch);
    const copy = await stored('f32', drawn, [20, 300], store);
    const split = await splitOperand(seeded, fetch, store.put);
    expect(split).toEqual(await splitOperand(copy, fetch, store.put));
  });

  it('is refused for other types, and stops when it is told to', async () => {
    const store = memoryStore();
    const i8 = await stored('i8', Int8Array.of(1, 2), [1, 2], store);
    expect((await failure(() => splitOperand(i8, store.fetch, store.put))).code).toBe('bad-input');
    const f32 = await stored('f32', values(2, 3, 1), [2, 3], store);
    const signal = AbortSignal.abort();
    expect((await failure(() => splitOperand(f32, store.fetch, store.put, { signal }))).code).toBe('aborted');
    const results = { 2: i8, 3: i8, 4: i8, 5: i8 };
    const wrong = await failure(() => combineProduct({ a: f32, b: f32, results }, store.fetch, store.put));
    expect(wrong.code).toBe('shape-mismatch');
  });
});
