/**
 * The blocks that are needed, in little memory: a Bloom filter (Bloom, CACM 1970) of 16 bits a block. It never says no
 * to what was marked. Of what was not it says yes to one in some 400, which then stays until the next sweep, whose salt
 * is another. A set of 4 million hashes (1 TiB) would take some 500 MB; this takes 8.
 */
import type { Hash } from '../matrix/manifest.ts';

const BITS_PER_BLOCK = 16;
const PROBES = 4;
const MIN_BITS = 1024;

export class Marks {
  readonly #words: Uint32Array;
  readonly #salt: number;

  /** @param expected - blocks, about; more are marked as surely, and less sharply */
  constructor(expected: number, salt: number) {
    this.#words = new Uint32Array(Math.ceil(Math.max(MIN_BITS, expected * BITS_PER_BLOCK) / 32));
    this.#salt = salt >>> 0;
  }

  add(hash: Hash): void {
    for (let probe = 0; probe < PROBES; probe++) {
      const bit = this.#bit(hash, probe);
      this.#words[bit >>> 5]! |= 1 << (bit & 31);
    }
  }

  has(hash: Hash): boolean {
    for (let probe = 0; probe < PROBES; probe++) {
      const bit = this.#bit(hash, probe);
      if ((this.#words[bit >>> 5]! & (1 << (bit & 31))) === 0) return false;
    }
    return true;
  }

  /** Parts of a SHA-256 are as good as hashes of their own. */
  #bit(hash: Hash, probe: number): number {
    const part = Number.parseInt(hash.slice(probe * 13, probe * 13 + 13), 16);
    const mixed = (part ^ Math.imul(this.#salt, 2 * probe + 1)) >>> 0;
    // 52 bits of the hash: the high ones choose beyond 2³² places.
    return (mixed + Math.floor(part / 2 ** 32) * 2 ** 32) % (this.#words.length * 32);
  }
}
