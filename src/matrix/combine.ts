/** The float32 product from the four int32 products of its limbs (limbs.ts), block by block. */
import { mapLimit } from '../core/async.ts';
import { type Bytes, sha256, toHex } from '../core/bytes.ts';
import { AppError, throwIfAborted } from '../core/errors.ts';
import { type Shape, blockBytes, colBlocks, rowBlocks, rowBytes } from './blocks.ts';
import { type PutBytes, putList, putManifest } from './build.ts';
import { DIAGONALS, type Diagonal, colFactors, combineBlock, rowFactors } from './limbs.ts';
import type { FetchBytes, Hash, Manifest } from './manifest.ts';
import { stripHashes, valuesOf } from './read.ts';
import { aligned, stripExponents } from './split.ts';

export interface LimbProducts {
  /** The f32 operands: their scales are read from them again. */
  readonly a: Manifest;
  readonly b: Manifest;
  /** The i32 result of each diagonal. */
  readonly results: Readonly<Record<Diagonal, Manifest>>;
}

export interface CombineOptions {
  readonly signal?: AbortSignal | undefined;
}

/** While one is written, the next is combined. */
const BLOCKS_AT_ONCE = 2;

/**
 * Puts the blocks, lists and manifest of C. It takes some MiB of memory, and 8 bytes a column for the scales. Doing
 * it again gives the same bytes.
 * @returns the hash of C's manifest
 * @throws AppError 'shape-mismatch', 'bad-frame', 'aborted', and what `fetch` and `put` throw
 */
export async function combineProduct(
  products: LimbProducts,
  fetch: FetchBytes,
  put: PutBytes,
  { signal }: CombineOptions = {},
): Promise<Hash> {
  const { a, b, results } = products;
  const shape: Shape = { dtype: 'f32', rows: a.rows, cols: b.rows };
  for (const d of DIAGONALS) {
    const { dtype, rows, cols } = results[d];
    if (dtype !== 'i32' || rows !== shape.rows || cols !== shape.cols)
      throw new AppError('shape-mismatch', `the product of diagonal ${d} is not the int32 of this product`);
  }
  const cols: Float64Array[] = [];
  for (let c = 0; c < rowBlocks(b); c++) cols.push(colFactors(await stripExponents(b, c, fetch, signal)));
  const strips: Bytes[] = [];
  for (let r = 0; r < rowBlocks(shape); r++) {
    const rows = rowFactors(await stripExponents(a, r, fetch, signal));
    const parts = await Promise.all(DIAGONALS.map((d) => stripHashes(results[d], r, fetch)));
    const columns = Array.from({ length: colBlocks(shape) }, (_, c) => c);
    const hashes = await mapLimit(columns, BLOCKS_AT_ONCE, async (c) => {
      throwIfAborted(signal);
      const length = blockBytes(shape, r, c);
      const blocks = await Promise.all(parts.map((part) => fetch(part[c]!)));
      if (blocks.some((block) => block.length !== length))
        throw new AppError('bad-frame', 'a block has the wrong length');
      const [p5, p4, p3, p2] = blocks.map((block) => valuesOf('i32', aligned(block)));
      const made = new Uint8Array(length);
      const diagonals = { 2: p2!, 3: p3!, 4: p4!, 5: p5! };
      combineBlock(diagonals, rows, cols[c]!, rowBytes(shape, c) / 4, new Float32Array(made.buffer));
      const hash = await sha256(made);
      await put(toHex(hash), made);
      return hash;
    });
    strips.push(await putList(hashes, put));
  }
  return (await putManifest(shape, strips, put)).manifestHash;
}
