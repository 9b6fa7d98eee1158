import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BlockDisk } from '../../src/contributor/block-disk.ts';
import { sha256, toHex } from '../../src/core/bytes.ts';
import { seededRng } from '../../src/core/rng.ts';
import { BLOCK_BYTES } from '../../src/matrix/blocks.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { diskOn, memoryFiles } from './memory-file.ts';

interface Block {
  readonly hash: string;
  readonly bytes: Uint8Array;
}

const rng = seededRng(11);

async function block(length = 1024): Promise<Block> {
  const bytes = rng.bytes(length);
  return { hash: toHex(await sha256(bytes)), bytes };
}

const blocks = (count: number): Promise<Block[]> => Promise.all(Array.from({ length: count }, () => block()));

function putAll(disk: BlockDisk, some: readonly Block[]): void {
  for (const { hash, bytes } of some) disk.put(hash, bytes);
}

const held = (disk: BlockDisk, some: readonly Block[]): boolean[] => some.map(({ hash }) => disk.has(hash));

describe('blocks on disk', () => {
  it('are given back as they were, the short ones too', async () => {
    const disk = diskOn(memoryFiles(), 4);
    const some = [await block(), await block(BLOCK_BYTES), await block(16)];
    putAll(disk, some);
    for (const { hash, bytes } of some) expect(await disk.get(hash)).toEqual(bytes);
    expect(disk.usedBytes).toBe(3 * BLOCK_BYTES);
    expect(await disk.get('00'.repeat(32))).toBeUndefined();
  });

  it('are there after a restart, in their order of use', async () => {
    const on = memoryFiles();
    const some = await blocks(3);
    const first = diskOn(on, 3);
    putAll(first, some);
    await first.get(some[0]!.hash);
    first.close();
    expect([on.data.closed, on.index.closed]).toEqual([true, true]);
    const again = diskOn(on, 3);
    expect(await again.get(some[2]!.hash)).toEqual(some[2]!.bytes);
    again.put((await block()).hash, some[0]!.bytes);
    expect(held(again, some)).toEqual([true, false, true]);
  });

  it('are written once, however often they come', async () => {
    const on = memoryFiles();
    const disk = diskOn(on, 2);
    const [one] = await blocks(1);
    disk.put(one!.hash, one!.bytes);
    disk.put(one!.hash, one!.bytes);
    expect(on.data.writes).toBe(1);
  });

  it('are evicted least recently used first, those used on the GPU counted in, and told once', async () => {
    const disk = diskOn(memoryFiles(), 3);
    const some = await blocks(3);
    putAll(disk, some);
    disk.touch([some[0]!.hash, 'ff'.repeat(32)]);
    const [more] = await blocks(1);
    disk.put(more!.hash, more!.bytes);
    expect(held(disk, some)).toEqual([true, false, true]);
    expect(disk.takeEvicted()).toEqual([some[1]!.hash]);
    expect(disk.takeEvicted()).toEqual([]);
  });

  it('that came back are not told as evicted', async () => {
    const disk = diskOn(memoryFiles(), 1);
    const [one, two] = await blocks(2);
    putAll(disk, [one!, two!, one!]);
    expect(disk.takeEvicted()).toEqual([two!.hash]);
  });
});

describe('a disk that cannot be trusted', () => {
  it('gives no block whose bytes have changed, and has it no more', async () => {
    const on = memoryFiles();
    const disk = diskOn(on, 2);
    const [one, two] = await blocks(2);
    putAll(disk, [one!, two!]);
    on.data.bytes[BLOCK_BYTES + 3]! ^= 1;
    expect(await disk.get(two!.hash)).toBeUndefined();
    expect(held(disk, [one!, two!])).toEqual([true, false]);
    expect(disk.takeEvicted()).toEqual([two!.hash]);
    expect(held(diskOn(on, 2), [one!, two!])).toEqual([true, false]);
    disk.put(two!.hash, two!.bytes);
    expect(await disk.get(two!.hash)).toEqual(two!.bytes);
  });

  it('takes a crash between the bytes and the index for a miss', async () => {
    const on = memoryFiles();
    const disk = diskOn(on, 1);
    const [old, fresh] = await blocks(2);
    disk.put(old!.hash, old!.bytes);
    on.index.tearAt = 0;
    disk.put(fresh!.hash, fresh!.bytes);
    const again = diskOn(on, 1);
    expect(again.has(old!.hash)).toBe(true);
    expect(await again.get(old!.hash)).toBeUndefined();
    expect(again.has(old!.hash)).toBe(false);
  });

  it('never gives wrong bytes and never throws, whatever the index holds', async () => {
    const some = await blocks(4);
    const good = memoryFiles();
    putAll(diskOn(good, 4), some);
    const damage = fc.array(fc.tuple(fc.nat(good.index.bytes.length - 1), fc.nat(255)), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(damage, fc.nat(good.index.bytes.length), async (changes, length) => {
        const on = memoryFiles();
        on.data.bytes = good.data.bytes.slice();
        on.index.bytes = good.index.bytes.slice();
        for (const [at, value] of changes) on.index.bytes[at] = value;
        on.index.truncate(length);
        const disk = diskOn(on, 4);
        for (const { hash, bytes } of some) {
          const found = await disk.get(hash);
          if (found) expect(found).toEqual(bytes);
        }
        putAll(disk, some);
        expect(await disk.get(some[0]!.hash)).toEqual(some[0]!.bytes);
      }),
      { numRuns: 40 },
    );
  });

  it('that is full keeps what it has, and goes on within that', async () => {
    const on = memoryFiles();
    on.data.quota = 2 * BLOCK_BYTES;
    const disk = diskOn(on, 8);
    const some = await blocks(4);
    putAll(disk, some);
    expect(disk.budgetBytes).toBe(2 * BLOCK_BYTES);
    expect(held(disk, some)).toEqual([false, true, false, true]);
    expect(await disk.get(some[3]!.hash)).toEqual(some[3]!.bytes);
  });

  it('that takes nothing at all is not asked again until its budget is set anew', async () => {
    const on = memoryFiles();
    on.data.quota = 0;
    const disk = diskOn(on, 8);
    putAll(disk, await blocks(3));
    expect([disk.budgetBytes, disk.usedBytes, on.data.writes]).toEqual([0, 0, 1]);
    on.data.quota = Infinity;
    disk.setBudget(8 * BLOCK_BYTES);
    const some = await blocks(3);
    putAll(disk, some);
    expect(held(disk, some)).toEqual([true, true, true]);
  });
});

