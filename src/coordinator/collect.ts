/**
 * Pulls a committed result and checks every number of it, one strip at a time: a strip that fails
 * ends it at once, and only verified blocks ever reach the block store.
 */
import { mapLimit } from '../core/async.ts';
import { discard, fromHex } from '../core/bytes.ts';
import { AppError, isAppError } from '../core/errors.ts';
import { BLOCK_BYTES, type Shape, colBlocks, rowBlocks } from '../matrix/blocks.ts';
import { putMatrix } from '../matrix/build.ts';
import { type FetchBytes, type Hash, MANIFEST_BYTES, decodeManifest } from '../matrix/manifest.ts';
import { stripHashes } from '../matrix/read.ts';
import type { Reason, Verdict } from '../verify/result.ts';
import type { Rect } from './grid.ts';

export interface Claim {
  readonly rect: Rect;
  /** The shard's own C. */
  readonly shape: Shape;
  /** What the contributor committed to. */
  readonly manifest: Hash;
  /** The blocks' hashes by its word, row by row: they count where they lead to the manifest. */
  readonly told?: readonly Hash[] | undefined;
}

export interface CollectContext {
  /** From the contributor; the bytes are known to match their hash, and nobody else has them. */
  readonly fetch: FetchBytes;
  readonly check: (row: number, firstCol: number, cBlocks: readonly Uint8Array[]) => Promise<Verdict>;
  readonly put: (hash: Hash, bytes: Uint8Array) => Promise<void>;
  /** Waits for room for so many bytes in memory; resolves to what gives it back. */
  readonly reserve: (bytes: number) => Promise<() => void>;
}

export type Collected =
  /** `blocks[strip][column]`, in the shard's own coordinates. */
  | { readonly ok: true; readonly blocks: Hash[][]; readonly bytes: number }
  | ({ readonly ok: false } & Refusal);

export interface Refusal {
  /** Of the checker's, or of the result as a whole. */
  readonly kind: Reason | 'shape' | 'manifest';
  readonly reason: string;
}

/** While one strip is checked and another stored, the next ones arrive. */
const STRIPS_AT_ONCE = 4;

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
    const width = colBlocks(shape);
    const hashesOf = (await toldStrips(claim)) ?? (await fetchedStrips(claim, once));
    const strips = Array.from({ length: rowBlocks(shape) }, (_, strip) => strip);
    const blocks = await mapLimit(strips, STRIPS_AT_ONCE, async (strip) => {
      const hashes = await hashesOf(strip);
      const release = await reserve(width * BLOCK_BYTES);
      try {
        const cBlocks = await Promise.all(hashes.map((hash) => fetch(hash)));
        for (const block of cBlocks) bytes += block.length;
        const verdict = await check(rect.row + strip, rect.col, cBlocks);
        if (!verdict.ok)
          throw new Refused(
            verdict.reason,
            `row ${strip * 256 + verdict.row} of the shard is wrong (${verdict.reason})`,
          );
        await Promise.all(hashes.map((hash, i) => put(hash, cBlocks[i]!)));
        for (const block of cBlocks) discard(block);
        return hashes;
      } finally {
        release();
      }
    });
    return { ok: true, blocks, bytes };
  } catch (error) {
    if (error instanceof Refused) return { ok: false, kind: error.kind, reason: error.message };
    if (isAppError(error, 'bad-frame')) return { ok: false, kind: 'manifest', reason: error.message };
    throw error;
  }
}

type FetchNode = (hash: Hash, length?: number) => Promise<Uint8Array>;
type Strips = (strip: number) => Promise<Hash[]>;

/** Undefined unless what it told is what it signed. */
async function toldStrips({ shape, manifest, told }: Claim): Promise<Strips | undefined> {
  const [height, width] = [rowBlocks(shape), colBlocks(shape)];
  if (told?.length !== height * width) return undefined;
  const strips = Array.from({ length: height }, (_, strip) => told.slice(strip * width, (strip + 1) * width));
  const digests = strips.map((strip) => strip.map(fromHex));
  const { manifestHash } = await putMatrix(shape, digests, () => Promise.resolve());
  return manifestHash === manifest ? (strip) => Promise.resolve(strips[strip]!) : undefined;
}

/** @throws AppError 'bad-frame' and what `once` throws; Refused for the C of another lease. */
async function fetchedStrips({ shape, manifest: hash }: Claim, once: FetchNode): Promise<Strips> {
  const manifest = decodeManifest(await once(hash, MANIFEST_BYTES));
  const { dtype, rows, cols } = manifest;
  if (dtype !== shape.dtype || rows !== shape.rows || cols !== shape.cols)
    throw new Refused('shape', 'the result has another shape than the lease');
  return (strip) => stripHashes(manifest, strip, (node) => once(node));
}

class Refused extends Error {
  readonly kind: Refusal['kind'];

  constructor(kind: Refusal['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Manifest and list nodes are asked for once per strip; they travel once. */
function cached(fetch: FetchBytes): FetchNode {
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
