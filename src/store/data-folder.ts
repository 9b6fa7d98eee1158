/** The folder of one coordinator: its lock, its secrets, and where the rest lies. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { takeLock } from './lock.ts';
import { type Secret, readOrCreateSecret } from './secret.ts';

export interface DataFolder {
  readonly path: string;
  /** Where openBlockStore keeps the blocks. */
  readonly blocks: string;
  /**
   * A file that only its owner may read. `make` is called where there is none yet; its bytes are on disk
   * before they are returned, and of several callers at once one makes it.
   * @param name - lower-case letters, digits, dots and dashes
   * @param serves - false for bytes that are to be replaced by new ones
   */
  secret(
    name: string,
    make: () => Promise<Uint8Array>,
    serves?: (bytes: Uint8Array) => boolean,
  ): Promise<Secret>;
  /** Lets another coordinator have the folder. */
  release(): Promise<void>;
}

/**
 * Creates the folder where there is none, for its owner only, and locks it until `release` or the end of the process.
 * @throws AppError 'locked' while a live coordinator holds it
 */
export async function openDataFolder(path: string): Promise<DataFolder> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const lock = await takeLock(path);
  return {
    path,
    blocks: join(path, 'blocks'),
    secret: (name, make, serves) => readOrCreateSecret(path, name, make, serves),
    release: () => rm(lock, { force: true }),
  };
}
