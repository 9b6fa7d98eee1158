/** What a backup takes from the disk: the embedded database as of one moment, and blocks, which never change. */
import { constants } from 'node:fs';
import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { NextToLast } from 'blockstore-fs/sharding';
import { sql } from 'kysely';
import { toHex } from '../core/bytes.ts';
import type { Hash } from '../matrix/manifest.ts';
import type { Database } from './database.ts';

/** Below the data folder: where a running coordinator puts a copy of its database. */
export const SNAPSHOT = 'snapshot';

/**
 * Copies the embedded database of a running coordinator. Its only connection is held meanwhile, and PGlite has no
 * process beside that: so no file of it changes. Everybody else waits, some 0.1 s for 50 MB.
 * @returns the folder
 */
export async function copyRunning(db: Database, dataDir: string): Promise<string> {
  const to = join(dataDir, SNAPSHOT);
  await rm(to, { recursive: true, force: true });
  await db.connection().execute(async (connection) => {
    await sql`CHECKPOINT`.execute(connection);
    // Shared with the original, where the file system can.
    await cp(join(dataDir, 'db'), to, { recursive: true, mode: constants.COPYFILE_FICLONE });
  });
  return to;
}

export interface BlockFile {
  /** Below the folder of the blocks. */
  readonly path: string;
  readonly hash: Hash;
}

/** In the order of their folders. What is no block (a file that is being written) is left out. */
export async function* blockFiles(folder: string): AsyncGenerator<BlockFile, void, undefined> {
  for (const shelf of await listed(folder)) {
    for (const name of await listed(join(folder, shelf))) {
      const hash = hashOf(name);
      if (hash !== undefined) yield { path: join(shelf, name), hash };
    }
  }
}

async function listed(folder: string): Promise<string[]> {
  const names: string[] = await readdir(folder).catch(() => []);
  return names.toSorted();
}

const LAYOUT = new NextToLast();

/** See openBlockStore: a block's file is called by its multihash. */
function hashOf(name: string): Hash | undefined {
  if (!name.endsWith('.data')) return undefined;
  try {
    return toHex(LAYOUT.decode(name).multihash.digest);
  } catch {
    return undefined;
  }
}
