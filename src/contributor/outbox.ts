/**
 * Results waiting for their receipt. They outlive a connection: after a reconnect the commit is sent
 * again and the coordinator pulls whatever it still lacks.
 */
import { sha256, toHex } from '../core/bytes.ts';
import type { ResultDtype } from '../matrix/dtype.ts';
import { colBlocks } from '../matrix/blocks.ts';
import { putMatrix } from '../matrix/build.ts';
import type { Hash } from '../matrix/manifest.ts';

export interface PendingResult {
  /** Lease id. */
  readonly lease: string;
  readonly leaseEnvelope: Uint8Array;
  readonly resultEnvelope: Uint8Array;
  /** Hashes of C's blocks, row by row. */
  readonly blocks: readonly Hash[];
  readonly job: string;
  readonly project: string;
  readonly bytes: number;
}

/** Results kept while the coordinator is away; older ones are given up (their leases have expired). */
const MAX_PENDING = 8;
/** Of results that nobody has taken yet: with so many waiting, nothing more is computed. */
const MAX_HELD_BYTES = 256 * 1024 * 1024;
/** How often a coordinator may pull a whole result, over all connections: restarts, never a siphon. */
const MAX_PULLS = 16;

interface Pending {
  readonly result: PendingResult;
  readonly hashes: ReadonlySet<Hash>;
  readonly bytes: number;
  readonly unpulled: Set<Hash>;
  /** Bytes of it that may still be asked for. */
  left: number;
}

export class Outbox {
  /** Told how much of a result the coordinator has pulled, 0…1, whenever it pulls. */
  onPulled: (lease: string, share: number) => void = () => {};
  readonly #pending = new Map<string, Pending>();
  readonly #blocks = new Map<Hash, { bytes: Uint8Array; holders: number }>();
  readonly #maxBytes: number;
  #bytes = 0;
  /** Of results that are being hashed and signed. */
  #expected = 0;

  constructor(maxBytes: number = MAX_HELD_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes of the results that wait; blocks that two of them share count twice. */
  get heldBytes(): number {
    return this.#bytes;
  }

  /** So much waits that no further result should be made. */
  get full(): boolean {
    return this.#bytes + this.#expected >= this.#maxBytes;
  }

  /** Counts a result that is about to be held, until what this returns is called. */
  expect(blocks: readonly Uint8Array[]): () => void {
    let bytes = sizeOf(blocks);
    this.#expected += bytes;
    return () => {
      this.#expected -= bytes;
      bytes = 0;
    };
  }

  /** Hashes C's blocks and holds them. Returns what the result states and how to seal it in. */
  async stage(
    shape: { dtype: ResultDtype; rows: number; cols: number },
    blocks: readonly Uint8Array[],
  ): Promise<{
    manifest: Hash;
    hashes: readonly Hash[];
    bytes: number;
    hold: (result: PendingResult) => void;
  }> {
    const found = new Map<Hash, Uint8Array>();
    const put = (hash: Hash, bytes: Uint8Array): Promise<void> => {
      found.set(hash, bytes);
      return Promise.resolve();
    };
    const digests = await Promise.all(blocks.map((block) => sha256(block)));
    const named = digests.map(toHex);
    const perStrip = colBlocks(shape);
    const strips = Array.from({ length: digests.length / perStrip }, (_, i) =>
      digests.slice(i * perStrip, (i + 1) * perStrip),
    );
    const { manifestHash } = await putMatrix(shape, strips, put);
    const nodeBytes = sizeOf(found.values());
    for (const [i, hash] of named.entries()) found.set(hash, blocks[i]!);
    const bytes = sizeOf(blocks);
    const hold = (result: PendingResult): void => {
      this.drop(result.lease);
      while (this.#pending.size >= MAX_PENDING) this.drop(this.#pending.keys().next().value!);
      for (const [hash, held] of found) {
        const entry = this.#blocks.get(hash);
        if (entry) entry.holders += 1;
        else this.#blocks.set(hash, { bytes: held, holders: 1 });
      }
      const hashes = new Set(found.keys());
      const held = sizeOf(found.values());
      this.#bytes += held;
      this.#pending.set(result.lease, {
        result,
        hashes,
        bytes: held,
        unpulled: new Set(hashes),
        // Equal blocks are one block here; a coordinator may ask for each place of C.
        left: MAX_PULLS * (bytes + nodeBytes),
      });
    };
    return { manifest: manifestHash, hashes: named, bytes, hold };
  }

  get(lease: string): PendingResult | undefined {
    return this.#pending.get(lease)?.result;
  }

  pending(): PendingResult[] {
    return Array.from(this.#pending.values(), (entry) => entry.result);
  }

  /** Frees the result's blocks; false when it was not held. */
  drop(lease: string): boolean {
    const entry = this.#pending.get(lease);
    if (!entry) return false;
    this.#pending.delete(lease);
    this.#bytes -= entry.bytes;
    for (const hash of entry.hashes) {
      const block = this.#blocks.get(hash)!;
      block.holders -= 1;
      if (block.holders === 0) this.#blocks.delete(hash);
    }
    return true;
  }

  /** What the coordinator pulls; undefined for what is not here, or has been pulled often enough. */
  readonly source = (hash: Hash): Promise<Uint8Array | undefined> => {
    const bytes = this.#blocks.get(hash)?.bytes;
    return Promise.resolve(bytes && this.#paid(hash, bytes.length) ? bytes : undefined);
  };

  #paid(hash: Hash, bytes: number): boolean {
    const holders = Array.from(this.#pending.values()).filter(({ hashes }) => hashes.has(hash));
    const payer = holders.find(({ left }) => left >= bytes);
    if (!payer) return false;
    payer.left -= bytes;
    for (const { result, hashes, unpulled } of holders) {
      if (unpulled.delete(hash)) this.onPulled(result.lease, 1 - unpulled.size / hashes.size);
    }
    return true;
  }
}

function sizeOf(blocks: Iterable<Uint8Array>): number {
  let sum = 0;
  for (const { length } of blocks) sum += length;
  return sum;
}
