/**
 * A copy of everything that must survive. First the database, then the blocks: a block is on disk before the database
 * says that it is verified or uploaded, so whatever a database of an earlier moment names is among the blocks of a
 * later one. The other way round, the database could name blocks that came after their turn.
 */
import { chmod, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { AppError, isAppError } from '../core/errors.ts';
import { keyFromBytes, peerIdOf } from '../protocol/keys.ts';
import { openDataFolder } from '../store/data-folder.ts';
import { isBlockUrl } from '../store/blocks.ts';
import { syncPath } from '../store/durable-fs.ts';
import { blockFiles } from '../store/snapshot.ts';
import {
  type BackupIndex,
  DUMP,
  type HashedFile,
  INDEX,
  SECRETS,
  copySynced,
  emptyFolder,
  emptyFoldersBelow,
  filesBelow,
  hashFile,
} from './backup-files.ts';
import { readFile } from 'node:fs/promises';

export interface BackupOptions {
  readonly dataDir: string;
  /** Where blocks lie; a bucket is left out. @default in the data folder */
  readonly blocksAt?: string | undefined;
  /** The network's key, where it is not in the data folder. */
  readonly keyFile?: string | undefined;
  /** Where it goes: a new or an empty folder; for PostgreSQL one that holds database.dump. */
  readonly to: string;
  /** True where the data folder holds no database. */
  readonly postgres: boolean;
  /** Asks the running coordinator for a copy of its database. @returns its folder, and the log's leaves in it */
  readonly snapshot: () => Promise<{ readonly folder: string; readonly receipts: number }>;
  readonly clock: Clock;
}

export interface BackupReport extends BackupIndex {
  /** Blocks whose bytes no longer match their name: they were left out. */
  readonly damaged: readonly string[];
}

/** @throws AppError 'conflict' (a folder that is not empty), 'not-found' (no data, no dump), and as `snapshot` does */
export async function backUp(options: BackupOptions): Promise<BackupReport> {
  const { dataDir, to, postgres, clock, blocksAt = join(dataDir, 'blocks') } = options;
  const keyFile = options.keyFile ?? join(dataDir, 'coordinator.key');
  if (!existsSync(keyFile) || !existsSync(join(dataDir, 'token')))
    throw new AppError('not-found', `${dataDir} is no coordinator's data folder: name it with --data`);
  await emptyFolder(to, postgres ? [DUMP] : [], 'a backup');
  await chmod(to, 0o700);
  const madeMs = clock.now();
  const { running, receipts } = postgres ? await checkDump(to) : await copyDatabase(options);
  const inBucket = isBlockUrl(blocksAt);
  const blocks = await copyBlocks(inBucket ? undefined : blocksAt, join(to, 'blocks'));
  for (const name of SECRETS) {
    const from = name === 'coordinator.key' ? keyFile : join(dataDir, name);
    if (existsSync(from)) await copySynced(from, join(to, name));
  }
  const key = keyFromBytes(new Uint8Array(await readFile(join(to, 'coordinator.key'))));
  const { damaged, ...counted } = blocks;
  const index: BackupIndex = {
    version: 1,
    madeMs,
    peerId: peerIdOf(key),
    database: postgres ? 'postgres' : 'embedded',
    running,
    receipts,
    files: await hashed(to),
    blocks: counted,
    ...(inBucket && { blocksAt }),
  };
  await writeFile(join(to, INDEX), `${JSON.stringify(index, null, 2)}\n`, { mode: 0o600, flush: true });
  syncPath(to);
  return { ...index, damaged };
}

interface Copied {
  readonly running: boolean;
  readonly receipts?: number;
}

async function checkDump(to: string): Promise<Copied> {
  const path = join(to, DUMP);
  const made = await stat(path).catch(() => undefined);
  if (made === undefined || made.size === 0) {
    throw new AppError(
      'not-found',
      `the database comes first: run pg_dump --format=custom --file=${path} "$DATABASE_URL", then this again for blocks and keys`,
    );
  }
  await chmod(path, 0o600);
  return { running: true };
}

/** Of a stopped coordinator as it lies there, under the lock; of a running one, which has the lock, as it gives it. */
async function copyDatabase({ dataDir, to, snapshot }: BackupOptions): Promise<Copied> {
  try {
    const folder = await openDataFolder(dataDir);
    try {
      await copyFolder(join(dataDir, 'db'), join(to, 'db'));
    } finally {
      await folder.release();
    }
    return { running: false };
  } catch (error) {
    if (!isAppError(error, 'locked')) throw error;
  }
  const { folder, receipts } = await snapshot();
  try {
    await copyFolder(folder, join(to, 'db'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return { running: true, receipts };
}

export async function copyFolder(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  for (const path of await emptyFoldersBelow(from))
    await mkdir(join(to, path), { recursive: true, mode: 0o700 });
  for (const path of await filesBelow(from)) await copySynced(join(from, path), join(to, path));
  for (const path of await emptyFoldersBelow(to)) syncPath(join(to, path));
  syncPath(to);
}

/** Each is checked on its way: a backup of damage would only hide it. */
async function copyBlocks(
  from: string | undefined,
  to: string,
): Promise<{ count: number; bytes: number; damaged: string[] }> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  const damaged: string[] = [];
  let count = 0;
  let bytes = 0;
  if (from === undefined) return { count, bytes, damaged };
  for await (const { path, hash } of blockFiles(from)) {
    const copy = join(to, path);
    // One that was removed meanwhile is needed by nobody.
    const copied = await copySynced(join(from, path), copy).then(
      () => true,
      (error: unknown) => {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
        throw error;
      },
    );
    if (!copied) continue;
    if ((await hashFile(copy)) === hash) {
      count += 1;
      bytes += (await stat(copy)).size;
    } else {
      damaged.push(hash);
      await rm(copy);
    }
  }
  for (const shelf of await readdir(to)) syncPath(join(to, shelf));
  return { count, bytes, damaged };
}

async function hashed(folder: string): Promise<HashedFile[]> {
  const files: HashedFile[] = [];
  for (const path of await filesBelow(folder))
    if (dirname(path).split('/', 1)[0] !== 'blocks')
      files.push({ path, sha256: await hashFile(join(folder, path)) });
  return files;
}
