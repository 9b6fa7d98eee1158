/** Blocks to pack, and a reader of packed ones that follows the letter of the specification, bit by bit. */
import { viewOf } from '../../src/core/bytes.ts';
import { type Rng, seededRng } from '../../src/core/rng.ts';

export const bytesOf = (entries: Int32Array | Float32Array): Uint8Array =>
  new Uint8Array(entries.buffer, entries.byteOffset, entries.byteLength);

export const ints = (...entries: number[]): Uint8Array => bytesOf(Int32Array.from(entries));

/** Near enough to normal, with a standard deviation of 1. */
export function normal(rng: Rng): number {
  let sum = -6;
  for (let i = 0; i < 12; i++) sum += rng.float();
  return sum;
}

/** Entries as products have them. */
export function normalInts(length: number, deviation: number, seed = 1): Int32Array {
  const rng = seededRng(seed);
  return Int32Array.from({ length }, () => Math.round(deviation * normal(rng)));
}

export function normalFloats(length: number, seed = 1): Float32Array {
  const rng = seededRng(seed);
  return Float32Array.from({ length }, () => normal(rng));
}

/** The bits of bytes in the order in which they are written: the least significant of each byte first. */
const bitsOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => reversed(byte.toString(2).padStart(8, '0'))).join('');

const reversed = (bits: string): string => bits.split('').toReversed().join('');

/** README.md, "Packed blocks", for packed blocks that are right. */
export function unpackedByTheLetter(packed: Uint8Array): Uint8Array {
  const view = viewOf(packed);
  const integers = packed[0] === 1;
  const count = view.getUint16(1, true) + 1;
  const width = integers ? packed[3]! : 32;
  const body = packed.subarray(integers ? 8 : 3);
  const low = Math.max(0, width - 8);
  const lowBytes = Math.ceil((count * low) / 8);
  const lowBits = bitsOf(body.subarray(0, lowBytes));
  const codeOf = width > 0 ? codesOf(body.subarray(lowBytes)) : new Map([['', 0]]);
  const lengthBytes = width > 0 ? 1 + Math.ceil((body[lowBytes]! + 1) / 2) : 0;
  const codeBits = bitsOf(body.subarray(lowBytes + lengthBytes));
  const out = new DataView(new ArrayBuffer(4 * count));
  let at = 0;
  for (let i = 0; i < count; i++) {
    let code = '';
    while (!codeOf.has(code)) code += codeBits[at++]!;
    const lowest = reversed(lowBits.slice(i * low, (i + 1) * low));
    const number = codeOf.get(code)! * 2 ** low + Number.parseInt(`0${lowest}`, 2);
    if (integers) out.setInt32(4 * i, number + view.getInt32(4, true), true);
    else out.setUint32(4 * i, Math.floor(number / 2) + (number % 2) * 2 ** 31, true);
  }
  return new Uint8Array(out.buffer);
}

/** Each code as text of 0 and 1, first bit first. */
function codesOf(lengths: Uint8Array): Map<string, number> {
  const byLength = Array.from({ length: lengths[0]! + 1 }, (_, symbol) => ({
    symbol,
    length: (lengths[1 + (symbol >> 1)]! >> (4 * (symbol % 2))) & 15,
  }))
    .filter(({ length }) => length > 0)
    .toSorted((a, b) => a.length - b.length || a.symbol - b.symbol);
  const codes = new Map<string, number>();
  let next = 0;
  let before = byLength[0]!.length;
  for (const { symbol, length } of byLength) {
    next *= 2 ** (length - before);
    codes.set(next.toString(2).padStart(length, '0'), symbol);
    next += 1;
    before = length;
  }
  return codes;
}
