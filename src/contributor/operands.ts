/** Reads manifests and strip lists by hash, keeping the few that the next shard will ask for again. */
import { AppError } from '../core/errors.ts';
import { BLOCK_ROWS, colBlocks, rowBlocks } from '../matrix/blocks.ts';
import { type Dtype, assertK } from '../matrix/dtype.ts';
import { type FetchBytes, type Hash, type Manifest, decodeManifest } from '../matrix/manifest.ts';
import { stripHashes } from '../matrix/read.ts';
import type { Product } from '../protocol/signed.ts';
import { type FetchNode, NodeCache } from './nodes.ts';

/**
 * Blocks that one lease may name, 64 GiB of them: a shard lasts seconds, and as text their hashes take some
 * 25 MB. The lists of a larger one are never asked for.
 */
const MAX_LEASE_BLOCKS = 1 << 18;

export interface ShardOperands {
  readonly dtype: Dtype;
  readonly rows: number;
  readonly cols: number;
  readonly k: number;
  /** `a[row-block][k-block]`. */
  readonly a: readonly (readonly Hash[])[];
  readonly b: readonly (readonly Hash[])[];
}

export class OperandReader {
  readonly #nodes: NodeCache;

  constructor(fetch: FetchNode) {
    this.#nodes = new NodeCache(fetch);
  }

  /**
   * The block hashes of one shard. The signal ends every question; so does the first answer that is wrong.
   * @throws AppError 'bad-frame' when the work does not fit the operands, 'too-large' or 'k-too-large' for a K
   *   that is not computed here, 'aborted'.
   */
  async shard(work: Omit<Product, 'kind'>, signal?: AbortSignal): Promise<ShardOperands> {
    const stop = new AbortController();
    const ended = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
    try {
      return await this.#read(work, (hash) => this.#nodes.get(hash, ended));
    } finally {
      stop.abort();
    }
  }

  async #read(work: Omit<Product, 'kind'>, fetch: FetchBytes): Promise<ShardOperands> {
    const manifest = async (hash: Hash): Promise<Manifest> => decodeManifest(await fetch(hash));
    const [a, b] = await Promise.all([manifest(work.a), manifest(work.b)]);
    if (a.dtype === 'i32' || a.dtype !== b.dtype || a.cols !== b.cols) {
      throw new AppError('bad-frame', 'the operands of this lease do not fit each other');
    }
    if (work.rowBlock + work.rowBlocks > rowBlocks(a) || work.colBlock + work.colBlocks > rowBlocks(b)) {
      throw new AppError('bad-frame', 'this lease reaches beyond its operands');
    }
    assertK(a.dtype, a.cols);
    const blocks = (work.rowBlocks + work.colBlocks) * colBlocks(a);
    if (blocks > MAX_LEASE_BLOCKS) {
      throw new AppError(
        'too-large',
        `this lease names ${blocks} blocks; a contributor takes at most ${MAX_LEASE_BLOCKS}`,
      );
    }
    const strips = (of: Manifest, first: number, count: number): Promise<Hash[][]> =>
      Promise.all(Array.from({ length: count }, (_, i) => stripHashes(of, first + i, fetch)));
    return {
      dtype: a.dtype,
      rows: Math.min(a.rows, (work.rowBlock + work.rowBlocks) * BLOCK_ROWS) - work.rowBlock * BLOCK_ROWS,
      cols: Math.min(b.rows, (work.colBlock + work.colBlocks) * BLOCK_ROWS) - work.colBlock * BLOCK_ROWS,
      k: a.cols,
      a: await strips(a, work.rowBlock, work.rowBlocks),
      b: await strips(b, work.colBlock, work.colBlocks),
    };
  }
}
