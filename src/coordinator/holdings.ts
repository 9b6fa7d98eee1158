/**
 * What the coordinator believes a contributor still holds: strips (a row-block over all of K) in
 * the order of last use, as the contributor's own page cache orders them. A guess costs at most a
 * download, so it mirrors counts rather than hashes.
 */
import { BLOCK_BYTES } from '../matrix/blocks.ts';
import type { Hash } from '../matrix/manifest.ts';

export class Holdings {
  /** Insertion order is recency; the value is the strip's blocks. */
  readonly #strips = new Map<string, number>();
  readonly #pages: number;
  #used = 0;

  constructor(operandBytes: number) {
    this.#pages = Math.floor(operandBytes / BLOCK_BYTES);
  }

  has(operand: Hash, rowBlock: number): boolean {
    return this.#strips.has(`${operand}/${rowBlock}`);
  }

  add(operand: Hash, rowBlock: number, blocks: number): void {
    const key = `${operand}/${rowBlock}`;
    if (this.#strips.delete(key)) this.#used -= blocks;
    this.#strips.set(key, blocks);
    this.#used += blocks;
    while (this.#used > this.#pages && this.#strips.size > 0) this.#dropOldest();
  }

  /** The contributor evicted this many blocks: the oldest strips are no longer whole. */
  evicted(blocks: number): void {
    for (let left = blocks; left > 0 && this.#strips.size > 0;) left -= this.#dropOldest();
  }

  #dropOldest(): number {
    const [key, blocks] = this.#strips.entries().next().value!;
    this.#strips.delete(key);
    this.#used -= blocks;
    return blocks;
  }
}
