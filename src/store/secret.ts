/** Small secret files: made once, whole or not at all, readable by their owner only. */
import { link, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { toHex } from '../core/bytes.ts';
import { AppError } from '../core/errors.ts';
import { cryptoRng } from '../core/rng.ts';
import { syncPath } from './durable-fs.ts';

export interface Secret {
  readonly bytes: Uint8Array;
  /** True for the one call that made it. */
  readonly created: boolean;
}

const NAME = /^[a-z0-9][a-z0-9.-]*$/;

/** @param serves - false for a secret that is to be made anew */
export async function readOrCreateSecret(
  folder: string,
  name: string,
  make: () => Promise<Uint8Array>,
  serves: (bytes: Uint8Array) => boolean = () => true,
): Promise<Secret> {
  if (!NAME.test(name)) throw new AppError('bad-input', `"${name}" is not a name for a secret`);
  const path = join(folder, name);
  const existing = await read(path);
  if (existing && serves(existing)) return { bytes: existing, created: false };

  const bytes = await make();
  if (existing) await rm(path, { force: true });
  const draft = join(folder, `.${name}.${toHex(cryptoRng.bytes(8))}`);
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
    // Unlike rename, link fails when somebody else was first: then theirs counts.
    await link(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return { bytes: (await read(path))!, created: false };
  } finally {
    await handle.close();
    await rm(draft, { force: true });
  }
  syncPath(folder);
  return { bytes, created: true };
}

async function read(path: string): Promise<Uint8Array | undefined> {
  let handle;
  try {
    handle = await open(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    // A copy or a restored backup may have let others in. Some file systems have no modes; those are as they are.
    if (((await handle.stat()).mode & 0o077) !== 0) await handle.chmod(0o600).catch(() => {});
    return new Uint8Array(await handle.readFile());
  } finally {
    await handle.close();
  }
}
