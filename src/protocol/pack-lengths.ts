/**
 * The lengths of a prefix code, which say all of it (README.md, "Packed blocks"): D. A. Huffman, "A Method for the
 * Construction of Minimum-Redundancy Codes", Proc. IRE 40 (1952).
 */
import { type Bytes, ceilDiv } from '../core/bytes.ts';
import { ensure } from './fields.ts';

export const SYMBOLS = 256;
/** A table of 4,096 entries stays in the first cache, and lengths are half a byte. */
export const MAX_LENGTH = 12;

/** The length of each symbol's code, 0 for what does not occur; 256 of them. */
export function codeLengths(counts: Uint32Array): Uint8Array {
  const weights = Uint32Array.from(counts);
  // A code of one symbol would have no bits: another one makes it complete.
  if (counts.filter((count) => count > 0).length === 1) weights[counts[0]! > 0 ? 1 : 0] = 1;
  for (;;) {
    const lengths = huffmanLengths(weights);
    if (lengths.every((length) => length <= MAX_LENGTH)) return lengths;
    // Costs less than 0.01 bits an entry, and ends: equal weights have codes of 8 bits.
    for (const [symbol, weight] of weights.entries()) weights[symbol] = ceilDiv(weight, 2);
  }
}

/** The last symbol that has a code, then four bits for each up to it, the lower half of a byte first. */
export function encodeLengths(lengths: Uint8Array): Bytes {
  const last = lengths.findLastIndex((length) => length > 0);
  const out = new Uint8Array(1 + ceilDiv(last + 1, 2));
  out[0] = last;
  for (let symbol = 0; symbol <= last; symbol++) {
    out[1 + (symbol >> 1)]! |= lengths[symbol]! << (4 * (symbol & 1));
  }
  return out;
}

/**
 * The inverse of `encodeLengths`; `size` is what it took.
 * @throws AppError 'bad-frame' unless they make a complete code
 */
export function decodeLengths(bytes: Uint8Array): { lengths: Uint8Array; size: number } {
  const last = bytes[0] ?? SYMBOLS;
  const size = 1 + ceilDiv(last + 1, 2);
  ensure(bytes.length >= size, 'the code of a packed block is cut short');
  const lengths = new Uint8Array(SYMBOLS + 1);
  let room = 0;
  for (let symbol = 0; symbol < 2 * (size - 1); symbol++) {
    const length = (bytes[1 + (symbol >> 1)]! >> (4 * (symbol & 1))) & 15;
    lengths[symbol] = length;
    ensure(length <= MAX_LENGTH, 'a packed block has too long a code');
    if (length > 0) room += 1 << (MAX_LENGTH - length);
  }
  ensure(
    lengths[last]! > 0 && lengths[last + 1] === 0,
    'the code of a packed block has another end than it says',
  );
  ensure(room === 1 << MAX_LENGTH, 'the code of a packed block is not complete');
  return { lengths: lengths.subarray(0, SYMBOLS), size };
}

/** Without a limit. At least two weights are above 0. */
function huffmanLengths(weights: Uint32Array): Uint8Array {
  const leaves = Array.from(weights.keys())
    .filter((symbol) => weights[symbol]! > 0)
    .toSorted((a, b) => weights[a]! - weights[b]!);
  const { length } = leaves;
  const sums = leaves.map((symbol) => weights[symbol]!);
  const parents = new Uint16Array(2 * length - 1);
  // Leaves by weight, then the nodes as they are made, which is by weight as well: the lightest is first in one.
  let leaf = 0;
  let node = length;
  const lightest = (): number =>
    leaf < length && (node >= sums.length || sums[leaf]! <= sums[node]!) ? leaf++ : node++;
  while (sums.length < 2 * length - 1) {
    const pair = [lightest(), lightest()] as const;
    for (const child of pair) parents[child] = sums.length;
    sums.push(sums[pair[0]]! + sums[pair[1]]!);
  }
  const depths = new Uint8Array(sums.length);
  for (let i = sums.length - 2; i >= 0; i--) depths[i] = depths[parents[i]!]! + 1;
  const lengths = new Uint8Array(SYMBOLS);
  for (const [i, symbol] of leaves.entries()) lengths[symbol] = depths[i]!;
  return lengths;
}
