/**
 * A set of 16-byte ids that takes 23 to 46 bytes for each, and never forgets or confuses one: a log has
 * millions, and a Set of strings takes some 100 bytes for each.
 */
import { viewOf } from '../core/bytes.ts';

const WORDS = 4;
const INITIAL_SLOTS = 1024;
/** Above this share of used slots, look-ups in open addressing get long. */
const MAX_LOAD = 0.75;

export class IdSet {
  /** Open addressing with linear probing, four words a slot. */
  #words = new Uint32Array(INITIAL_SLOTS * WORDS);
  #used = new Uint8Array(INITIAL_SLOTS);
  #size = 0;
  /** Who writes the log chooses the ids: without it, ids could be chosen that all want one slot. */
  readonly #salt = crypto.getRandomValues(new Uint32Array(WORDS));

  get size(): number {
    return this.#size;
  }

  /** False when it was there already. `id` has 16 bytes. */
  add(id: Uint8Array): boolean {
    if (this.#size + 1 > MAX_LOAD * this.#used.length) this.#grow();
    const view = viewOf(id);
    const added = this.#insert(view.getUint32(0), view.getUint32(4), view.getUint32(8), view.getUint32(12));
    if (added) this.#size += 1;
    return added;
  }

  #insert(a: number, b: number, c: number, d: number): boolean {
    const mask = this.#used.length - 1;
    const [p, q, r, t] = this.#salt as unknown as [number, number, number, number];
    let mixed = 0;
    for (const word of [a ^ p, b ^ q, c ^ r, d ^ t]) {
      mixed = Math.imul(mixed ^ word, 0x9e3779b1);
      mixed ^= mixed >>> 15;
    }
    let slot = mixed & mask;
    for (;;) {
      const at = slot * WORDS;
      const words = this.#words;
      if (this.#used[slot] === 0) {
        this.#used[slot] = 1;
        words[at] = a;
        words[at + 1] = b;
        words[at + 2] = c;
        words[at + 3] = d;
        return true;
      }
      if (words[at] === a && words[at + 1] === b && words[at + 2] === c && words[at + 3] === d) return false;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    const [words, used] = [this.#words, this.#used];
    this.#words = new Uint32Array(2 * words.length);
    this.#used = new Uint8Array(2 * used.length);
    for (let slot = 0; slot < used.length; slot++) {
      if (used[slot] === 0) continue;
      const at = slot * WORDS;
      this.#insert(words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!);
    }
  }
}
