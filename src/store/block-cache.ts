/** Blocks in memory, least recently used first out. */
import type { Hash } from '../matrix/manifest.ts';

interface Entry {
  readonly bytes: Uint8Array;
  /** What it was counted as: an array that was transferred away says 0. */
  readonly size: number;
}

export class BlockCache {
  readonly #limit: number;
  readonly #entries = new Map<Hash, Entry>();
  #bytes = 0;

  /** @param limit - bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get(hash: Hash): Uint8Array | undefined {
    const entry = this.#entries.get(hash);
    if (!entry) return undefined;
    this.delete(hash);
    // A reader that transfers it to another thread against the rules costs a second read, not wrong bytes.
    if (entry.bytes.length !== entry.size) return undefined;
    this.set(hash, entry.bytes);
    return entry.bytes;
  }

  set(hash: Hash, bytes: Uint8Array): void {
    this.delete(hash);
    this.#entries.set(hash, { bytes, size: bytes.length });
    this.#bytes += bytes.length;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#limit) return;
      this.delete(oldest);
    }
  }

  delete(hash: Hash): void {
    this.#bytes -= this.#entries.get(hash)?.size ?? 0;
    this.#entries.delete(hash);
  }
}
