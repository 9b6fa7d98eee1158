/**
 * Blocks of results as they travel: smaller, and the same bytes again at the other end (README.md,
 * "Packed blocks"). Names and signatures are of the unpacked bytes, so a codec can only fail, never lie.
 *
 * An entry's top bits are scattered around a few values and get a prefix code; the rest is noise and travels
 * as it is. Integers are taken less the least one, in the bits of the widest; of floats the top is the exponent.
 */
import { type Bytes, concatBytes, viewOf } from '../core/bytes.ts';
import { AppError } from '../core/errors.ts';
import { BLOCK_BYTES } from '../matrix/blocks.ts';
import { ensure } from './fields.ts';
import { bitsSize, readBits, writeBits } from './pack-bits.ts';
import { codesSize, countSymbols, readCodes, writeCodes } from './pack-code.ts';
import { codeLengths, decodeLengths, encodeLengths } from './pack-lengths.ts';

const I32 = 1;
const F32 = 2;
/** Codec, entries − 1 in two bytes, and for integers: width, the least entry in four. */
const F32_HEADER_BYTES = 3;
const I32_HEADER_BYTES = 8;
/** Differences of 32 bits would be no narrower than what they are differences of. */
const MAX_I32_WIDTH = 31;
const F32_WIDTH = 32;
/** What gets a code: 256 symbols. 1,024 would save 0.14 bits an entry at best (test/bench/results/packing.md). */
const SYMBOL_BITS = 8;

/** What unpacks to these bytes, or undefined when they would not become smaller: then they travel as they are. */
export function packBlock(bytes: Uint8Array): Bytes | undefined {
  if (bytes.length === 0 || bytes.length % 4 !== 0 || bytes.length > BLOCK_BYTES) return undefined;
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const entries = new Int32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
  const packed = concatBytes(packI32(entries) ?? packF32(entries));
  return packed.length < bytes.length ? packed : undefined;
}

/**
 * The bytes that were packed, at most `maxBytes`, which is checked before anything is allocated.
 * @throws AppError 'bad-frame' for anything that is no packed block, never anything else
 */
export function unpackBlock(packed: Uint8Array, maxBytes: number = BLOCK_BYTES): Bytes {
  const header = packed[0] === I32 ? I32_HEADER_BYTES : F32_HEADER_BYTES;
  ensure(packed.length >= header, 'a packed block is cut short');
  const view = viewOf(packed);
  const count = view.getUint16(1, true) + 1;
  ensure(4 * count <= maxBytes, 'a packed block is too large');
  ensure(packed.length < 4 * count, 'a packed block is no smaller than its bytes');
  const entries = new Uint32Array(count);
  const body = packed.subarray(header);
  if (packed[0] === I32) unpackI32(entries, view.getUint8(3), view.getInt32(4, true), body);
  else if (packed[0] === F32) unpackF32(entries, body);
  else throw new AppError('bad-frame', 'a packed block has an unknown codec');
  return new Uint8Array(entries.buffer);
}

/** Undefined when the differences need 32 bits. */
function packI32(entries: Int32Array): Uint8Array[] | undefined {
  let least = entries[0]!;
  let most = least;
  for (let i = 1; i < entries.length; i++) {
    const entry = entries[i]!;
    if (entry < least) least = entry;
    if (entry > most) most = entry;
  }
  const width = 32 - Math.clz32(most - least);
  if (width > MAX_I32_WIDTH) return undefined;
  const header = new DataView(new ArrayBuffer(I32_HEADER_BYTES));
  header.setUint8(0, I32);
  header.setUint16(1, entries.length - 1, true);
  header.setUint8(3, width);
  header.setInt32(4, least, true);
  const differences = new Uint32Array(entries.length);
  for (let i = 0; i < entries.length; i++) differences[i] = (entries[i]! - least) | 0;
  return [new Uint8Array(header.buffer), ...encodeBody(differences, width)];
}

function unpackI32(entries: Uint32Array, width: number, least: number, body: Uint8Array): void {
  ensure(width <= MAX_I32_WIDTH, 'a packed block has an impossible width');
  decodeBody(entries, width, body);
  let lowest = entries[0]!;
  let highest = lowest;
  for (let i = 0; i < entries.length; i++) {
    const difference = entries[i]!;
    if (difference < lowest) lowest = difference;
    if (difference > highest) highest = difference;
    entries[i] = (least + difference) | 0;
  }
  // Another span would be a second way to say the same.
  ensure(lowest === 0 && 32 - Math.clz32(highest) === width, 'a packed block is wider than its entries');
  ensure(least + highest <= 0x7fff_ffff, 'a packed block has entries of more than 32 bits');
}

/** One bit to the left: the sign, which is noise, goes to the end, and the exponent is the top. */
function packF32(entries: Int32Array): Uint8Array[] {
  const header = new DataView(new ArrayBuffer(F32_HEADER_BYTES));
  header.setUint8(0, F32);
  header.setUint16(1, entries.length - 1, true);
  const turned = new Uint32Array(entries.length);
  for (let i = 0; i < entries.length; i++) turned[i] = (entries[i]! << 1) | (entries[i]! >>> 31);
  return [new Uint8Array(header.buffer), ...encodeBody(turned, F32_WIDTH)];
}

function unpackF32(entries: Uint32Array, body: Uint8Array): void {
  decodeBody(entries, F32_WIDTH, body);
  for (let i = 0; i < entries.length; i++) entries[i] = (entries[i]! >>> 1) | (entries[i]! << 31);
}

/** Entries of `width` bits: the low bits of all, the lengths of the code, the codes of the top bits of all. */
function encodeBody(entries: Uint32Array, width: number): Uint8Array[] {
  if (width === 0) return [];
  const shift = Math.max(0, width - SYMBOL_BITS);
  const counts = countSymbols(entries, shift);
  const lengths = codeLengths(counts);
  const low = shift > 0 ? [writeBits(entries, shift)] : [];
  const codes = writeCodes(entries, shift, lengths, codesSize(counts, lengths));
  return [...low, encodeLengths(lengths), codes];
}

function decodeBody(entries: Uint32Array, width: number, body: Uint8Array): void {
  if (width === 0) {
    ensure(body.length === 0, 'a packed block has bytes that say nothing');
    return;
  }
  const shift = Math.max(0, width - SYMBOL_BITS);
  const low = bitsSize(entries.length, shift);
  ensure(body.length >= low, 'a packed block is cut short');
  if (shift > 0) readBits(entries, shift, body.subarray(0, low));
  const { lengths, size } = decodeLengths(body.subarray(low));
  readCodes(entries, shift, lengths, body.subarray(low + size));
}
