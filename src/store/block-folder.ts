/**
 * Blocks in a folder, one file each, in the layout of IPFS tools (that of blockstore-fs). Any number of processes may
 * share it. blockstore-fs itself writes a block through one temporary name and syncs nothing: of two coordinators that
 * store the same block, one could publish what the other has half written.
 */
import { access, mkdir, open, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NextToLast } from 'blockstore-fs/sharding';
import { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';
import * as digest from 'multiformats/hashes/digest';
import { base32upper } from 'multiformats/bases/base32';
import { fromHex, toHex } from '../core/bytes.ts';
import type { Clock } from '../core/clock.ts';
import { AppError, toAppError } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';
import type { Hash } from '../matrix/manifest.ts';
import { type BlockMedium, type StoredBlock, isBlockHash } from './block-medium.ts';

/** Files open at once; far below the usual limit of 1,024, and enough to keep a disk busy. */
const MAX_OPEN_FILES = 32;
/** Multihash code of SHA-256. */
const SHA2_256 = 0x12;
/** No write takes this long: an older temporary file is what a crash has left, and goes when somebody lists. */
const TEMPORARY_MS = 3_600_000;

/** Of a block that is being removed. */
const GONE = '.gone';

const layout = new NextToLast();

/** Creates the folder where there is none. */
export async function openBlockFolder(path: string, clock: Clock, rng: Rng): Promise<BlockMedium> {
  await mkdir(path, { recursive: true });
  return new BlockFolder(path, clock, rng);
}

class BlockFolder implements BlockMedium {
  readonly width = MAX_OPEN_FILES;
  readonly #path: string;
  readonly #clock: Clock;
  readonly #rng: Rng;
  /** Folders of blocks whose own names are on disk. */
  readonly #named = new Set<string>();

  constructor(path: string, clock: Clock, rng: Rng) {
    this.#path = path;
    this.#clock = clock;
    this.#rng = rng;
  }

  async write(hash: Hash, bytes: Uint8Array): Promise<void> {
    const { dir, file } = placeOf(hash);
    const inside = join(this.#path, dir);
    const temporary = join(inside, `.${toHex(this.#rng.bytes(8))}.tmp`);
    if (!this.#named.has(dir)) await mkdir(inside, { recursive: true });
    try {
      // Synced before it has its name: after the loss of power, no name stands for a file without its bytes.
      await writeFile(temporary, bytes, { flag: 'wx', flush: true });
      await rename(temporary, join(inside, file));
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => {});
      throw error;
    }
    await syncFolder(inside);
    if (this.#named.has(dir)) return;
    await syncFolder(this.#path);
    this.#named.add(dir);
  }

  async read(hash: Hash): Promise<Uint8Array | undefined> {
    try {
      return await readFile(this.#file(hash));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw new AppError('internal', `a block cannot be read: ${toAppError(error).message}`, {
        cause: error,
      });
    }
  }

  async has(hash: Hash): Promise<boolean> {
    try {
      await access(this.#file(hash));
      return true;
    } catch {
      return false;
    }
  }

  remove(hash: Hash): Promise<void> {
    return rm(this.#file(hash), { force: true });
  }

  async removeOlder(hash: Hash, beforeMs: number): Promise<boolean> {
    const path = this.#file(hash);
    const aside = `${path}${GONE}`;
    try {
      if ((await stat(path)).mtimeMs >= beforeMs) return false;
      // Out of everybody's reach before it is looked at again: another coordinator's put either was before, and its
      // time shows, or finds nothing here and makes a new file.
      await rename(path, aside);
      if ((await stat(aside)).mtimeMs < beforeMs) {
        await rm(aside, { force: true });
        return true;
      }
      await rename(aside, path);
      return false;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  async *list(): AsyncGenerator<StoredBlock, void, undefined> {
    for (const dir of await readdir(this.#path, { withFileTypes: true })) {
      if (!dir.isDirectory()) continue;
      const inside = join(this.#path, dir.name);
      for (const name of await readdir(inside)) {
        const path = join(inside, name);
        const found = await stat(path).catch(() => undefined); // gone meanwhile
        const hash = hashOf(name);
        if (found && hash !== undefined) yield { hash, bytes: found.size, modifiedMs: found.mtimeMs };
        else if (found && name.endsWith('.tmp') && this.#clock.now() - found.mtimeMs > TEMPORARY_MS) {
          await rm(path, { force: true });
        } else if (found && name.endsWith(GONE)) {
          // A crash came between: whether it may go is asked again.
          await rename(path, path.slice(0, -GONE.length)).catch(() => {});
        }
      }
    }
  }

  async close(): Promise<void> {}

  #file(hash: Hash): string {
    const { dir, file } = placeOf(hash);
    return join(this.#path, dir, file);
  }
}

function placeOf(hash: Hash): { dir: string; file: string } {
  return layout.encode(CID.createV1(raw.code, digest.create(SHA2_256, fromHex(hash))));
}

/** The block of a file name; undefined for other files. NextToLast's own decoder is for whole CIDs, which it does not write. */
function hashOf(name: string): Hash | undefined {
  if (!name.endsWith(layout.extension)) return undefined;
  try {
    const multihash = digest.decode(base32upper.decode(name.slice(0, -layout.extension.length)));
    const hash = toHex(multihash.digest);
    return multihash.code === SHA2_256 && isBlockHash(hash) ? hash : undefined;
  } catch {
    return undefined;
  }
}

function isMissing(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'ENOENT';
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
