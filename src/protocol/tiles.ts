/**
 * The files of a tiled log (c2sp.org/tlog-tiles): their paths, tiles of 256 hashes, bundles of entries,
 * and how a tree is read from tiles alone. Paths begin below the log's prefix: `tile/0/x001/067.p/8`.
 */
import { type Bytes, SHA256_BYTES, concatBytes, viewOf } from '../core/bytes.ts';
import { AppError } from '../core/errors.ts';
import { ensure } from './fields.ts';
import { MAX_LOG_ENTRY_BYTES, TILE_WIDTH } from './limits.ts';
import { type ReadNodes, type TreeNode, rootOf } from './merkle.ts';

/** 2⁸ hashes a tile. */
export const TILE_HEIGHT = 8;
/** 256⁷ > 2⁵³: no tree that we can count has more levels of tiles. */
const MAX_TILE_LEVEL = 6;

export interface Tile {
  /** Of tiles; 'entries' is the bundle below level 0. */
  readonly level: number | 'entries';
  readonly index: number;
  /** 1 to 256; less than 256 is a partial tile. */
  readonly width: number;
}

/** `{ level: 0, index: 1067, width: 8 }` → "tile/0/x001/067.p/8". */
export function tilePath({ level, index, width }: Tile): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/g)!;
  const number = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join('/');
  return `tile/${level}/${number}${width < TILE_WIDTH ? `.p/${width}` : ''}`;
}

const PATH = /^tile\/(entries|\d)\/((?:x\d{3}\/){0,5}\d{3})(?:\.p\/([1-9]\d{0,2}))?$/;

/** The inverse of `tilePath`; undefined for everything else, other spellings of a tile included. */
export function parseTilePath(path: string): Tile | undefined {
  const match = PATH.exec(path);
  if (!match) return undefined;
  const tile: Tile = {
    level: match[1] === 'entries' ? 'entries' : Number(match[1]),
    index: Number(match[2]!.replaceAll(/[x/]/g, '')),
    width: match[3] === undefined ? TILE_WIDTH : Number(match[3]),
  };
  const counted =
    Number.isSafeInteger(tile.index) && (tile.level === 'entries' || tile.level <= MAX_TILE_LEVEL);
  return counted && tilePath(tile) === path ? tile : undefined;
}

/** How many hashes or entries stand on the tile's level in a tree of `size` leaves. */
export function levelSize(level: Tile['level'], size: number): number {
  return level === 'entries' ? size : Math.floor(size / TILE_WIDTH ** level);
}

/** Whether a tree of `size` leaves has all that this tile shows. */
export function tileExists({ level, index, width }: Tile, size: number): boolean {
  return index * TILE_WIDTH + width <= levelSize(level, size);
}

/** The tile of this level and index, as wide as a tree of `size` leaves has it; undefined when it is empty. */
export function tileAt(level: Tile['level'], index: number, size: number): Tile | undefined {
  const width = Math.min(TILE_WIDTH, levelSize(level, size) - index * TILE_WIDTH);
  return width > 0 ? { level, index, width } : undefined;
}

/** Every tile and bundle that a tree of `size` leaves consists of, bundles first. */
export function* tilesOf(size: number): Generator<Tile> {
  const levels: Tile['level'][] = ['entries'];
  for (let level = 0; levelSize(level, size) > 0; level++) levels.push(level);
  for (const level of levels) {
    for (let index = 0; ; index++) {
      const tile = tileAt(level, index, size);
      if (!tile) break;
      yield tile;
    }
  }
}

/** The hashes of a tile. @throws AppError 'bad-frame' unless there are `width` of them. */
export function decodeTile(bytes: Uint8Array, width: number): Uint8Array[] {
  ensure(bytes.length === width * SHA256_BYTES, `this tile must have ${width * SHA256_BYTES} bytes`);
  return Array.from({ length: width }, (_, at) => bytes.subarray(at * SHA256_BYTES, (at + 1) * SHA256_BYTES));
}

/** Entries, each after its length as two bytes, the higher first. */
export function encodeEntries(entries: readonly Uint8Array[]): Bytes {
  return concatBytes(entries.flatMap((entry) => [lengthPrefix(entry.length), entry]));
}

function lengthPrefix(length: number): Bytes {
  if (length > MAX_LOG_ENTRY_BYTES) {
    throw new AppError('too-large', `an entry of the log has at most ${MAX_LOG_ENTRY_BYTES} bytes`);
  }
  return Uint8Array.of(length >> 8, length & 0xff);
}

/** The entries of a bundle, as views. @throws AppError 'bad-frame' unless it holds `width` of them and nothing else. */
export function decodeEntries(bytes: Uint8Array, width: number): Uint8Array[] {
  const entries: Uint8Array[] = [];
  const view = viewOf(bytes);
  let at = 0;
  while (at < bytes.length) {
    ensure(entries.length < width && at + 2 <= bytes.length, `this bundle must hold ${width} entries`);
    const length = view.getUint16(at);
    ensure(length <= MAX_LOG_ENTRY_BYTES, `an entry of the log has at most ${MAX_LOG_ENTRY_BYTES} bytes`);
    ensure(at + 2 + length <= bytes.length, 'the last entry of this bundle is cut off');
    entries.push(bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  ensure(entries.length === width, `this bundle must hold ${width} entries`);
  return entries;
}

/** The bytes at this path below the log's prefix. The caller limits them and gives up in time. */
export type FetchTile = (path: string, tile: Tile) => Promise<Uint8Array>;

/**
 * Reads a tree of `size` leaves from its tiles, each fetched once. What it returns is as true as the tiles:
 * only a proof that leads to a signed root shows that they are.
 * @throws (from the reader) AppError 'bad-frame' for a tile of another length, and whatever `fetch` throws
 */
export function tileReader(size: number, fetch: FetchTile): ReadNodes {
  const tiles = new Map<string, Promise<Uint8Array[]>>();
  const tileOf = (level: number, index: number): Promise<Uint8Array[]> => {
    const tile = tileAt(level, index, size);
    if (!tile) throw new AppError('bad-input', `a tree of ${size} leaves has no such node`);
    const path = tilePath(tile);
    let hashes = tiles.get(path);
    if (!hashes) {
      hashes = fetch(path, tile).then((bytes) => decodeTile(bytes, tile.width));
      tiles.set(path, hashes);
    }
    return hashes;
  };
  const readNode = async ({ level, index }: TreeNode): Promise<Uint8Array> => {
    const span = 2 ** (level % TILE_HEIGHT);
    const start = index * span;
    const tile = await tileOf(Math.floor(level / TILE_HEIGHT), Math.floor(start / TILE_WIDTH));
    const at = start % TILE_WIDTH;
    return completeRoot(tile.slice(at, at + span), span, size);
  };
  return (nodes) => Promise.all(nodes.map(readNode));
}

/** The root over a power of two of hashes that are nodes themselves. */
function completeRoot(hashes: readonly Uint8Array[], span: number, size: number): Uint8Array {
  if (hashes.length !== span) throw new AppError('bad-input', `a tree of ${size} leaves has no such node`);
  return rootOf(hashes);
}
