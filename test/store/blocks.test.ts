import { mkdtemp, readdir, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BlockCache } from '../../src/store/block-cache.ts';
import { openBlockStore } from '../../src/store/blocks.ts';
import { block, describeBlocks, listed } from '../contract/blocks-cases.ts';
import { hexOf } from '../helpers/records.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tilework-blocks-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function files(): Promise<string[]> {
  const all = await readdir(folder, { recursive: true });
  // Temporary files count: there must be none when nobody writes.
  return all.filter((name) => /\.(data|tmp)$/.test(name)).map((name) => join(folder, name));
}

describe('The block store in a folder', () => {
  describeBlocks(
    () => ({ location: folder, files }),
    [
      ['another byte', (file) => writeFile(file, 'x', { flag: 'r+' })],
      ['lost its end', (file) => truncate(file, 10_000)],
      ['nothing in it', (file) => truncate(file, 0)],
      ['more at its end', (file) => writeFile(file, 'more', { flag: 'a' })],
    ],
  );

  it('makes the folder, and the folders above it', async () => {
    const store = await openBlockStore(join(folder, 'a', 'b'));
    const { hash, bytes } = await block(10);
    await store.put(hash, bytes);
    expect(await store.get(hash)).toEqual(bytes);
    await store.close();
  });

  it('keeps the names that it has always had', async () => {
    const store = await openBlockStore(folder);
    await store.put('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', Buffer.from('abc'));
    const name = 'BCIQLU6AWX6HQDT7KIFAUBXS5VYRCHMADMGRZMF32TS2BB73B6IABLLI';
    expect(await files()).toEqual([join(folder, 'LI', `${name}.data`)]);
    await store.close();
  });

  it('reports a disk that fails instead of calling the block missing', async () => {
    const { hash, bytes } = await block();
    const first = await openBlockStore(folder);
    await first.put(hash, bytes);
    await first.close();
    const inside = join((await files())[0]!, '..');
    await rm(inside, { recursive: true });
    await writeFile(inside, 'a file where a folder should be');
    const store = await openBlockStore(folder);
    await expect(store.get(hash)).rejects.toMatchObject({ code: 'internal' });
    await expect(store.put(hash, bytes)).rejects.toThrow('EEXIST');
    await expect(store.put(hash, bytes)).rejects.toThrow('EEXIST');
    await store.close();
  });

  it('removes what a crash left half written when somebody lists, and nothing that is being written', async () => {
    const store = await openBlockStore(folder);
    const { hash, bytes } = await block(10);
    await store.put(hash, bytes);
    const inside = join((await files())[0]!, '..');
    const [old, fresh, strange] = ['.old.tmp', '.fresh.tmp', 'strange.data'].map((name) =>
      join(inside, name),
    );
    for (const path of [old!, fresh!, strange!]) await writeFile(path, 'half');
    await utimes(old!, new Date(0), new Date(0));
    await writeFile(join(folder, 'a file'), 'not a folder of blocks');
    expect(await listed(store)).toMatchObject([{ hash, bytes: 10 }]);
    const left = await readdir(inside);
    expect(left.filter((name) => !name.startsWith('BCIQ')).toSorted()).toEqual([
      '.fresh.tmp',
      'strange.data',
    ]);
    await store.close();
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