describe('the budget of the disk', () => {
  it('is kept at the next visit, when it is smaller', async () => {
    const on = memoryFiles();
    putAll(diskOn(on, 4), await blocks(4));
    const disk = diskOn(on, 2);
    expect([disk.usedBytes, on.data.bytes.length]).toEqual([2 * BLOCK_BYTES, 2 * BLOCK_BYTES]);
  });

  it('can shrink and grow while it is in use', async () => {
    const on = memoryFiles();
    const disk = diskOn(on, 4);
    const some = await blocks(4);
    putAll(disk, some);
    disk.setBudget(BLOCK_BYTES);
    expect(held(disk, some)).toEqual([true, false, false, false]);
    expect(disk.takeEvicted()).toHaveLength(3);
    expect(on.data.bytes.length).toBeLessThanOrEqual(BLOCK_BYTES);
    disk.setBudget(3 * BLOCK_BYTES);
    putAll(disk, some);
    expect(disk.usedBytes).toBe(3 * BLOCK_BYTES);
    for (const { hash, bytes } of some.slice(1)) expect((await disk.get(hash)) ?? bytes).toEqual(bytes);
  });

  it('of nought keeps nothing, and clearing leaves nothing', async () => {
    const on = memoryFiles();
    const disk = diskOn(on, 0);
    const some = await blocks(2);
    putAll(disk, some);
    expect(disk.usedBytes).toBe(0);
    disk.setBudget(4 * BLOCK_BYTES);
    putAll(disk, some);
    disk.clear();
    expect([disk.usedBytes, on.data.bytes.length, on.index.bytes.length]).toEqual([0, 0, 0]);
    expect(held(diskOn(on, 4), some)).toEqual([false, false]);
    putAll(disk, some);
    expect(await disk.get(some[1]!.hash)).toEqual(some[1]!.bytes);
  });

  it('is filled at any speed, and then takes in a gibibyte an hour', async () => {
    const clock = new FakeClock();
    const disk = diskOn(memoryFiles(), 4, clock);
    const [one] = await blocks(1);
    // Names only: the bytes need not fit them to be written.
    const name = (n: number): string => n.toString(16).padStart(64, '0');
    for (let n = 0; n < 4 + 256; n++) disk.put(name(n), one!.bytes);
    expect(disk.takeEvicted()).toHaveLength(256);
    disk.put(name(300), one!.bytes);
    expect([disk.has(name(300)), disk.takeEvicted()]).toEqual([false, []]);
    await clock.advance(60_000);
    for (let n = 400; n < 600; n++) disk.put(name(n), one!.bytes);
    expect(disk.takeEvicted()).toHaveLength(Math.floor(4096 / 60));
  });

  it('holds any sequence of blocks, the last ones at least', async () => {
    const some = await blocks(8);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(7), { minLength: 1, maxLength: 30 }), async (order) => {
        const disk = diskOn(memoryFiles(), 3);
        for (const n of order) disk.put(some[n]!.hash, some[n]!.bytes);
        const last = Array.from(new Set(order.toReversed())).slice(0, 3);
        expect(held(disk, some).filter(Boolean)).toHaveLength(last.length);
        for (const n of last) expect(await disk.get(some[n]!.hash)).toEqual(some[n]!.bytes);
      }),
      { numRuns: 40 },
    );
  });
});
