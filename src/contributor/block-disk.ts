/**
 * Operand blocks on disk, across leases and visits, within a budget: slots of 256 KiB in one file, and beside it an
 * index that says which block is in which slot. A block counts only if its bytes hash to its name when it is read,
 * so a crash between two writes, a torn write or a damaged disk is a miss and nothing worse. Least recently used goes
 * first. A full or failing disk shrinks what is kept, and never fails a lease.
 */
import { type Bytes, fromHex, sha256, toHex, viewOf } from '../core/bytes.ts';
import { Allowance } from '../core/allowance.ts';
import type { Clock } from '../core/clock.ts';
import { BLOCK_BYTES } from '../matrix/blocks.ts';
import type { Hash } from '../matrix/manifest.ts';

/** What we use of a FileSystemSyncAccessHandle. */
export interface DiskFile {
  read(into: Bytes, options: { at: number }): number;
  /** Throws where the quota ends. */
  write(bytes: Bytes, options: { at: number }): number;
  getSize(): number;
  truncate(bytes: number): void;
  close(): void;
}

export interface BlockDiskOptions {
  readonly data: DiskFile;
  readonly index: DiskFile;
  readonly budgetBytes: number;
  readonly clock: Clock;
}

/** Index entry: hash 32 bytes | length u32le, 0 in a free slot | order of the last use, f64le. */
const ENTRY_BYTES = 44;
const LENGTH_AT = 32;
const ORDER_AT = 36;
/**
 * A full disk takes in a gibibyte an hour: 24 GiB a day are within what a cheap SSD is made for (a 250 GB drive is
 * warranted for about 100 TB), and a fast link alone would write a terabyte.
 */
const REPLACED = { burst: 256, perSecond: (1024 * 1024 * 1024) / BLOCK_BYTES / 3600 };

interface Entry {
  readonly slot: number;
  readonly bytes: number;
}

export class BlockDisk {
  readonly #data: DiskFile;
  readonly #index: DiskFile;
  readonly #replacing: Allowance;
  /** The one to go first at the front. */
  readonly #entries = new Map<Hash, Entry>();
  /** Free slots below `#end`. */
  #free: number[] = [];
  /** Slots that the files have. */
  #end = 0;
  #slots: number;
  #order = 0;
  readonly #evicted = new Set<Hash>();

  constructor({ data, index, budgetBytes, clock }: BlockDiskOptions) {
    this.#data = data;
    this.#index = index;
    this.#replacing = new Allowance(clock, REPLACED);
    this.#slots = Math.floor(budgetBytes / BLOCK_BYTES);
    this.#load();
  }

  get budgetBytes(): number {
    return this.#slots * BLOCK_BYTES;
  }

  get usedBytes(): number {
    return this.#entries.size * BLOCK_BYTES;
  }

  has(hash: Hash): boolean {
    return this.#entries.has(hash);
  }

  /** Undefined when it is not here or not what it should be; then it is not here any more. */
  async get(hash: Hash): Promise<Uint8Array | undefined> {
    const entry = this.#entries.get(hash);
    if (!entry) return undefined;
    const bytes = this.#read(entry);
    const good = bytes && toHex(await sha256(bytes)) === hash;
    const current = this.#entries.get(hash) === entry;
    if (good && current) this.#use(hash, entry);
    else if (current) this.#forget(hash, entry);
    return good ? bytes : undefined;
  }

