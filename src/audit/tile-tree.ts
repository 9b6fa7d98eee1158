/** The tree of a log, grown leaf by leaf: its tiles as they get full, and its root at any size. 56 KiB at most. */
import { type Bytes, concatBytes } from '../core/bytes.ts';
import { TILE_WIDTH } from '../protocol/limits.ts';
import { EMPTY_ROOT, rootOf } from '../protocol/merkle.ts';
import type { Tile } from '../protocol/tiles.ts';

/** Gets each tile once, with the hashes that it must hold; a partial tile only from `finish`. */
export type OnTile = (tile: Tile & { readonly level: number }, hashes: Bytes) => Promise<void>;

export class TileTree {
  readonly #onTile: OnTile;
  /** By level: hashes since the last full tile, and how many full tiles there are. */
  readonly #levels: { hashes: Bytes[]; full: number }[] = [];
  #size = 0;

  constructor(onTile: OnTile) {
    this.#onTile = onTile;
  }

  /** Leaves. */
  get size(): number {
    return this.#size;
  }

  async append(leaf: Bytes): Promise<void> {
    this.#size += 1;
    await this.#push(0, leaf);
  }

  async #push(level: number, hash: Bytes): Promise<void> {
    const { hashes, full } = (this.#levels[level] ??= { hashes: [], full: 0 });
    hashes.push(hash);
    if (hashes.length < TILE_WIDTH) return;
    this.#levels[level] = { hashes: [], full: full + 1 };
    await this.#onTile({ level, index: full, width: TILE_WIDTH }, concatBytes(hashes));
    await this.#push(level + 1, rootOf(hashes));
  }

  /** Hands out the tiles that are not full. The tree may grow no further. */
  async finish(): Promise<void> {
    for (const [level, { hashes, full }] of this.#levels.entries()) {
      if (hashes.length === 0) continue;
      await this.#onTile({ level, index: full, width: hashes.length }, concatBytes(hashes));
    }
  }

  /** RFC 6962 root of the leaves so far. */
  async root(): Promise<Bytes> {
    let rest: Bytes | undefined;
    for (const { hashes } of this.#levels) {
      const nodes = rest ? [...hashes, rest] : hashes;
      if (nodes.length > 0) rest = rootOf(nodes);
    }
    return rest ?? EMPTY_ROOT;
  }
}
