/**
 * Manifests: what a matrix is and which blocks it is made of, addressed by SHA-256 (DESIGN §1). One that says
 * how its values are made instead, and has no blocks to be fetched, stands in seeded.ts.
 *
 *   manifest (48 bytes) = "TWM1" | dtype u8 | 0 0 0 | rows u32le | cols u32le | root[32]
 *   root                = list of the strips' list hashes, one per row-block
 *   a strip's list      = hashes of its blocks, one per column-block
 *
 * A list is its hashes, concatenated, in one node of at most 256 KiB (8,192 hashes); a longer list
 * is a tree: nodes of 8,192 hashes, then the list of the nodes' hashes, and so on up. The length of
 * every list follows from the shape, so no node states its own depth and none can lie about it.
 */
import { AppError } from '../core/errors.ts';
import {
  type Bytes,
  SHA256_BYTES,
  bytesEqual,
  ceilDiv,
  concatBytes,
  sha256,
  toHex,
  utf8,
  viewOf,
} from '../core/bytes.ts';
import { BLOCK_BYTES, type Shape, assertShape } from './blocks.ts';
import { DTYPE_CODE, dtypeOfCode } from './dtype.ts';
import { type SeededManifest, decodeSeeded, encodeSeeded, isSeeded } from './seeded.ts';

/** A SHA-256 in lower-case hexadecimal: the key of every map of blocks. */
export type Hash = string;

export interface StoredManifest extends Shape {
  readonly root: Bytes;
}

export type Manifest = StoredManifest | SeededManifest;

/** Of a stored matrix, as every result is. */
export const MANIFEST_BYTES = 48;
export const HASHES_PER_NODE = BLOCK_BYTES / SHA256_BYTES;

const MAGIC = utf8.encode('TWM1');

export function encodeManifest(manifest: Manifest): Bytes {
  if (isSeeded(manifest)) return encodeSeeded(manifest);
  const bytes = new Uint8Array(MANIFEST_BYTES);
  bytes.set(MAGIC);
  const view = viewOf(bytes);
  view.setUint8(4, DTYPE_CODE[manifest.dtype]);
  view.setUint32(8, manifest.rows, true);
  view.setUint32(12, manifest.cols, true);
  bytes.set(manifest.root, 16);
  return bytes;
}

/** @throws AppError 'bad-frame' unless the bytes are exactly one well-formed manifest. */
export function decodeManifest(bytes: Uint8Array): Manifest {
  const seeded = decodeSeeded(bytes);
  if (seeded) return seeded;
  const dtype = bytes.length === MANIFEST_BYTES ? dtypeOfCode(bytes[4]!) : undefined;
  if (!dtype || !bytesEqual(bytes.subarray(0, 4), MAGIC) || bytes[5]! + bytes[6]! + bytes[7]! !== 0) {
    throw new AppError('bad-frame', 'not a manifest');
  }
  const view = viewOf(bytes);
  const manifest = {
    dtype,
    rows: view.getUint32(8, true),
    cols: view.getUint32(12, true),
    root: bytes.slice(16),
  };
  try {
    assertShape(manifest);
  } catch (error) {
    throw new AppError('bad-frame', 'a manifest of an impossible shape', { cause: error });
  }
  return manifest;
}

export interface Node {
  readonly hash: Bytes;
  readonly bytes: Bytes;
}

/** The nodes of the list of `hashes` (32 bytes each); the last one is the root. */
export async function buildList(hashes: readonly Uint8Array[]): Promise<Node[]> {
  const nodes: Node[] = [];
  for (let level = hashes; ;) {
    const made: Node[] = [];
    for (let at = 0; at < level.length; at += HASHES_PER_NODE) {
      const bytes = concatBytes(level.slice(at, at + HASHES_PER_NODE));
      made.push({ hash: await sha256(bytes), bytes });
    }
    nodes.push(...made);
    if (made.length <= 1) return nodes;
    level = made.map((node) => node.hash);
  }
}

/** Where bytes are looked up by hash; the answer is already known to hash to it. */
export type FetchBytes = (hash: Hash) => Promise<Uint8Array>;

/**
 * The hashes [from, to) of a list of `length` hashes under `root`, fetching only the nodes needed.
 * @throws AppError 'bad-frame' when a node does not have the length that the shape demands.
 */
export async function readList(
  root: Uint8Array,
  length: number,
  from: number,
  to: number,
  fetch: FetchBytes,
): Promise<Hash[]> {
  const nodeCount = ceilDiv(length, HASHES_PER_NODE);
  const first = Math.floor(from / HASHES_PER_NODE);
  const last = ceilDiv(to, HASHES_PER_NODE);
  const nodes = nodeCount === 1 ? [toHex(root)] : await readList(root, nodeCount, first, last, fetch);
  const hashes: Hash[] = [];
  for (const [offset, node] of nodes.entries()) {
    const start = (first + offset) * HASHES_PER_NODE;
    const count = Math.min(HASHES_PER_NODE, length - start);
    const bytes = await fetch(node);
    if (bytes.length !== count * SHA256_BYTES)
      throw new AppError('bad-frame', 'a manifest node has the wrong length');
    for (let i = Math.max(from, start); i < Math.min(to, start + count); i++) {
      hashes.push(toHex(bytes.subarray((i - start) * SHA256_BYTES, (i - start + 1) * SHA256_BYTES)));
    }
  }
  return hashes;
}
