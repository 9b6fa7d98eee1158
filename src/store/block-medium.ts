/** What a block store keeps its blocks on: a folder, or a bucket of an S3-compatible store. Knows no hashes of bytes and no cache. */
import type { Hash } from '../matrix/manifest.ts';

/** A block as a listing tells of it. */
export interface StoredBlock {
  readonly hash: Hash;
  readonly bytes: number;
  /** When it was last put, by the clock of what it is kept on. */
  readonly modifiedMs: number;
}

export interface BlockMedium {
  /** Operations at once that keep it busy. */
  readonly width: number;
  /** Resolves when the bytes would survive the loss of power. Whole or not at all, whoever else writes the same block. */
  write(hash: Hash, bytes: Uint8Array): Promise<void>;
  /** Undefined only for what is not there. @throws AppError 'internal' or 'unreachable' for a medium that fails */
  read(hash: Hash): Promise<Uint8Array | undefined>;
  has(hash: Hash): Promise<boolean>;
  /** Nothing happens where there is none. */
  remove(hash: Hash): Promise<void>;
  /**
   * Removes what was put last before `beforeMs`. @returns false for what is younger, or not there. A put at the same
   * moment wins; where a medium cannot promise that, it says so.
   */
  removeOlder(hash: Hash, beforeMs: number): Promise<boolean>;
  /** In no order; what comes or goes meanwhile may or may not be among them. */
  list(): AsyncIterable<StoredBlock>;
  /** What is under way fails with 'closed', or ends soon. */
  close(): Promise<void>;
}

const HASH = /^[0-9a-f]{64}$/;

export function isBlockHash(text: string): boolean {
  return HASH.test(text);
}
