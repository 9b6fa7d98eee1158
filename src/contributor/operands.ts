/** Reads manifests and strip lists by hash, keeping the few that the next shard will ask for again. */
import { AppError } from '../core/errors.ts';
import { BLOCK_ROWS, colBlocks, rowBlocks } from '../matrix/blocks.ts';
import type { Dtype } from '../matrix/dtype.ts';
import { type FetchBytes, type Hash, type Manifest, decodeManifest } from '../matrix/manifest.ts';
import { stripHashes } from '../matrix/read.ts';
import type { Product } from '../protocol/signed.ts';

/** List nodes and manifests kept: 64 strips of 32 KiB at most in the usual case. */
const NODES_KEPT = 256;
/** Larger shapes than any GPU's memory could use are refused before anything is fetched. */
const MAX_STRIP_BLOCKS = 1 << 20;

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
  readonly #fetch: FetchBytes;
  readonly #nodes = new Map<Hash, Promise<Uint8Array>>();

  constructor(fetch: FetchBytes) {
    this.#fetch = fetch;
  }

  /** The block hashes of one shard. @throws AppError 'bad-frame' when the work does not fit the operands. */
  async shard(work: Omit<Product, 'kind'>): Promise<ShardOperands> {
    const [a, b] = await Promise.all([this.#manifest(work.a), this.#manifest(work.b)]);
    if (a.dtype === 'i32' || a.dtype !== b.dtype || a.cols !== b.cols) {
      throw new AppError('bad-frame', 'the operands of this lease do not fit each other');
    }
    if (work.rowBlock + work.rowBlocks > rowBlocks(a) || work.colBlock + work.colBlocks > rowBlocks(b)) {
      throw new AppError('bad-frame', 'this lease reaches beyond its operands');
    }
    if (colBlocks(a) > MAX_STRIP_BLOCKS)
      throw new AppError('too-large', 'K is larger than this contributor handles');
    const strips = (manifest: Manifest, first: number, count: number): Promise<Hash[][]> =>
      Promise.all(Array.from({ length: count }, (_, i) => stripHashes(manifest, first + i, this.#node)));
    return {
      dtype: a.dtype,
      rows: Math.min(a.rows, (work.rowBlock + work.rowBlocks) * BLOCK_ROWS) - work.rowBlock * BLOCK_ROWS,
      cols: Math.min(b.rows, (work.colBlock + work.colBlocks) * BLOCK_ROWS) - work.colBlock * BLOCK_ROWS,
      k: a.cols,
      a: await strips(a, work.rowBlock, work.rowBlocks),
      b: await strips(b, work.colBlock, work.colBlocks),
    };
  }

  async #manifest(hash: Hash): Promise<Manifest> {
    return decodeManifest(await this.#node(hash));
  }

  readonly #node = (hash: Hash): Promise<Uint8Array> => {
    const known = this.#nodes.get(hash);
    if (known) return known;
    const node = this.#fetch(hash);
    this.#nodes.set(hash, node);
    node.catch(() => this.#nodes.delete(hash));
    if (this.#nodes.size > NODES_KEPT) this.#nodes.delete(this.#nodes.keys().next().value!);
    return node;
  };
}
