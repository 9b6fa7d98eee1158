/**
 * Blocks of 32-bit integers at the width that they need (README.md, "Packed blocks", codec 1): each
 * entry less the least one, in as many bits as the largest of these differences takes.
 */
import { type Bytes, ceilDiv } from '../core/bytes.ts';
import { ensure } from './fields.ts';

/** Codec, width, entries − 1 in two bytes, the least entry in four: all little-endian. */
const HEADER_BYTES = 8;
/** At 32 bits nothing is saved. */
const MAX_WIDTH = 31;
/** Entries between two looks at the width: what does not pack is given up after the first. */
const LOOK_ENTRIES = 4096;

interface Span {
  readonly least: number;
  readonly width: number;
}

/** `entries` at their own width, or undefined when that is not smaller. `codec` is written as the first byte. */
export function packI32(codec: number, entries: Int32Array): Bytes | undefined {
  const span = spanOf(entries);
  if (!span) return undefined;
  const { least, width } = span;
  const size = sizeOf(entries.length, width);
  if (size >= entries.byteLength) return undefined;
  // Words behind an aligned header; what the last word has too much is cut off.
  const packed = new Uint8Array(HEADER_BYTES + 4 * ceilDiv(entries.length * width, 32));
  const view = new DataView(packed.buffer);
  view.setUint8(0, codec);
  view.setUint8(1, width);
  view.setUint16(2, entries.length - 1, true);
  view.setInt32(4, least, true);
  if (width > 0) writeBits(new Uint32Array(packed.buffer, HEADER_BYTES), entries, span);
  return packed.subarray(0, size);
}

/**
 * The inverse of `packI32`, which has made exactly these bytes; of at most `maxBytes`.
 * @throws AppError 'bad-frame', never anything else
 */
export function unpackI32(packed: Uint8Array, maxBytes: number): Bytes {
  ensure(packed.length >= HEADER_BYTES, 'a packed block is cut short');
  const view = new DataView(packed.buffer, packed.byteOffset, HEADER_BYTES);
  const width = view.getUint8(1);
  const count = view.getUint16(2, true) + 1;
  const least = view.getInt32(4, true);
  ensure(width <= MAX_WIDTH, 'a packed block has an impossible width');
  ensure(4 * count <= maxBytes, 'a packed block is too large');
  const size = sizeOf(count, width);
  ensure(packed.length === size && size < 4 * count, 'a packed block has another length than it says');
  const entries = new Int32Array(count).fill(least);
  if (width === 0) return new Uint8Array(entries.buffer);
  const bits = count * width;
  ensure(bits % 8 === 0 || packed[size - 1]! >> (bits % 8) === 0, 'a packed block ends in other bits than 0');
  const words = new Uint32Array(ceilDiv(bits, 32));
  new Uint8Array(words.buffer).set(packed.subarray(HEADER_BYTES));
  const { lowest, highest } = readBits(entries, words, { least, width });
  // Differences of another span, or entries that do not fit 32 bits, would be a second way to say the same.
  ensure(lowest === 0 && 32 - Math.clz32(highest) === width, 'a packed block is wider than its entries');
  ensure(least + highest <= 0x7fff_ffff, 'a packed block has entries of more than 32 bits');
  return new Uint8Array(entries.buffer);
}

function sizeOf(count: number, width: number): number {
  return HEADER_BYTES + ceilDiv(count * width, 8);
}

/** Undefined when the entries need all 32 bits. */
function spanOf(entries: Int32Array): Span | undefined {
  let least = entries[0]!;
  let most = least;
  for (let from = 0; from < entries.length; from += LOOK_ENTRIES) {
    const to = Math.min(from + LOOK_ENTRIES, entries.length);
    for (let i = from; i < to; i++) {
      const entry = entries[i]!;
      if (entry < least) least = entry;
      if (entry > most) most = entry;
    }
    if (most - least > 0x7fff_ffff) return undefined;
  }
  return { least, width: 32 - Math.clz32(most - least) };
}

/** Least significant bit first, entry after entry. */
function writeBits(words: Uint32Array, entries: Int32Array, { least, width }: Span): void {
  let word = 0;
  let filled = 0;
  let at = 0;
  for (let i = 0; i < entries.length; i++) {
    const difference = (entries[i]! - least) | 0;
    word |= difference << filled;
    filled += width;
    if (filled >= 32) {
      words[at++] = word;
      filled -= 32;
      word = difference >>> (width - filled);
    }
  }
  if (filled > 0) words[at] = word;
}

function readBits(
  entries: Int32Array,
  words: Uint32Array,
  { least, width }: Span,
): { lowest: number; highest: number } {
  const mask = (1 << width) - 1;
  let lowest = mask;
  let highest = 0;
  let word = 0;
  let used = 32;
  let at = 0;
  for (let i = 0; i < entries.length; i++) {
    if (used === 32) {
      word = words[at++]!;
      used = 0;
    }
    let difference = word >>> used;
    used += width;
    if (used > 32) {
      word = words[at++]!;
      used -= 32;
      difference |= word << (width - used);
    }
    difference &= mask;
    if (difference < lowest) lowest = difference;
    if (difference > highest) highest = difference;
    entries[i] = (least + difference) | 0;
  }
  return { lowest, highest };
}
