/** Files on their way into a backup and out of it: whole, on disk, and with their hash. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, open, readFile, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError, toAppError } from '../core/errors.ts';

export interface HashedFile {
  /** Below the backup. */
  readonly path: string;
  readonly sha256: string;
}

export interface BackupIndex {
  readonly version: 1;
  readonly madeMs: number;
  readonly peerId: string;
  /** 'postgres': as database.dump, by pg_dump. */
  readonly database: 'embedded' | 'postgres';
  /** Whether the coordinator was working meanwhile. */
  readonly running: boolean;
  /** Leaves of the public log, where the database could be asked. */
  readonly receipts?: number | undefined;
  /** Everything but the blocks, whose names are their hashes. */
  readonly files: readonly HashedFile[];
  readonly blocks: { readonly count: number; readonly bytes: number };
  /** Where they lie instead, if that is no folder: a bucket is copied by its own means. */
  readonly blocksAt?: string | undefined;
}

export const INDEX = 'backup.json';
export const DUMP = 'database.dump';
/** Keys and the token, by name; those that are not there are made when they are first needed. */
export const SECRETS = ['coordinator.key', 'token', 'webrtc.certificate'] as const;

export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

/** Resolves when the copy would survive the loss of power. Only its owner may read it. */
export async function copySynced(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  await copyFile(from, to);
  const handle = await open(to, 'r+');
  try {
    await handle.chmod(0o600);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Every file below a folder, as paths below it, in order. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}

/** Folders without a file: PostgreSQL does not start without some of its own. */
export async function emptyFoldersBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

/** Makes the folder, or takes an empty one. @throws AppError 'conflict' for one that holds more than `allowed` */
export async function emptyFolder(path: string, allowed: readonly string[], what: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const others = (await readdir(path)).filter((name) => !allowed.includes(name));
  if (others.length > 0)
    throw new AppError('conflict', `${path} is not empty (${others[0]}): ${what} needs a folder of its own`);
}

/** @throws AppError 'bad-file' for what is no backup, 'not-found' */
export async function readIndex(folder: string): Promise<BackupIndex> {
  const path = join(folder, INDEX);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new AppError(
      'not-found',
      `${folder} is no backup, or one that was not finished: it has no ${INDEX} (it is written last)`,
      { cause },
    );
  });
  try {
    const index = JSON.parse(text) as BackupIndex;
    if (index.version === 1 && Array.isArray(index.files)) return index;
  } catch (cause) {
    throw new AppError('bad-file', `${path} is damaged: ${toAppError(cause).message}`, { cause });
  }
  throw new AppError('bad-file', `${path} is of a version that this program does not know`);
}
