/**
 * Blocks and manifest nodes by SHA-256, in a folder or in an S3-compatible store. A block is there whole or not at all,
 * and what is read is hashed: a damaged one counts as missing.
 */
import { Semaphore, withPermit } from '../core/async.ts';
import { sha256, toHex } from '../core/bytes.ts';
import { systemClock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { cryptoRng } from '../core/rng.ts';
import { orSeeded } from '../matrix/draw.ts';
import type { FetchBytes, Hash } from '../matrix/manifest.ts';
import { BlockCache } from './block-cache.ts';
import { openBlockFolder } from './block-folder.ts';
import { type BlockMedium, type StoredBlock, isBlockHash } from './block-medium.ts';

export interface BlockStore {
  /**
   * Resolves when the bytes would survive the loss of power. The caller has checked that they hash to `hash`, and
   * leaves them as they are until then. A block that is there already is written again, so that its listed time is
   * that of the last put.
   */
  put(hash: Hash, bytes: Uint8Array): Promise<void>;
  /** The bytes, or undefined when they are missing or damaged. Shared with other readers: do not write to them. */
  get(hash: Hash): Promise<Uint8Array | undefined>;
  has(hash: Hash): Promise<boolean>;
  delete(hash: Hash): Promise<void>;
  /** All blocks, in no order; what comes or goes meanwhile may or may not be among them. */
  list(): AsyncIterable<StoredBlock>;
  /** Removes what was put last before `beforeMs`; a put at the same moment wins. False for what stays, or is not there. */
  removeOlder(hash: Hash, beforeMs: number): Promise<boolean>;
  close(): Promise<void>;
}

/** Blocks kept in memory: a territory's operand strips are read once for each contributor that fetches them. */
const CACHE_BYTES = 64 * 1024 * 1024;

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

/** True for a location that is not a folder of this machine. */
export function isBlockUrl(location: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(location);
}

/**
 * Any number of threads, processes and machines may open one location.
 * @param location - a folder, made where there is none; or `s3://bucket/prefix?endpoint=…&region=…` (block-bucket.ts)
 * @throws AppError 'bad-input', 'not-found' (no such bucket), 'unauthorized', 'forbidden', 'unreachable'
 */
export async function openBlockStore(location: string): Promise<BlockStore> {
  if (!isBlockUrl(location)) return new KeptBlocks(await openBlockFolder(location, systemClock, cryptoRng));
  // The AWS SDK is loaded only where it is used: 0.2 s and 12 MB, in each verification thread again.
  const { openBlockBucket } = await import('./block-bucket.ts');
  return new KeptBlocks(await openBlockBucket(location, systemClock, cryptoRng));
}

class KeptBlocks implements BlockStore {
  readonly #medium: BlockMedium;
  readonly #slots: Semaphore;
  readonly #cache = new BlockCache(CACHE_BYTES);
  /** A block's writers share one write. */
  readonly #writing = new Map<Hash, Promise<void>>();
  /** Its writers wait for the end of it. */
  readonly #removing = new Map<Hash, Promise<boolean>>();

  constructor(medium: BlockMedium) {
    this.#medium = medium;
    this.#slots = new Semaphore(medium.width);
  }

  async put(hash: Hash, bytes: Uint8Array): Promise<void> {
    assertHash(hash);
    while (this.#removing.has(hash)) await this.#removing.get(hash)?.catch(() => {});
    const writing = this.#writing.get(hash) ?? withPermit(this.#slots, () => this.#write(hash, bytes));
    this.#writing.set(hash, writing);
    await writing;
  }

  async #write(hash: Hash, bytes: Uint8Array): Promise<void> {
    try {
      // Not into the cache: most are results, which are read once if at all, and would drive operands out.
      await this.#medium.write(hash, bytes);
    } finally {
      this.#writing.delete(hash);
    }
  }

  async get(hash: Hash): Promise<Uint8Array | undefined> {
    assertHash(hash);
    const cached = this.#cache.get(hash);
    if (cached) return cached;
    return await withPermit(this.#slots, async () => {
      // Twice: what a link has damaged is whole at the second try, and only what is damaged for good is removed.
      for (let attempt = 0; attempt < 2; attempt++) {
        const bytes = await this.#medium.read(hash);
        if (!bytes) return undefined;
        // 0.2 ms for a block, natively: less than reading the file.
        if (toHex(await sha256(bytes)) !== hash) continue;
        const whole = owned(bytes);
        this.#cache.set(hash, whole);
        return whole;
      }
      await this.#medium.remove(hash);
      return undefined;
    });
  }

  async has(hash: Hash): Promise<boolean> {
    assertHash(hash);
    if (this.#cache.get(hash) !== undefined) return true;
    return await withPermit(this.#slots, () => this.#medium.has(hash));
  }

  async delete(hash: Hash): Promise<void> {
    assertHash(hash);
    await this.#writing.get(hash)?.catch(() => {});
    this.#cache.delete(hash);
    await withPermit(this.#slots, () => this.#medium.remove(hash));
  }

  async removeOlder(hash: Hash, beforeMs: number): Promise<boolean> {
    assertHash(hash);
    if (this.#writing.has(hash) || this.#removing.has(hash)) return false;
    const removing = withPermit(this.#slots, () => this.#medium.removeOlder(hash, beforeMs)).finally(() => {
      this.#removing.delete(hash);
    });
    this.#removing.set(hash, removing);
    const removed = await removing;
    if (removed) this.#cache.delete(hash);
    return removed;
  }

  list(): AsyncIterable<StoredBlock> {
    return this.#medium.list();
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.#medium.close(), ...this.#writing.values()]);
  }
}

/** The bytes without Node's Buffer around them, and not as a part of its pool: readers may transfer them. */
function owned(bytes: Uint8Array): Uint8Array {
  const alone = bytes.byteLength === bytes.buffer.byteLength;
  return alone ? new Uint8Array(bytes.buffer) : Uint8Array.from(bytes);
}

/** @throws AppError 'bad-input' unless it is a SHA-256 in lower-case hexadecimal (so no hash is a path). */
function assertHash(hash: Hash): void {
  if (!isBlockHash(hash))
    throw new AppError('bad-input', 'a block is named by 64 lower-case hexadecimal digits');
}
