/**
 * Pulls a committed result and checks every number of it, one strip at a time: a strip that fails
 * ends it at once, and only verified blocks ever reach the block store.
 */
import { mapLimit } from '../core/async.ts';
import { AppError, isAppError } from '../core/errors.ts';
import { BLOCK_BYTES, type Shape, colBlocks, rowBlocks } from '../matrix/blocks.ts';
import { type FetchBytes, type Hash, MANIFEST_BYTES, decodeManifest } from '../matrix/manifest.ts';
import { stripHashes } from '../matrix/read.ts';
import type { Verdict } from '../verify/result.ts';
import type { Rect } from './grid.ts';

export interface Claim {
  readonly rect: Rect;
  /** The shard's own C. */
  readonly shape: Shape;
  /** What the contributor committed to. */
  readonly manifest: Hash;
}

export interface CollectContext {
  /** From the contributor; the bytes are known to match their hash. */
  readonly fetch: FetchBytes;
  readonly check: (row: number, firstCol: number, cBlocks: readonly Uint8Array[]) => Promise<Verdict>;
  readonly put: (hash: Hash, bytes: Uint8Array) => Promise<void>;
  /** Waits for room for so many bytes in memory; resolves to what gives it back. */
  readonly reserve: (bytes: number) => Promise<() => void>;
}

export type Collected =
  /** `blocks[strip][column]`, in the shard's own coordinates. */
  | { readonly ok: true; readonly blocks: Hash[][]; readonly bytes: number }
  | { readonly ok: false; readonly reason: string };

/** One strip is checked while the next one arrives. */
const STRIPS_AT_ONCE = 2;

/** @throws AppError 'closed', 'timeout', 'not-found' or 'aborted' when the transfer ends early. */
export async function collect(claim: Claim, context: CollectContext): Promise<Collected> {
  const { rect, shape } = claim;
  const { fetch, check, put, reserve } = context;
  let bytes = 0;
  const once = cached(async (hash) => {
    const node = await fetch(hash);
    bytes += node.length;
    return node;
  });
  try {
    const manifest = decodeManifest(await once(claim.manifest, MANIFEST_BYTES));
    if (manifest.dtype !== shape.dtype || manifest.rows !== shape.rows || manifest.cols !== shape.cols) {
      return { ok: false, reason: 'the result has another shape than the lease' };
    }
    const width = colBlocks(shape);
    const strips = Array.from({ length: rowBlocks(shape) }, (_, strip) => strip);
    const blocks = await mapLimit(strips, STRIPS_AT_ONCE, async (strip) => {
      const hashes = await stripHashes(manifest, strip, (hash) => once(hash));
      const release = await reserve(width * BLOCK_BYTES);
      try {
        const cBlocks = await Promise.all(hashes.map((hash) => fetch(hash)));
        for (const block of cBlocks) bytes += block.length;
        const verdict = await check(rect.row + strip, rect.col, cBlocks);
        if (!verdict.ok)
          throw new Refused(`row ${strip * 256 + verdict.row} of the shard is wrong (${verdict.reason})`);
        await Promise.all(hashes.map((hash, i) => put(hash, cBlocks[i]!)));
        return hashes;
      } finally {
        release();
      }
    });
    return { ok: true, blocks, bytes };
  } catch (error) {
    if (error instanceof Refused) return { ok: false, reason: error.message };
    if (isAppError(error, 'bad-frame')) return { ok: false, reason: error.message };
    throw error;
  }
}

class Refused extends Error {}

/** Manifest and list nodes are asked for once per strip; they travel once. */
function cached(fetch: FetchBytes): (hash: Hash, length?: number) => Promise<Uint8Array> {
  const known = new Map<Hash, Promise<Uint8Array>>();
  return async (hash, length) => {
    const pending = known.get(hash) ?? fetch(hash);
    known.set(hash, pending);
    const bytes = await pending;
    if (length !== undefined && bytes.length !== length)
      throw new AppError('bad-frame', 'the result is no manifest');
    return bytes;
  };
}
