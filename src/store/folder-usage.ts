/** What lies in a folder of blocks: blockstore-fs keeps them one folder down. */
import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { mapLimit } from '../core/async.ts';

export interface FolderUsage {
  readonly blocks: number;
  readonly bytes: number;
  /** For whoever is not root. */
  readonly freeBytes: number;
}

/** Few, so that the coordinator's own reads and writes do not wait behind them. */
const AT_ONCE = 4;

/** Files that come or go meanwhile are counted or not. */
export async function folderUsage(folder: string): Promise<FolderUsage> {
  const { bavail, bsize } = await statfs(folder);
  let blocks = 0;
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const inside = join(folder, entry.name);
    const names = await readdir(inside).catch(() => []);
    const sizes = await mapLimit(names, AT_ONCE, (name) => sizeOf(join(inside, name)));
    for (const size of sizes) {
      if (size === undefined) continue;
      blocks += 1;
      bytes += size;
    }
  }
  return { blocks, bytes, freeBytes: bavail * bsize };
}

async function sizeOf(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true ? found.size : undefined;
}
