/** What every block store promises, wherever it keeps its blocks. */
import { utimes } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { sha256, toHex } from '../../src/core/bytes.ts';
import { seededRng } from '../../src/core/rng.ts';
import type { StoredBlock } from '../../src/store/block-medium.ts';
import { type BlockStore, openBlockStore } from '../../src/store/blocks.ts';

export interface StoredBlocks {
  /** For openBlockStore. */
  readonly location: string;
  /** The files in which they lie in the end. */
  files(): Promise<string[]>;
}

const rng = seededRng(7);

export async function block(size = 20_000): Promise<{ hash: string; bytes: Uint8Array }> {
  const bytes = rng.bytes(size);
  return { hash: toHex(await sha256(bytes)), bytes };
}

export async function listed(store: Pick<BlockStore, 'list'>): Promise<StoredBlock[]> {
  const found: StoredBlock[] = [];
  for await (const one of store.list()) found.push(one);
  return found.toSorted((a, b) => (a.hash < b.hash ? -1 : 1));
}

type Damage = (file: string) => Promise<unknown>;

/** To be called in a describe. @param blocks - of a fresh store, for each case */
export function describeBlocks(
  blocks: () => StoredBlocks,
  damages: readonly (readonly [string, Damage])[],
): void {
  const open = (): Promise<BlockStore> => openBlockStore(blocks().location);
  /** A store, closed at the end, and another one that has nothing of it in memory. */
  const withTwo = async (
    work: (first: BlockStore, again: () => Promise<BlockStore>) => Promise<void>,
  ): Promise<void> => {
    const opened = [await open()];
    const again = async (): Promise<BlockStore> => {
      const store = await open();
      opened.push(store);
      return store;
    };
    try {
      await work(opened[0]!, again);
    } finally {
      for (const store of opened) await store.close();
    }
  };

  it('keeps blocks of every size, over a restart', () =>
    withTwo(async (store, again) => {
      const all = await Promise.all([1, 48, 4096, 256 * 1024].map(block));
      for (const { hash, bytes } of all) await store.put(hash, bytes);
      const other = await again();
      for (const { hash, bytes } of all) {
        expect(await other.has(hash)).toBe(true);
        expect(await other.get(hash)).toEqual(bytes);
      }
    }));

  it('misses what it does not have, and what was deleted', () =>
    withTwo(async (store, again) => {
      const { hash, bytes } = await block();
      expect(await store.get(hash)).toBeUndefined();
      expect(await store.has(hash)).toBe(false);
      await store.delete(hash);
      await store.put(hash, bytes);
      await store.delete(hash);
      await store.delete(hash);
      expect(await store.has(hash)).toBe(false);
      expect(await store.get(hash)).toBeUndefined();
      await store.put(hash, bytes);
      expect(await store.get(hash)).toEqual(bytes);
      expect(await (await again()).get(hash)).toEqual(bytes);
    }));

  it('has a block again that another store deleted, once it is put again', () =>
    withTwo(async (store, again) => {
      const { hash, bytes } = await block(500);
      await store.put(hash, bytes);
      await (await again()).delete(hash);
      await store.put(hash, bytes);
      expect(await (await again()).get(hash)).toEqual(bytes);
    }));

  it('keeps its own copy of what it was given', () =>
    withTwo(async (store) => {
      const { hash, bytes } = await block(1000);
      const putting = store.put(hash, bytes);
      const kept = bytes.slice();
      await putting;
      bytes.fill(0);
      expect(await store.get(hash)).toEqual(kept);
    }));

  it.each(damages)('misses a block that has %s, until it is put again', (_, damage) =>
    withTwo(async (store, again) => {
      const { hash, bytes } = await block();
      await store.put(hash, bytes);
      const [file] = await blocks().files();
      await damage(file!);
      const other = await again();
      expect(await other.get(hash)).toBeUndefined();
      expect(await other.has(hash)).toBe(false);
      await other.put(hash, bytes);
      expect(await (await again()).get(hash)).toEqual(bytes);
    }),
  );

  it('takes a burst of writers and readers of the same blocks, through two stores', () =>
    withTwo(async (store, again) => {
      const other = await again();
      const all = await Promise.all(Array.from({ length: 20 }, () => block(20_000)));
      await Promise.all(
        Array.from({ length: 100 }, (_, n) =>
          (n % 3 === 0 ? other : store).put(all[n % 20]!.hash, all[n % 20]!.bytes),
        ),
      );
      const third = await again();
      const read = await Promise.all(Array.from({ length: 100 }, (_, n) => third.get(all[n % 20]!.hash)));
      for (const [n, bytes] of read.entries()) expect(bytes).toEqual(all[n % 20]!.bytes);
      expect(await blocks().files()).toHaveLength(20);
    }));

  it('lists its blocks with their sizes and the time of the last put', () =>
    withTwo(async (store) => {
      const all = await Promise.all([1, 48, 4096].map(block));
      const before = Date.now();
      for (const { hash, bytes } of all) await store.put(hash, bytes);
      const found = await listed(store);
      expect(new Map(found.map(({ hash, bytes }) => [hash, bytes]))).toEqual(
        new Map(all.map(({ hash, bytes }) => [hash, bytes.length])),
      );
      // Some stores keep whole seconds.
      for (const { modifiedMs } of found) {
        expect(modifiedMs).toBeGreaterThan(before - 2_000);
        expect(modifiedMs).toBeLessThan(Date.now() + 2_000);
      }
      await store.delete(all[1]!.hash);
      const left = (await listed(store)).map(({ hash }) => hash);
      expect(left).toEqual([all[0]!.hash, all[2]!.hash].toSorted());
    }));

  it('removes only what was put last before a moment, and says whether it did', () =>
    withTwo(async (store, again) => {
      const HOUR = 3_600_000;
      const [old, renewed, fresh] = await Promise.all([30, 40, 50].map(block));
      for (const { hash, bytes } of [old!, renewed!]) await store.put(hash, bytes);
      const dayAgo = Date.now() / 1000 - 24 * 3600;
      for (const file of await blocks().files()) await utimes(file, dayAgo, dayAgo);
      const other = await again();
      // A put of what is there makes it new, whoever puts it.
      for (const { hash, bytes } of [renewed!, fresh!]) await other.put(hash, bytes);
      const hourAgo = Date.now() - HOUR;
      const removed = [];
      for (const { hash } of [old!, renewed!, fresh!, old!])
        removed.push(await store.removeOlder(hash, hourAgo));
      expect(removed).toEqual([true, false, false, false]);
      // What was just put in this process and read from memory before is gone as well.
      expect([await store.has(old!.hash), await store.get(old!.hash)]).toEqual([false, undefined]);
      for (const { hash, bytes } of [renewed!, fresh!]) expect(await other.get(hash)).toEqual(bytes);
      expect((await listed(store)).map(({ hash }) => hash)).toEqual([renewed!.hash, fresh!.hash].toSorted());
      expect(await store.removeOlder(fresh!.hash, Date.now() + HOUR)).toBe(true);
      await store.put(old!.hash, old!.bytes);
      expect(await (await again()).get(old!.hash)).toEqual(old!.bytes);
    }));

  it('reads again what a reader transferred away', () =>
    withTwo(async (store) => {
      const { hash, bytes } = await block();
      await store.put(hash, bytes);
      const first = (await store.get(hash))!;
      structuredClone(first, { transfer: [first.buffer as ArrayBuffer] });
      expect(first).toHaveLength(0);
      expect(await store.get(hash)).toEqual(bytes);
    }));

  it.each(['', '../../etc/passwd', 'AB'.repeat(32), '00'.repeat(31), '00'.repeat(33)])(
    'refuses "%s" as a hash',
    (hash) =>
      withTwo(async (store) => {
        await expect(store.get(hash)).rejects.toMatchObject({ code: 'bad-input' });
        await expect(store.has(hash)).rejects.toMatchObject({ code: 'bad-input' });
        await expect(store.delete(hash)).rejects.toMatchObject({ code: 'bad-input' });
        await expect(store.put(hash, new Uint8Array(1))).rejects.toMatchObject({ code: 'bad-input' });
        await expect(store.removeOlder(hash, 1e15)).rejects.toMatchObject({ code: 'bad-input' });
        expect(await blocks().files()).toEqual([]);
      }),
  );
}