  put(hash: Hash, bytes: Uint8Array): void {
    const known = this.#entries.get(hash);
    if (known) this.#use(hash, known);
    if (known || bytes.length === 0 || bytes.length > BLOCK_BYTES) return;
    const slot = this.#take();
    if (slot === undefined) return;
    try {
      write(this.#data, bytes, slot * BLOCK_BYTES);
      this.#writeEntry(slot, hash, bytes.length);
      this.#entries.set(hash, { slot, bytes: bytes.length });
      this.#evicted.delete(hash);
    } catch {
      this.#refused();
    }
  }

  /** They were used elsewhere: the GPU has them as well. */
  touch(hashes: readonly Hash[]): void {
    for (const hash of hashes) {
      const entry = this.#entries.get(hash);
      if (entry) this.#last(hash, entry);
    }
  }

  /** Hashes evicted since the last call and not come back since. */
  takeEvicted(): Hash[] {
    const evicted = Array.from(this.#evicted);
    this.#evicted.clear();
    return evicted;
  }

  /** Less than before forgets what lies beyond, whenever it was used: moving it would stall the session. */
  setBudget(bytes: number): void {
    this.#slots = Math.floor(bytes / BLOCK_BYTES);
    for (const [hash, { slot }] of Array.from(this.#entries)) {
      if (slot >= this.#slots) this.#lose(hash);
    }
    this.#settle();
  }

  clear(): void {
    for (const hash of Array.from(this.#entries.keys())) this.#lose(hash);
    this.#settle();
  }

  close(): void {
    this.#data.close();
    this.#index.close();
  }

  #load(): void {
    const bytes = new Uint8Array(Math.min(this.#slots * ENTRY_BYTES, this.#index.getSize()));
    const view = viewOf(bytes);
    const slots = Math.floor(this.#index.read(bytes, { at: 0 }) / ENTRY_BYTES);
    const found: { readonly hash: Hash; readonly entry: Entry; readonly order: number }[] = [];
    for (let slot = 0; slot < slots; slot++) {
      const at = slot * ENTRY_BYTES;
      const length = view.getUint32(at + LENGTH_AT, true);
      const order = view.getFloat64(at + ORDER_AT, true);
      const hash = toHex(bytes.subarray(at, at + LENGTH_AT));
      if (length === 0 || length > BLOCK_BYTES || !Number.isSafeInteger(order)) continue;
      found.push({ hash, entry: { slot, bytes: length }, order });
    }
    found.sort((x, y) => x.order - y.order);
    for (const { hash, entry, order } of found) {
      this.#entries.set(hash, entry); // twice in the index: the later one counts
      this.#order = order;
    }
    this.#settle();
  }

  /** The files end after the last block; slots before it that hold none are free. */
  #settle(): void {
    const used = new Set(Array.from(this.#entries.values(), ({ slot }) => slot));
    this.#end = 0;
    for (const slot of used) this.#end = Math.max(this.#end, slot + 1);
    this.#free = Array.from({ length: this.#end }, (_, slot) => slot).filter((slot) => !used.has(slot));
    this.#truncate();
  }

  /** A slot to write to; undefined when there is none now. */
  #take(): number | undefined {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#end < this.#slots) return this.#end++;
    if (this.#entries.size === 0 || !this.#replacing.take()) return undefined;
    const [oldest, { slot }] = this.#entries.entries().next().value!;
    this.#lose(oldest);
    return slot;
  }

  /** The disk takes no more: what it has is all that it will have, until the budget is set anew. */
  #refused(): void {
    this.#settle();
    this.#slots = this.#end;
    this.#free = []; // one of them may be what cannot be written
  }

  #read({ slot, bytes }: Entry): Bytes | undefined {
    const into = new Uint8Array(bytes);
    try {
      return this.#data.read(into, { at: slot * BLOCK_BYTES }) === bytes ? into : undefined;
    } catch {
      return undefined;
    }
  }

  #use(hash: Hash, entry: Entry): void {
    this.#last(hash, entry);
    try {
      this.#writeEntry(entry.slot, hash, entry.bytes);
    } catch {
      // The order of use is for the next visit; without it the block goes sooner.
    }
  }

  #last(hash: Hash, entry: Entry): void {
    this.#entries.delete(hash);
    this.#entries.set(hash, entry);
  }

  #forget(hash: Hash, { slot }: Entry): void {
    this.#lose(hash);
    this.#free.push(slot);
    try {
      write(this.#index, new Uint8Array(ENTRY_BYTES), slot * ENTRY_BYTES);
    } catch {
      // It will be found wrong again.
    }
  }

  #lose(hash: Hash): void {
    this.#entries.delete(hash);
    this.#evicted.add(hash);
  }

  #writeEntry(slot: number, hash: Hash, length: number): void {
    const entry = new Uint8Array(ENTRY_BYTES);
    entry.set(fromHex(hash));
    const view = viewOf(entry);
    view.setUint32(LENGTH_AT, length, true);
    view.setFloat64(ORDER_AT, ++this.#order, true);
    write(this.#index, entry, slot * ENTRY_BYTES);
  }

  #truncate(): void {
    try {
      if (this.#index.getSize() > this.#end * ENTRY_BYTES) this.#index.truncate(this.#end * ENTRY_BYTES);
      if (this.#data.getSize() > this.#end * BLOCK_BYTES) this.#data.truncate(this.#end * BLOCK_BYTES);
    } catch {
      // What is too much there is not in use.
    }
  }
}

/** Throws when not all of it could be written. */
function write(file: DiskFile, bytes: Uint8Array, at: number): void {
  if (file.write(bytes as Bytes, { at }) !== bytes.length) throw new RangeError('the disk is full');
}
