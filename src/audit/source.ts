/** Where an audit reads: a coordinator over HTTP, or a folder laid out as its URLs are. */
import type { Bytes } from '../core/bytes.ts';

export interface Source {
  /**
   * @param path - of the URL, without a leading slash, such as "log/checkpoint"
   * @param maxBytes - more than these are not read, whatever the other end sends
   * @returns undefined when there is no such file
   * @throws AppError 'too-large', 'unreachable', 'timeout' or 'aborted'
   */
  read(path: string, maxBytes: number): Promise<Bytes | undefined>;
}

export const CHECKPOINT_PATH = 'log/checkpoint';
export const blockPath = (hash: string): string => `v1/blocks/${hash}`;
export const shardPath = (lease: string): string => `v1/shards/${lease}`;
