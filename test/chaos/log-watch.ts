/** Remembers every checkpoint that was served, and compares the log with them after each restart. */
import { bytesEqual } from '../../src/core/bytes.ts';
import { type Checkpoint, openCheckpoint } from '../../src/protocol/checkpoint.ts';
import { leafHash, rootAt } from '../../src/protocol/merkle.ts';
import { decodeEntries, decodeTile, tileAt, tilePath, tileReader } from '../../src/protocol/tiles.ts';
import { digestOf } from './inspect.ts';
import type { Door } from './requester.ts';

const TILE = 256;

export class LogWatch {
  readonly problems: string[] = [];
  /** Checkpoints that were compared with the log. */
  compared = 0;
  readonly #door: Door;
  readonly #coordinator: string;
  /** Served since the last comparison. */
  #unchecked: Checkpoint[] = [];
  #last: Checkpoint | undefined;
  readonly #entries: Uint8Array[] = [];
  /** Receipts that were found; entries never change, or `problems` says so. */
  readonly #found = new Set<string>();

  constructor(door: Door, coordinator: string) {
    this.#door = door;
    this.#coordinator = coordinator;
  }

  get size(): number {
    return this.#last?.size ?? 0;
  }

  /** Asks for the checkpoint and remembers it. Undefined when the coordinator is away. */
  async look(): Promise<Checkpoint | undefined> {
    let note: Uint8Array;
    try {
      note = await this.#get('checkpoint');
    } catch (error) {
      if (error instanceof TypeError) return undefined;
      throw error;
    }
    const checkpoint = await openCheckpoint(note, this.#coordinator);
    this.#unchecked.push(checkpoint);
    return checkpoint;
  }

  /** Every checkpoint served so far must be a prefix of the log as its tiles and entries show it now. */
  async compare(): Promise<void> {
    const now = await this.look();
    if (!now) throw new Error('the log cannot be read');
    const read = tileReader(now.size, (path) => this.#get(path));
    // What was compared before is a prefix of the last one, so the last one stands for all of them.
    const earlier = [...(this.#last ? [this.#last] : []), ...this.#unchecked];
    for (const { size, root } of earlier) {
      this.compared += 1;
      if (size > now.size)
        this.problems.push(`a checkpoint of ${size} leaves was served; the log has ${now.size}`);
      else if (!bytesEqual(await rootAt(size, read), root))
        this.problems.push(`the checkpoint of ${size} leaves is not a prefix of the log of ${now.size}`);
    }
    this.#unchecked = [];
    this.#last = now;
    await this.#readEntries(now.size);
  }

  /** Whether an entry holds these bytes. */
  has(receipt: Uint8Array): boolean {
    const wanted = Buffer.from(receipt);
    const digest = digestOf(receipt);
    if (this.#found.has(digest)) return true;
    // What is looked for is mostly new, and so is at the end.
    const found = this.#entries.findLast((entry) => Buffer.from(entry).includes(wanted)) !== undefined;
    if (found) this.#found.add(digest);
    return found;
  }

  /** Reads what is new, and compares each entry with its leaf. */
  async #readEntries(size: number): Promise<void> {
    for (let index = Math.floor(this.#entries.length / TILE); index * TILE < size; index++) {
      const bundle = tileAt('entries', index, size)!;
      const leaves = tileAt(0, index, size)!;
      const entries = decodeEntries(await this.#get(tilePath(bundle)), bundle.width);
      const hashes = decodeTile(await this.#get(tilePath(leaves)), leaves.width);
      for (const [at, entry] of entries.entries()) {
        const position = index * TILE + at;
        if (!bytesEqual(leafHash(entry), hashes[at]!))
          this.problems.push(`entry ${position} of the log is not what its leaf says`);
        const known = this.#entries[position];
        if (known && !bytesEqual(known, entry))
          this.problems.push(`entry ${position} of the log has changed`);
        this.#entries[position] = entry.slice();
      }
    }
  }

  async #get(path: string): Promise<Uint8Array> {
    const response = await fetch(`${this.#door.url}/log/${path}`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (!response.ok) throw new Error(`/log/${path}: ${response.status}`);
    return bytes;
  }
}
