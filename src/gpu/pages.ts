/**
 * Which page of the arena holds which block: least recently used goes first, never while a shard pins it.
 * Pure bookkeeping. Pins are counted per shard and per call: a hash named twice in one call is pinned once,
 * in two calls twice, so ranges that share blocks may overlap in time.
 */
import { AppError } from '../core/errors.ts';
import type { Hash } from '../matrix/manifest.ts';

interface Page {
  readonly index: number;
  /** Bytes written, 0 while the block has not arrived. */
  bytes: number;
  readonly pins: Map<number, number>;
}

export interface PageUse {
  readonly index: number;
  readonly bytes: number;
}

export class PageTable {
  readonly pageCount: number;
  readonly #pages = new Map<Hash, Page>();
  /** Pages that nobody pins, the one to evict first at the front. */
  readonly #idle = new Map<Hash, Page>();
  readonly #free: number[];
  readonly #evicted = new Set<Hash>();

  constructor(pageCount: number) {
    this.pageCount = pageCount;
    this.#free = Array.from({ length: pageCount }, (_, i) => pageCount - 1 - i);
  }

  get used(): number {
    return this.#pages.size;
  }

  get pinned(): number {
    return this.#pages.size - this.#idle.size;
  }

  /**
   * Pins each distinct hash once more for `owner` and returns those whose bytes are missing, in order.
   * @throws AppError 'out-of-memory' when too few pages are unpinned; nothing is pinned then.
   */
  reserve(owner: number, hashes: readonly Hash[]): Hash[] {
    const wanted = new Set(hashes);
    let fresh = 0;
    let woken = 0;
    for (const hash of wanted) {
      if (!this.#pages.has(hash)) fresh += 1;
      else if (this.#idle.has(hash)) woken += 1;
    }
    if (fresh > this.#free.length + this.#idle.size - woken) {
      throw new AppError(
        'out-of-memory',
        `${wanted.size} blocks do not fit: ${this.pageCount} pages, ${this.pinned} of them pinned`,
      );
    }
    // All that are here get pinned before any is evicted for a new one.
    for (const hash of wanted) this.#pin(owner, hash);
    const missing: Hash[] = [];
    for (const hash of wanted) {
      const page = this.#pages.get(hash) ?? this.#take(owner, hash);
      if (page.bytes === 0) missing.push(hash);
    }
    return missing;
  }

  #pin(owner: number, hash: Hash): void {
    const page = this.#pages.get(hash);
    if (!page) return;
    this.#idle.delete(hash);
    page.pins.set(owner, (page.pins.get(owner) ?? 0) + 1);
  }

  #take(owner: number, hash: Hash): Page {
    let index = this.#free.pop();
    if (index === undefined) {
      const [oldest, page] = this.#idle.entries().next().value!;
      this.#idle.delete(oldest);
      this.#pages.delete(oldest);
      this.#evicted.add(oldest);
      index = page.index;
    }
    const page: Page = { index, bytes: 0, pins: new Map([[owner, 1]]) };
    this.#pages.set(hash, page);
    return page;
  }

  /**
   * The page to write a block of `bytes` bytes to, or undefined when its bytes are already here.
   * @throws AppError 'bad-input' when `owner` has not reserved the hash.
   */
  fill(owner: number, hash: Hash, bytes: number): number | undefined {
    const page = this.#pages.get(hash);
    if (!page?.pins.has(owner))
      throw new AppError('bad-input', `block ${hash} was not reserved for this shard`);
    if (page.bytes !== 0) return undefined;
    page.bytes = bytes;
    this.#evicted.delete(hash);
    return page.index;
  }

  /** The page of a block that `owner` pins and that has arrived. @throws AppError 'bad-input' otherwise. */
  use(owner: number, hash: Hash): PageUse {
    const page = this.#pages.get(hash);
    if (!page?.pins.has(owner))
      throw new AppError('bad-input', `block ${hash} was not reserved for this shard`);
    if (page.bytes === 0) throw new AppError('bad-input', `block ${hash} was reserved but never put`);
    return page;
  }

  /** Takes one pin of `owner` off each distinct hash; those it does not pin are left alone. */
  release(owner: number, hashes: readonly Hash[]): void {
    for (const hash of new Set(hashes)) {
      const page = this.#pages.get(hash);
      const pins = page?.pins.get(owner);
      if (!page || pins === undefined) continue;
      if (pins > 1) page.pins.set(owner, pins - 1);
      else this.#unpin(owner, hash, page);
    }
  }

  /** Takes off every pin of `owner`. */
  releaseAll(owner: number): void {
    for (const [hash, page] of this.#pages) if (page.pins.has(owner)) this.#unpin(owner, hash, page);
  }

  #unpin(owner: number, hash: Hash, page: Page): void {
    page.pins.delete(owner);
    if (page.pins.size > 0) return;
    if (page.bytes > 0) {
      this.#idle.set(hash, page);
    } else {
      this.#pages.delete(hash);
      this.#free.push(page.index);
    }
  }

  /** Hashes evicted since the last call and not come back since. */
  takeEvicted(): Hash[] {
    const evicted = [...this.#evicted];
    this.#evicted.clear();
    return evicted;
  }
}
