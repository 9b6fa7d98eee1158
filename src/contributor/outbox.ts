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
  readonly job: string;
  readonly project: string;
  readonly bytes: number;
}

/** Results kept while the coordinator is away; older ones are given up (their leases have expired). */
const MAX_PENDING = 8;

export class Outbox {
  /** Told how much of a result the coordinator has pulled, 0…1, whenever it pulls. */
  onPulled: (lease: string, share: number) => void = () => {};
  readonly #pending = new Map<string, { result: PendingResult; hashes: Hash[]; unpulled: Set<Hash> }>();
  readonly #blocks = new Map<Hash, { bytes: Uint8Array; holders: number }>();

  /** Hashes C's blocks and holds them. Returns what the result states and how to seal it in. */
  async stage(
    shape: { dtype: ResultDtype; rows: number; cols: number },
    blocks: readonly Uint8Array[],
  ): Promise<{ manifest: Hash; bytes: number; hold: (result: PendingResult) => void }> {
    const found = new Map<Hash, Uint8Array>();
    const put = (hash: Hash, bytes: Uint8Array): Promise<void> => {
      found.set(hash, bytes);
      return Promise.resolve();
    };
    const digests = await Promise.all(blocks.map((block) => sha256(block)));
    const perStrip = colBlocks(shape);
    const strips = Array.from({ length: digests.length / perStrip }, (_, i) =>
      digests.slice(i * perStrip, (i + 1) * perStrip),
    );
    const { manifestHash } = await putMatrix(shape, strips, put);
    for (const [i, digest] of digests.entries()) found.set(toHex(digest), blocks[i]!);
    const bytes = blocks.reduce((sum, block) => sum + block.length, 0);
    const hold = (result: PendingResult): void => {
      this.drop(result.lease);
      while (this.#pending.size >= MAX_PENDING) this.drop(this.#pending.keys().next().value!);
      for (const [hash, held] of found) {
        const entry = this.#blocks.get(hash);
        if (entry) entry.holders += 1;
        else this.#blocks.set(hash, { bytes: held, holders: 1 });
      }
      const hashes = Array.from(found.keys());
      this.#pending.set(result.lease, { result, hashes, unpulled: new Set(hashes) });
    };
    return { manifest: manifestHash, bytes, hold };
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
    for (const hash of entry.hashes) {
      const block = this.#blocks.get(hash)!;
      block.holders -= 1;
      if (block.holders === 0) this.#blocks.delete(hash);
    }
    return true;
  }

  /** What the coordinator pulls. */
  readonly source = (hash: Hash): Promise<Uint8Array | undefined> => {
    for (const { result, hashes, unpulled } of this.#pending.values()) {
      if (unpulled.delete(hash)) this.onPulled(result.lease, 1 - unpulled.size / hashes.length);
    }
    return Promise.resolve(this.#blocks.get(hash)?.bytes);
  };
}
