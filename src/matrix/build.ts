/** Making manifests: of a result from its block hashes, of an operand at the end of its ingest. */
import { type Bytes, sha256, toHex } from '../core/bytes.ts';
import { AppError } from '../core/errors.ts';
import { type Shape, assertShape, colBlocks, rowBlocks } from './blocks.ts';
import { type Hash, type Manifest, buildList, encodeManifest } from './manifest.ts';

/** Stores bytes under their hash. It may be called again with the same; the bytes are its to keep. */
export type PutBytes = (hash: Hash, bytes: Uint8Array) => Promise<void>;

/** Puts the nodes of one strip's list and returns its root. `blocks` are 32-byte hashes, one a column-block. */
export async function putList(hashes: readonly Uint8Array[], put: PutBytes): Promise<Bytes> {
  const nodes = await buildList(hashes);
  for (const node of nodes) await put(toHex(node.hash), node.bytes);
  return nodes.at(-1)!.hash;
}

/** Puts the root list over the strips' lists and the manifest itself. */
export async function putManifest(
  shape: Shape,
  strips: readonly Uint8Array[],
  put: PutBytes,
): Promise<{ manifestHash: Hash; manifest: Manifest }> {
  assertShape(shape);
  if (strips.length !== rowBlocks(shape))
    throw new AppError('bad-input', 'a manifest needs a list for every strip');
  const { dtype, rows, cols } = shape;
  const manifest: Manifest = { dtype, rows, cols, root: await putList(strips, put) };
  const bytes = encodeManifest(manifest);
  const manifestHash = toHex(await sha256(bytes));
  await put(manifestHash, bytes);
  return { manifestHash, manifest };
}

/** A matrix from the hashes of its blocks, `blocks[strip][column-block]`: all nodes and the manifest. */
export async function putMatrix(
  shape: Shape,
  blocks: readonly (readonly Uint8Array[])[],
  put: PutBytes,
): Promise<{ manifestHash: Hash; manifest: Manifest }> {
  const strips: Bytes[] = [];
  for (const strip of blocks) {
    if (strip.length !== colBlocks(shape))
      throw new AppError('bad-input', 'a strip needs a hash for every block');
    strips.push(await putList(strip, put));
  }
  return putManifest(shape, strips, put);
}
