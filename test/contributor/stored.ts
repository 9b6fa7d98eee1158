/** Products cut into blocks in memory, and results read back. */
import { detectLayout, ingest } from '../../src/matrix/ingest.ts';
import { type Hash, decodeManifest } from '../../src/matrix/manifest.ts';
import { loadOperand } from '../../src/matrix/read.ts';
import { bytesSource } from '../../src/matrix/source.ts';
import type { Dtype } from '../../src/matrix/dtype.ts';
import { rowBlocks } from '../../src/matrix/blocks.ts';
import { type Lane, FetchQueue } from '../../src/contributor/fetch-queue.ts';
import type { FetchNode } from '../../src/contributor/nodes.ts';
import { AppError } from '../../src/core/errors.ts';
import type { Product as Work } from '../../src/protocol/signed.ts';
import { product } from '../helpers/product.ts';

export class BlockMap {
  readonly bytes = new Map<Hash, Uint8Array>();
  /** Every hash asked for, in order. */
  readonly asked: Hash[] = [];

  readonly put = async (hash: Hash, bytes: Uint8Array): Promise<void> => {
    this.bytes.set(hash, bytes.slice());
  };

  readonly source = async (hash: Hash): Promise<Uint8Array | undefined> => {
    this.asked.push(hash);
    return this.bytes.get(hash)?.slice();
  };

  readonly fetch = async (hash: Hash): Promise<Uint8Array> => {
    const found = await this.source(hash);
    if (!found) throw new AppError('not-found', `no block ${hash}`);
    return found;
  };
}

/** The blocks of one lease that has the link for itself. */
export const laneOver = (fetch: FetchNode): Lane => new FetchQueue({ fetch }).lane();

export interface StoredProduct {
  readonly store: BlockMap;
  /** All of C. */
  readonly work: Work;
  readonly expected: Int32Array | Float32Array;
}

/** Both operands' blocks, nodes and manifests, in `store` or a store of their own. */
export async function storedProduct(
  dtype: Dtype,
  rows: number,
  cols: number,
  k: number,
  store = new BlockMap(),
): Promise<StoredProduct> {
  const { a, b, expected } = product(dtype, rows, cols, k);
  const put = async (npy: Uint8Array): Promise<Hash> => {
    const source = bytesSource(npy);
    return (await ingest(source, { layout: await detectLayout(source), side: 'rows' }, store.put))
      .manifestHash;
  };
  const work: Work = {
    kind: 'product',
    a: await put(a),
    b: await put(b),
    rowBlock: 0,
    colBlock: 0,
    rowBlocks: rowBlocks({ dtype, rows, cols: k }),
    colBlocks: rowBlocks({ dtype, rows: cols, cols: k }),
  };
  return { store, work, expected };
}

/** The values of C under a manifest. */
export async function valuesUnder(
  manifest: Hash,
  fetch: (hash: Hash) => Promise<Uint8Array>,
): Promise<ArrayLike<number>> {
  return loadOperand(decodeManifest(await fetch(manifest)), fetch);
}
