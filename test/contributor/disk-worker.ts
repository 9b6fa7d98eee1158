/** The block disk where it lives: in a worker of a page. */
import type { BlockDisk } from '../../src/contributor/block-disk.ts';
import { openBlockDisk } from '../../src/contributor/disk-files.ts';
import { expose } from '../../src/contributor/remote.ts';
import { systemClock } from '../../src/core/clock.ts';
import { bytesEqual, sha256, toHex } from '../../src/core/bytes.ts';
import { BLOCK_BYTES } from '../../src/matrix/blocks.ts';
import { seededRng } from '../../src/core/rng.ts';

let disk: BlockDisk | undefined;

/** The nth block: the same in every visit. */
async function block(n: number): Promise<{ hash: string; bytes: Uint8Array }> {
  const bytes = seededRng(n).bytes(n === 0 ? 1024 : BLOCK_BYTES);
  return { hash: toHex(await sha256(bytes)), bytes };
}

const host = {
  async open(blocks: number): Promise<{ usedBytes: number; budgetBytes: number } | undefined> {
    disk = await openBlockDisk(blocks * BLOCK_BYTES, systemClock);
    return disk && { usedBytes: disk.usedBytes, budgetBytes: disk.budgetBytes };
  },

  async put(count: number): Promise<number> {
    for (let n = 0; n < count; n++) {
      const { hash, bytes } = await block(n);
      disk!.put(hash, bytes);
    }
    return disk!.usedBytes;
  },

  /** Of the first so many blocks, those that are given back unharmed. */
  async good(count: number): Promise<number[]> {
    const good: number[] = [];
    for (let n = 0; n < count; n++) {
      const { hash, bytes } = await block(n);
      const found = await disk!.get(hash);
      if (!found) continue;
      if (!bytesEqual(found, bytes)) throw new Error('these are not its bytes');
      good.push(n);
    }
    return good;
  },

  clear(): number {
    disk!.clear();
    return disk!.usedBytes;
  },

  close(): void {
    disk!.close();
  },
};

export type DiskWorker = typeof host;

expose(host);
