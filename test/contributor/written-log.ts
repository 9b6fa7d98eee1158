/** A public log in memory: entries, signed checkpoints and tiles, as src/protocol makes them. */
import { concatBytes } from '../../src/core/bytes.ts';
import { AppError } from '../../src/core/errors.ts';
import type { Credited, FetchLog, LogMemory, Remembered } from '../../src/contributor/log-watch.ts';
import { signCheckpoint } from '../../src/protocol/checkpoint.ts';
import type { SigningKey } from '../../src/protocol/keys.ts';
import { encodeLogEntry } from '../../src/protocol/log-entry.ts';
import { leafHash, rootOf } from '../../src/protocol/merkle.ts';
import { parseTilePath } from '../../src/protocol/tiles.ts';

/** The envelopes of credit number `i`; another `story` makes another entry. */
export const envelopes = (i: number, story = 0): Omit<Credited, 'index'> => ({
  receipt: Uint8Array.of(1, i >> 8, i & 255, story),
  result: Uint8Array.of(2, i & 255),
  lease: Uint8Array.of(3, i & 255),
});

export class WrittenLog {
  readonly leaves: Uint8Array[] = [];
  /** Files that are served otherwise than they are. */
  readonly instead = new Map<string, Uint8Array | AppError>();
  readonly asked: string[] = [];
  readonly #key: SigningKey;

  constructor(key: SigningKey) {
    this.#key = key;
  }

  /** Appends so many credits. */
  async grow(count: number, story = 0): Promise<this> {
    for (let i = 0; i < count; i++) {
      this.leaves.push(leafHash(encodeLogEntry(envelopes(this.leaves.length, story))));
    }
    return this;
  }

  async checkpoint(size = this.leaves.length, key = this.#key): Promise<string> {
    return signCheckpoint(size, rootOf(this.leaves.slice(0, size)), key);
  }

  readonly fetch: FetchLog = async (path, { maxBytes }) => {
    this.asked.push(path);
    const bytes = this.instead.get(path) ?? (await this.#file(path));
    if (bytes instanceof AppError) throw bytes;
    if (bytes.length > maxBytes) throw new AppError('too-large', path);
    return bytes;
  };

  async #file(path: string): Promise<Uint8Array> {
    if (path === 'checkpoint') return new TextEncoder().encode(await this.checkpoint());
    const tile = parseTilePath(path);
    if (!tile || tile.level === 'entries') throw new AppError('not-found', path);
    const span = 256 ** tile.level;
    const hashes: Uint8Array[] = [];
    for (let at = tile.index * 256; at < tile.index * 256 + tile.width; at++) {
      if ((at + 1) * span > this.leaves.length) throw new AppError('not-found', path);
      hashes.push(rootOf(this.leaves.slice(at * span, (at + 1) * span)));
    }
    return concatBytes(hashes);
  }
}

export class MemoryOfLogs implements LogMemory {
  readonly rows = new Map<string, unknown>();
  /** Storage that is full or forbidden. */
  broken = false;

  async load(coordinator: string): Promise<unknown> {
    if (this.broken) throw new AppError('internal', 'storage is forbidden here');
    return this.rows.get(coordinator);
  }

  async save(coordinator: string, remembered: Remembered): Promise<void> {
    if (this.broken) throw new AppError('internal', 'storage is full');
    this.rows.set(coordinator, structuredClone(remembered));
  }
}
