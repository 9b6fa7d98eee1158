import { describe, expect, it } from 'vitest';
import { OperandReader } from '../../src/contributor/operands.ts';
import { sha256, toHex } from '../../src/core/bytes.ts';
import { AppError } from '../../src/core/errors.ts';
import { type Hash, encodeManifest } from '../../src/matrix/manifest.ts';
import { BlockMap, storedProduct } from './stored.ts';

/** A manifest that promises `shape` over any root. */
async function putManifest(
  store: BlockMap,
  shape: { dtype: 'i8' | 'i32' | 'f32'; rows: number; cols: number },
  root = new Uint8Array(32),
): Promise<Hash> {
  const bytes = encodeManifest({ ...shape, root });
  const hash = toHex(await sha256(bytes));
  await store.put(hash, bytes);
  return hash;
}

describe('reading the operands of a lease', () => {
  it('gives the sizes and the blocks of the rectangle, edges included', async () => {
    const { store, work } = await storedProduct('i8', 300, 520, 1500);
    const whole = await new OperandReader(store.fetch).shard(work);
    expect(whole).toMatchObject({ dtype: 'i8', rows: 300, cols: 520, k: 1500 });
    expect([whole.a.length, whole.b.length, whole.a[0]!.length]).toEqual([2, 3, 2]);
    const corner = await new OperandReader(store.fetch).shard({
      ...work,
      rowBlock: 1,
      rowBlocks: 1,
      colBlock: 2,
      colBlocks: 1,
    });
    expect(corner).toMatchObject({ rows: 44, cols: 8, k: 1500, a: [whole.a[1]], b: [whole.b[2]] });
    const middle = await new OperandReader(store.fetch).shard({
      ...work,
      rowBlocks: 1,
      colBlock: 1,
      colBlocks: 1,
    });
    expect(middle).toMatchObject({ rows: 256, cols: 256, b: [whole.b[1]] });
  });

  it('asks for each node once, also when two shards ask at the same time', async () => {
    const { store, work } = await storedProduct('i8', 300, 300, 40);
    const reader = new OperandReader(store.fetch);
    const [one, two] = await Promise.all([reader.shard(work), reader.shard(work)]);
    expect(two).toEqual(one);
    await reader.shard(work);
    expect(store.asked.length).toBe(new Set(store.asked).size);
  });

  it('fetches only the strips of its own rectangle', async () => {
    const { store, work } = await storedProduct('i8', 1024, 10, 40);
    await new OperandReader(store.fetch).shard({ ...work, rowBlock: 2, rowBlocks: 1 });
    // Two manifests, two roots, one strip of each side.
    expect(new Set(store.asked).size).toBe(6);
  });

  it('does not remember a fetch that failed', async () => {
    const { store, work } = await storedProduct('i8', 10, 10, 40);
    let down = true;
    const reader = new OperandReader((hash) =>
      down ? Promise.reject(new AppError('closed', 'the link is gone')) : store.fetch(hash),
    );
    await expect(reader.shard(work)).rejects.toMatchObject({ code: 'closed' });
    down = false;
    await expect(reader.shard(work)).resolves.toMatchObject({ rows: 10, cols: 10, k: 40 });
  });

  it.each([
    ['another number type', { dtype: 'f32', rows: 10, cols: 40 }],
    ['another K', { dtype: 'i8', rows: 10, cols: 41 }],
  ] as const)('refuses operands of %s', async (_, shape) => {
    const { store, work } = await storedProduct('i8', 10, 10, 40);
    const odd = await putManifest(store, shape);
    for (const pair of [{ a: odd }, { b: odd }]) {
      await expect(new OperandReader(store.fetch).shard({ ...work, ...pair })).rejects.toMatchObject({
        code: 'bad-frame',
        message: expect.stringContaining('do not fit each other') as string,
      });
    }
  });

  it('refuses results (i32) as operands', async () => {
    const { store, work } = await storedProduct('i8', 10, 10, 40);
    const c = await putManifest(store, { dtype: 'i32', rows: 10, cols: 40 });
    await expect(new OperandReader(store.fetch).shard({ ...work, a: c, b: c })).rejects.toMatchObject({
      code: 'bad-frame',
    });
  });

  it.each([
    ['rows', { rowBlock: 1 }],
    ['rows', { rowBlocks: 3 }],
    ['columns', { colBlock: 2, colBlocks: 1 }],
    ['columns', { colBlock: 1, colBlocks: 2 }],
  ])('refuses a rectangle beyond the %s there are: %o', async (_, beyond) => {
    const { store, work } = await storedProduct('i8', 300, 300, 40);
    await expect(new OperandReader(store.fetch).shard({ ...work, ...beyond })).rejects.toMatchObject({
      code: 'bad-frame',
      message: expect.stringContaining('beyond its operands') as string,
    });
  });

  it('refuses a manifest that is none, and a node that is too short or too long', async () => {
    const { store, work } = await storedProduct('i8', 10, 10, 40);
    for (const length of [31, 33, 64]) {
      const node = new Uint8Array(length);
      const hash = await sha256(node);
      await store.put(toHex(hash), node);
      const a = await putManifest(store, { dtype: 'i8', rows: 10, cols: 40 }, hash);
      await expect(new OperandReader(store.fetch).shard({ ...work, a })).rejects.toMatchObject({
        code: 'bad-frame',
      });
      await expect(new OperandReader(store.fetch).shard({ ...work, a: toHex(hash) })).rejects.toMatchObject({
        code: 'bad-frame',
      });
    }
  });

  it('refuses a K that no operand can have before it fetches its lists', async () => {
    const store = new BlockMap();
    const huge = await putManifest(store, { dtype: 'f32', rows: 10, cols: 0x7fffffff });
    const work = {
      kind: 'product',
      a: huge,
      b: huge,
      rowBlock: 0,
      colBlock: 0,
      rowBlocks: 1,
      colBlocks: 1,
    } as const;
    await expect(new OperandReader(store.fetch).shard(work)).rejects.toMatchObject({ code: 'too-large' });
    expect(store.asked).toEqual([huge]);
  });
});
