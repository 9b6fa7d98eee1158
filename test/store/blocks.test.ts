import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256, toHex } from '../../src/core/bytes.ts';
import { seededRng } from '../../src/core/rng.ts';
import { BlockCache } from '../../src/store/block-cache.ts';
import { type BlockStore, openBlockStore } from '../../src/store/blocks.ts';
import { hexOf } from '../helpers/records.ts';

const rng = seededRng(7);
let folder: string;
let store: BlockStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tilework-blocks-'));
  store = await openBlockStore(folder);
});

afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

async function block(size = 256 * 1024): Promise<{ hash: string; bytes: Uint8Array }> {
  const bytes = rng.bytes(size);
  return { hash: toHex(await sha256(bytes)), bytes };
}

/** Without what the first store has in memory. */
async function reopen(): Promise<void> {
  await store.close();
  store = await openBlockStore(folder);
}

async function fileOf(): Promise<string> {
  const [name] = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.data'));
  return join(folder, name!);
}

describe('The block store', () => {
  it('keeps blocks of every size, over a restart', async () => {
    const blocks = await Promise.all([1, 48, 4096, 256 * 1024].map(block));
    for (const { hash, bytes } of blocks) await store.put(hash, bytes);
    await reopen();
    for (const { hash, bytes } of blocks) {
      expect(await store.has(hash)).toBe(true);
      expect(await store.get(hash)).toEqual(bytes);
    }
  });

  it('misses what it does not have, and what was deleted', async () => {
    const { hash, bytes } = await block();
    expect(await store.get(hash)).toBeUndefined();
    expect(await store.has(hash)).toBe(false);
    await store.delete(hash);
    await store.put(hash, bytes);
    await store.delete(hash);
    expect(await store.has(hash)).toBe(false);
    expect(await store.get(hash)).toBeUndefined();
    await store.put(hash, bytes);
    expect(await store.get(hash)).toEqual(bytes);
  });

  it('keeps its own copy of what it was given', async () => {
    const { hash, bytes } = await block(1000);
    await store.put(hash, bytes);
    const kept = bytes.slice();
    bytes.fill(0);
    expect(await store.get(hash)).toEqual(kept);
  });

  it.each([
    ['another byte', async (file: string) => writeFile(file, 'x', { flag: 'r+' })],
    ['its end cut off', async (file: string) => truncate(file, 100_000)],
    ['nothing in it', async (file: string) => truncate(file, 0)],
    ['more at its end', async (file: string) => writeFile(file, 'more', { flag: 'a' })],
  ])('misses a block whose file has %s, until it is put again', async (_, damage) => {
    const { hash, bytes } = await block();
    await store.put(hash, bytes);
    await damage(await fileOf());
    await reopen();
    expect(await store.get(hash)).toBeUndefined();
    expect(await store.has(hash)).toBe(false);
    await store.put(hash, bytes);
    await reopen();
    expect(await store.get(hash)).toEqual(bytes);
  });

  it('takes a burst of writers and readers of the same blocks', async () => {
    const blocks = await Promise.all(Array.from({ length: 20 }, () => block(20_000)));
    await Promise.all(
      Array.from({ length: 100 }, (_, n) => store.put(blocks[n % 20]!.hash, blocks[n % 20]!.bytes)),
    );
    await reopen();
    const read = await Promise.all(Array.from({ length: 100 }, (_, n) => store.get(blocks[n % 20]!.hash)));
    for (const [n, bytes] of read.entries()) expect(bytes).toEqual(blocks[n % 20]!.bytes);
    const files = await readdir(folder, { recursive: true });
    expect(files.filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('reads again what a reader transferred away', async () => {
    const { hash, bytes } = await block();
    await store.put(hash, bytes);
    const first = (await store.get(hash))!;
    structuredClone(first, { transfer: [first.buffer as ArrayBuffer] });
    expect(first).toHaveLength(0);
    expect(await store.get(hash)).toEqual(bytes);
  });

  it.each(['', '../../etc/passwd', 'AB'.repeat(32), '00'.repeat(31), '00'.repeat(33)])(
    'refuses "%s" as a hash',
    async (hash) => {
      await expect(store.get(hash)).rejects.toMatchObject({ code: 'bad-input' });
      await expect(store.has(hash)).rejects.toMatchObject({ code: 'bad-input' });
      await expect(store.delete(hash)).rejects.toMatchObject({ code: 'bad-input' });
      await expect(store.put(hash, new Uint8Array(1))).rejects.toMatchObject({ code: 'bad-input' });
      expect(await readdir(folder)).toEqual([]);
    },
  );

  it('reports a disk that fails instead of calling the block missing', async () => {
    const { hash, bytes } = await block();
    await store.put(hash, bytes);
    const file = await fileOf();
    await reopen();
    await rm(file);
    await rm(join(file, '..'), { recursive: true });
    await writeFile(join(file, '..'), 'a file where a folder should be');
    await expect(store.get(hash)).rejects.toMatchObject({ code: 'internal' });
    await expect(store.put(hash, bytes)).rejects.toThrow('EEXIST');
    await expect(store.put(hash, bytes)).rejects.toThrow('EEXIST');
  });
});

describe('The block cache', () => {
  it('drops what was used least recently, by bytes', () => {
    const cache = new BlockCache(100);
    for (const n of [1, 2, 3]) cache.set(hexOf(n, 64), new Uint8Array(30));
    expect(cache.get(hexOf(1, 64))).toHaveLength(30);
    cache.set(hexOf(4, 64), new Uint8Array(30));
    expect([1, 2, 3, 4].filter((n) => cache.get(hexOf(n, 64)))).toEqual([1, 3, 4]);
    cache.set(hexOf(5, 64), new Uint8Array(101));
    expect([1, 3, 4, 5].filter((n) => cache.get(hexOf(n, 64)))).toEqual([]);
    cache.set(hexOf(6, 64), new Uint8Array(100));
    expect(cache.get(hexOf(6, 64))).toHaveLength(100);
  });
});
