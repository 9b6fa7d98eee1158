/**
 * Merkle trees as RFC 6962 §2.1 has them: hashes, inclusion proofs and consistency proofs, made and
 * verified (RFC 9162 §2.1.3 and §2.1.4 say how). Sizes and indices are whole numbers below 2⁵³.
 * A tree is read through its complete subtrees, which never change once they are there.
 */
import { sha256 as hashNow } from '@noble/hashes/sha2.js';
import { type Bytes, SHA256_BYTES, bytesEqual, concatBytes, fromHex } from '../core/bytes.ts';
import { AppError } from '../core/errors.ts';

/** A complete subtree: leaves `index·2^level` up to but not including `(index + 1)·2^level`. */
export interface TreeNode {
  readonly level: number;
  readonly index: number;
}

/** The hashes of these nodes, 32 bytes each, in the same order; all are complete in the tree that is read. */
export type ReadNodes = (nodes: readonly TreeNode[]) => Promise<readonly Uint8Array[]>;

/** The root of a tree without leaves: SHA-256 of nothing. */
export const EMPTY_ROOT: Bytes = fromHex('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

// Both at once: for so few bytes the way to WebCrypto's threads and back takes longer.

/** SHA-256(0x00 ‖ entry). */
export const leafHash = (entry: Uint8Array): Bytes => hashNow(concatBytes([LEAF, entry]));

/** SHA-256(0x01 ‖ left ‖ right). */
export const nodeHash = (left: Uint8Array, right: Uint8Array): Bytes =>
  hashNow(concatBytes([NODE, left, right]));

/** The root over these leaf hashes. */
export function rootOf(leafHashes: readonly Uint8Array[]): Bytes {
  // Level by level; a last node without a neighbour goes up as it is, which is RFC 6962's split at 2^k.
  let level: readonly Uint8Array[] = leafHashes;
  while (level.length > 1) {
    const above: Uint8Array[] = [];
    for (let at = 0; at < level.length; at += 2) {
      const [left, right] = [level[at]!, level[at + 1]];
      above.push(right ? nodeHash(left, right) : left);
    }
    level = above;
  }
  return new Uint8Array(level[0] ?? EMPTY_ROOT);
}

/** The complete subtrees that leaves `start` up to `end` fall into, left to right; `start` fits the largest. */
export function subtreesOf(start: number, end: number): TreeNode[] {
  const nodes: TreeNode[] = [];
  let [at, level] = [start, 0];
  while (2 ** (level + 1) <= end - start) level += 1;
  for (; at < end; level -= 1) {
    const span = 2 ** level;
    if (span > end - at) continue;
    nodes.push({ level, index: at / span });
    at += span;
  }
  return nodes;
}

/** The root of the first `size` leaves. */
export async function rootAt(size: number, read: ReadNodes): Promise<Bytes> {
  assertSize(size);
  if (size === 0) return new Uint8Array(EMPTY_ROOT);
  const [root] = await readRanges([[0, size]], read);
  return root!;
}

/**
 * The hashes that lead from leaf `index` to the root of the first `size` leaves.
 * @throws AppError 'bad-input' unless the leaf is in that tree
 */
export async function inclusionProof(index: number, size: number, read: ReadNodes): Promise<Bytes[]> {
  assertSize(size);
  assertSize(index);
  if (index >= size) throw new AppError('bad-input', `leaf ${index} is not in a tree of ${size}`);
  const ranges: Range[] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    const middle = start + largestPowerBelow(end - start);
    if (index < middle) {
      ranges.push([middle, end]);
      end = middle;
    } else {
      ranges.push([start, middle]);
      start = middle;
    }
  }
  return readRanges(ranges.reverse(), read);
}

