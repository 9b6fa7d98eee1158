/** The way back from a backup: everything is checked before anything is written. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { AppError } from '../core/errors.ts';
import { syncPath } from '../store/durable-fs.ts';
import { openDatabase } from '../store/database.ts';
import { blockFiles } from '../store/snapshot.ts';
import { logSize } from '../ledger/log.ts';
import { copyFolder } from './backup.ts';
import { type BackupIndex, DUMP, SECRETS, copySynced, hashFile, readIndex } from './backup-files.ts';

export interface RestoreReport {
  readonly index: BackupIndex;
  /** Leaves of the public log; undefined for a PostgreSQL, which is restored by its own program. */
  readonly receipts: number | undefined;
  /** Blocks that the database names and the backup does not hold. */
  readonly missing: readonly string[];
}

/**
 * @param to - a folder that is not there, or is empty
 * @throws AppError 'conflict' for a folder that holds something, 'bad-file' naming what is damaged, 'not-found'
 */
export async function restore(from: string, to: string): Promise<RestoreReport> {
  const target = resolve(to);
  if (existsSync(target) && (await readdir(target)).length > 0) {
    throw new AppError(
      'conflict',
      `${to} is not empty: restore into a new folder, and start the coordinator with that as --data`,
    );
  }
  const index = await readIndex(from);
  const held = await verify(from, index);
  // Beside it first: a restore that is cut off leaves nothing that looks like a data folder.
  const draft = `${target}.restoring`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true, mode: 0o700 });
  for (const name of SECRETS)
    if (existsSync(join(from, name))) await copySynced(join(from, name), join(draft, name));
  await copyFolder(join(from, 'blocks'), join(draft, 'blocks'));
  const embedded = index.database === 'embedded';
  if (embedded) await copyFolder(join(from, 'db'), join(draft, 'db'));
  const asked = embedded ? await ask(draft, held) : undefined;
  if (existsSync(target)) await rmdir(target);
  await rename(draft, target);
  syncPath(dirname(target));
  const missing = index.blocksAt === undefined ? asked?.missing : undefined;
  return { index, receipts: asked?.receipts, missing: missing ?? [] };
}

/** Reads all of it. @returns the blocks that it holds */
async function verify(from: string, { files, blocks, database }: BackupIndex): Promise<Set<string>> {
  const damaged = (path: string, why: string): AppError =>
    new AppError('bad-file', `${join(from, path)} ${why}: this backup cannot be trusted; take another`);
  for (const { path, sha256 } of files) {
    const there = path.split('/').includes('..')
      ? undefined
      : await stat(join(from, path)).catch(() => undefined);
    if (!there) throw damaged(path, 'is missing');
    if ((await hashFile(join(from, path))) !== sha256) throw damaged(path, 'is damaged');
  }
  const must = [database === 'embedded' ? 'db/PG_VERSION' : DUMP, 'coordinator.key', 'token'];
  for (const path of must) if (!files.some((file) => file.path === path)) throw damaged(path, 'is missing');
  const held = new Set<string>();
  for await (const { path, hash } of blockFiles(join(from, 'blocks'))) {
    if ((await hashFile(join(from, 'blocks', path))) !== hash)
      throw damaged(join('blocks', path), 'is damaged');
    held.add(hash);
  }
  if (held.size < blocks.count)
    throw damaged('blocks', `holds ${held.size} blocks instead of ${blocks.count}`);
  return held;
}

/** Opens the copy once: it must be a database of ours, and its blocks must be there. */
async function ask(dataDir: string, held: ReadonlySet<string>): Promise<Omit<RestoreReport, 'index'>> {
  const db = await openDatabase({ dataDir });
  try {
    const cells = await db.selectFrom('cells').select('block').distinct().execute();
    const operands = await db.selectFrom('operands').select('id').execute();
    const results = await db.selectFrom('jobs').select('resultManifest').execute();
    const named = [
      ...cells.map(({ block }) => block),
      ...operands.map(({ id }) => id),
      ...results.map(({ resultManifest }) => resultManifest),
    ];
    const missing = named.filter((hash) => hash !== null && !held.has(hash)) as string[];
    return { receipts: await logSize(db), missing };
  } finally {
    await db.close();
  }
}
