/**
 * Blocks and manifest nodes by SHA-256, one file each, in the layout of IPFS tools (blockstore-fs).
 * A file appears whole or not at all, and what is read is hashed: a damaged file counts as missing.
 */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { FsBlockstore } from 'blockstore-fs';
import { NextToLast } from 'blockstore-fs/sharding';
import { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';
import * as digest from 'multiformats/hashes/digest';
import { Semaphore, withPermit } from '../core/async.ts';
import { concatBytes, fromHex, sha256, toHex } from '../core/bytes.ts';
import { AppError, toAppError } from '../core/errors.ts';
import { orSeeded } from '../matrix/draw.ts';
import type { FetchBytes, Hash } from '../matrix/manifest.ts';
import { BlockCache } from './block-cache.ts';

export interface BlockStore {
  /** Resolves when the bytes would survive the loss of power. The caller has checked that they hash to `hash`. */
  put(hash: Hash, bytes: Uint8Array): Promise<void>;
  /** The bytes, or undefined when they are missing or damaged. Shared with other readers: do not write to them. */
  get(hash: Hash): Promise<Uint8Array | undefined>;
  has(hash: Hash): Promise<boolean>;
  delete(hash: Hash): Promise<void>;
  close(): Promise<void>;
}

/** Blocks kept in memory: a territory's operand strips are read once for each contributor that fetches them. */
const CACHE_BYTES = 64 * 1024 * 1024;
/** Files open at once; far below the usual limit of 1,024, and enough to keep a disk busy. */
const MAX_OPEN_FILES = 32;
/** Multihash code of SHA-256. */
const SHA2_256 = 0x12;

const HASH = /^[0-9a-f]{64}$/;

/**
 * Reads blocks that must be there, and makes those of seeded operands.
 * @throws AppError 'internal' naming the one that is lost.
 */
export function fetchFrom(store: BlockStore): FetchBytes {
  return orSeeded(async (hash) => {
    const bytes = await store.get(hash);
    if (!bytes) throw new AppError('internal', `the block store has lost ${hash}`);
    return bytes;
  });
}

/** Any number of threads may read a folder; one store writes to it. */
export async function openBlockStore(folder: string): Promise<BlockStore> {
  const files = new FsBlockstore(folder);
  await files.open();
  return new FileBlockStore(folder, files);
}

class FileBlockStore implements BlockStore {
  readonly #folder: string;
  readonly #files: FsBlockstore;
  readonly #layout = new NextToLast();
  readonly #slots = new Semaphore(MAX_OPEN_FILES);
  readonly #cache = new BlockCache(CACHE_BYTES);
  /** Folders of blocks whose own names are on disk. */
  readonly #named = new Set<string>();
  /** blockstore-fs writes a block through one temporary file, so a block's writers share one write. */
  readonly #writing = new Map<Hash, Promise<void>>();

  constructor(folder: string, files: FsBlockstore) {
    this.#folder = folder;
    this.#files = files;
  }

  async put(hash: Hash, bytes: Uint8Array): Promise<void> {
    const cid = cidOf(hash);
    const writing = this.#writing.get(hash) ?? withPermit(this.#slots, () => this.#write(cid, hash, bytes));
    this.#writing.set(hash, writing);
    await writing;
  }

  async #write(cid: CID, hash: Hash, bytes: Uint8Array): Promise<void> {
    try {
      if (this.#cache.get(hash)) return;
      // Our own copy: the caller's may be a view of something larger, or move to another thread.
      const copy = bytes.slice();
      await this.#files.put(cid, copy);
      await this.#sync(cid);
      this.#cache.set(hash, copy);
    } finally {
      this.#writing.delete(hash);
    }
  }

  /** blockstore-fs leaves this out: a renamed file may still be empty after the loss of power, or have no name. */
  async #sync(cid: CID): Promise<void> {
    const { dir, file } = this.#layout.encode(cid);
    const inside = join(this.#folder, dir);
    await sync(join(inside, file));
    await sync(inside);
    if (this.#named.has(dir)) return;
    await sync(this.#folder);
    this.#named.add(dir);
  }

  async get(hash: Hash): Promise<Uint8Array | undefined> {
    const cid = cidOf(hash);
    const cached = this.#cache.get(hash);
    if (cached) return cached;
    return await withPermit(this.#slots, async () => {
      const bytes = await this.#read(cid);
      if (!bytes) return undefined;
      // 0.2 ms for a block, natively: less than reading the file.
      if (toHex(await sha256(bytes)) !== hash) {
        await this.#files.delete(cid);
        return undefined;
      }
      this.#cache.set(hash, bytes);
      return bytes;
    });
  }

  async #read(cid: CID): Promise<Uint8Array | undefined> {
    const chunks: Uint8Array[] = [];
    try {
      for await (const chunk of this.#files.get(cid)) chunks.push(chunk);
    } catch (error) {
      // Everything is a NotFoundError there; only this one is not a failing disk.
      const { message } = toAppError(error);
      if (message.includes('ENOENT')) return undefined;
      throw new AppError('internal', `a block cannot be read: ${message}`, { cause: error });
    }
    return concatBytes(chunks);
  }

  async has(hash: Hash): Promise<boolean> {
    const cid = cidOf(hash);
    return this.#cache.get(hash) !== undefined || (await this.#files.has(cid));
  }

  async delete(hash: Hash): Promise<void> {
    const cid = cidOf(hash);
    await this.#writing.get(hash)?.catch(() => {});
    this.#cache.delete(hash);
    await this.#files.delete(cid);
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#writing.values());
    await this.#files.close();
  }
}

async function sync(path: string): Promise<void> {
  const handle = await open(path);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** @throws AppError 'bad-input' unless it is a SHA-256 in lower-case hexadecimal (so no hash is a path). */
function cidOf(hash: Hash): CID {
  if (!HASH.test(hash))
    throw new AppError('bad-input', 'a block is named by 64 lower-case hexadecimal digits');
  return CID.createV1(raw.code, digest.create(SHA2_256, fromHex(hash)));
}