export interface Inclusion {
  readonly leaf: Uint8Array;
  readonly index: number;
  readonly size: number;
  readonly root: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** Whether the leaf's hash is at `index` in the tree of `size` leaves with this root (RFC 9162 §2.1.3.2). */
export async function verifyInclusion({ leaf, index, size, root, proof }: Inclusion): Promise<boolean> {
  if (!isSize(index) || !isSize(size) || index >= size || !areHashes([leaf, root, ...proof])) return false;
  let [node, last, hash] = [index, size - 1, leaf];
  for (const sibling of proof) {
    if (last === 0) return false;
    if (isOdd(node) || node === last) {
      hash = nodeHash(sibling, hash);
      while (!isOdd(node) && node !== 0) [node, last] = [node / 2, half(last)];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && bytesEqual(hash, root);
}

/**
 * The hashes which show that the first `first` leaves of the tree of `second` leaves are the earlier tree.
 * Empty when the sizes are equal and when the earlier tree is empty: then there is nothing to show.
 * @throws AppError 'bad-input' when `first` is larger than `second`
 */
export async function consistencyProof(first: number, second: number, read: ReadNodes): Promise<Bytes[]> {
  assertSize(first);
  assertSize(second);
  if (first > second) throw new AppError('bad-input', `a tree of ${first} is not part of one of ${second}`);
  if (first === 0 || first === second) return [];
  const ranges: Range[] = [];
  let [start, end] = [0, second];
  while (first !== end) {
    const middle = start + largestPowerBelow(end - start);
    if (first <= middle) {
      ranges.push([middle, end]);
      end = middle;
    } else {
      ranges.push([start, middle]);
      start = middle;
    }
  }
  // The verifier knows the root of the earlier tree itself, where that is one complete subtree.
  if (start > 0) ranges.push([start, end]);
  return readRanges(ranges.reverse(), read);
}

export interface Consistency {
  readonly first: number;
  readonly second: number;
  readonly firstRoot: Uint8Array;
  readonly secondRoot: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** Whether the later tree begins with the leaves of the earlier one (RFC 9162 §2.1.4.2). */
export async function verifyConsistency(claim: Consistency): Promise<boolean> {
  const { first, second, firstRoot, secondRoot, proof } = claim;
  if (!isSize(first) || !isSize(second) || first > second) return false;
  if (!areHashes([firstRoot, secondRoot, ...proof])) return false;
  if (first === second) return proof.length === 0 && bytesEqual(firstRoot, secondRoot);
  if (first === 0) return proof.length === 0 && bytesEqual(firstRoot, EMPTY_ROOT);
  let [node, last] = [first - 1, second - 1];
  while (isOdd(node)) [node, last] = [half(node), half(last)];
  // What is left of `node` is 0 when the earlier tree is one complete subtree, which then starts the path.
  const path = node === 0 ? [firstRoot, ...proof] : proof;
  const [start, ...rest] = path;
  if (!start || rest.length === 0) return false;
  let [earlier, later] = [start, start];
  for (const hash of rest) {
    if (last === 0) return false;
    if (isOdd(node) || node === last) {
      earlier = nodeHash(hash, earlier);
      later = nodeHash(hash, later);
      while (!isOdd(node) && node !== 0) [node, last] = [node / 2, half(last)];
    } else {
      later = nodeHash(later, hash);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && bytesEqual(earlier, firstRoot) && bytesEqual(later, secondRoot);
}

/** Leaves from the first up to but not including the second. */
type Range = readonly [number, number];

/** The hash of each range, with one read for all of them. */
async function readRanges(ranges: readonly Range[], read: ReadNodes): Promise<Bytes[]> {
  const nodes = ranges.map(([start, end]) => subtreesOf(start, end));
  const hashes = await read(nodes.flat());
  let at = 0;
  const folded: Bytes[] = [];
  for (const { length } of nodes) {
    const parts = hashes.slice(at, at + length);
    at += length;
    if (parts.length !== length || !areHashes(parts)) {
      throw new AppError('internal', 'a node of the tree is missing or is no hash');
    }
    // Subtrees grow smaller to the right: the smallest two are joined first.
    let hash = parts.at(-1)!;
    for (const left of parts.slice(0, -1).reverse()) hash = nodeHash(left, hash);
    folded.push(new Uint8Array(hash));
  }
  return folded;
}

/** The largest power of two that is less than `size`. */
function largestPowerBelow(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

// Sizes go beyond the 32 bits of JavaScript's bit operators.
const half = (value: number): number => Math.floor(value / 2);
const isOdd = (value: number): boolean => value % 2 === 1;
const isSize = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
const areHashes = (hashes: readonly Uint8Array[]): boolean =>
  hashes.every(({ length }) => length === SHA256_BYTES);

function assertSize(size: number): void {
  if (!isSize(size)) throw new AppError('bad-input', 'sizes and indices of a tree are whole numbers');
}
