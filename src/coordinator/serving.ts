/**
 * What a contributor may download: some, and its leases' operands a few times over. Hashes are no secret, and a
 * coordinator that serves whoever asks, as often as they ask, would be an amplifier (facts: trust §6.1).
 */
import { MAX_CONNECTIONS, SERVED_FREE_BYTES, SERVED_PER_LEASE } from '../protocol/limits.ts';
import { BLOCK_BYTES, colBlocks } from '../matrix/blocks.ts';
import type { ActiveLease } from './work.ts';

/** Contributors that are remembered after they left, so that connecting again refills nothing. */
const MAX_REMEMBERED = 4 * MAX_CONNECTIONS;

export class Serving {
  /** Bytes that each may still have; those seen longest ago come first. */
  readonly #left = new Map<string, number>();
  readonly #maxRemembered: number;

  constructor(maxRemembered: number = MAX_REMEMBERED) {
    this.#maxRemembered = maxRemembered;
  }

  /** It has said Hello; before that, nothing is served. */
  admit(contributor: string): void {
    const left = this.#left.get(contributor) ?? SERVED_FREE_BYTES;
    this.#left.delete(contributor);
    this.#left.set(contributor, left);
    const [oldest] = this.#left.keys();
    if (this.#left.size > this.#maxRemembered) this.#left.delete(oldest!);
  }

  leased({ peer, job, rect }: Pick<ActiveLease, 'peer' | 'job' | 'rect'>): void {
    const left = this.#left.get(peer);
    if (left === undefined) return;
    const operands = (rect.rows + rect.cols) * colBlocks({ ...job, cols: job.k }) * BLOCK_BYTES;
    this.#left.set(peer, left + SERVED_PER_LEASE * operands);
  }

  /** Takes the bytes from its allowance. False when there is none left; then the block is missing for it. */
  take(contributor: string, bytes: number): boolean {
    const left = this.#left.get(contributor) ?? 0;
    if (left <= 0) return false;
    this.#left.set(contributor, left - bytes);
    return true;
  }
}
