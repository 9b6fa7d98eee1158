/**
 * The far end of the wire contract: a link driven by plain data, so that it may live in another process or
 * in a browser worker. Browser-safe.
 */
import { sha256, toHex } from '../../src/core/bytes.ts';
import { toAppError } from '../../src/core/errors.ts';
import { seededRng } from '../../src/core/rng.ts';
import type { Link } from '../../src/net/link.ts';

export const BLOCKS = 40;
const BLOCK_LENGTH = 96 * 1024;

export interface TestBlocks {
  readonly hashes: string[];
  readonly source: (hash: string) => Promise<Uint8Array | undefined>;
}

/** The same blocks for the same seed, wherever they are made. */
export async function testBlocks(seed: number): Promise<TestBlocks> {
  const blocks = new Map<string, Uint8Array>();
  for (let i = 0; i < BLOCKS; i++) {
    const bytes = seededRng(seed * 1000 + i).bytes(i === 0 ? 256 * 1024 : BLOCK_LENGTH + i);
    blocks.set(toHex(await sha256(bytes)), bytes);
  }
  return {
    hashes: Array.from(blocks.keys()),
    source: async (hash) => blocks.get(hash),
  };
}

export const NEAR_SEED = 1;
export const FAR_SEED = 2;

/** All methods take and return plain data. Error codes stand for errors, 'ok' for none. */
export interface FarEnd {
  fetchAll(hashes: string[]): Promise<string[]>;
  /** Begins a fetch and says which; see `abortFetch` and `outcome`. */
  beginFetch(hash: string): Promise<number>;
  abortFetch(fetch: number): Promise<void>;
  outcome(fetch: number): Promise<string>;
  /** Sends frames of `length` bytes that begin with their number. */
  sendNumbers(count: number, length: number): Promise<string>;
  /** The numbers of the next frames; ends early, with -1, at the end of the channel. */
  receiveNumbers(count: number): Promise<number[]>;
  close(): Promise<void>;
  /** Resolves when the link has ended. */
  closed(): Promise<string>;
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'ok',
    (error: unknown) => toAppError(error).code,
  );

export function numbered(number: number, length: number): Uint8Array {
  const frame = new Uint8Array(Math.max(4, length)).fill(number & 255);
  new DataView(frame.buffer).setUint32(0, number);
  return frame;
}

export function numberOf(frame: Uint8Array | undefined): number {
  return frame ? new DataView(frame.buffer, frame.byteOffset).getUint32(0) : -1;
}

export function farEnd(link: Link): FarEnd {
  const fetches: { abort: AbortController; outcome: Promise<string> }[] = [];
  return {
    fetchAll: (hashes) => Promise.all(hashes.map((hash) => codeOf(link.blocks.fetch(hash)))),
    async beginFetch(hash) {
      const abort = new AbortController();
      return fetches.push({ abort, outcome: codeOf(link.blocks.fetch(hash, abort.signal)) }) - 1;
    },
    async abortFetch(fetch) {
      fetches[fetch]?.abort.abort();
    },
    outcome: async (fetch) => fetches[fetch]?.outcome ?? 'not-found',
    sendNumbers: (count, length) =>
      codeOf(Promise.all(Array.from({ length: count }, (_, i) => link.control.send(numbered(i, length))))),
    async receiveNumbers(count) {
      const numbers: number[] = [];
      while (numbers.length < count && numbers.at(-1) !== -1) {
        numbers.push(numberOf(await link.control.receive().catch(() => undefined)));
      }
      return numbers;
    },
    close: () => link.close(),
    closed: () => link.closed.then(() => 'closed'),
  };
}
