/** The low bits of entries, one after another, least significant bit first (README.md, "Packed blocks"). */
import { type Bytes, ceilDiv } from '../core/bytes.ts';
import { ensure } from './fields.ts';

export function bitsSize(count: number, width: number): number {
  return ceilDiv(count * width, 8);
}

/** The low `width` bits of each entry; width is 1 to 31. What is above them does not matter. */
export function writeBits(entries: Uint32Array, width: number): Bytes {
  const mask = (1 << width) - 1;
  const words = new Uint32Array(ceilDiv(entries.length * width, 32));
  let word = 0;
  let filled = 0;
  let at = 0;
  for (let i = 0; i < entries.length; i++) {
    const bits = entries[i]! & mask;
    word |= bits << filled;
    filled += width;
    if (filled >= 32) {
      words[at++] = word;
      filled -= 32;
      word = bits >>> (width - filled);
    }
  }
  if (filled > 0) words[at] = word;
  return new Uint8Array(words.buffer, 0, bitsSize(entries.length, width));
}

/**
 * The inverse: writes all entries from `stream`, which has `bitsSize` bytes.
 * @throws AppError 'bad-frame' unless the bits after the last entry are 0
 */
export function readBits(entries: Uint32Array, width: number, stream: Uint8Array): void {
  const mask = (1 << width) - 1;
  const words = new Uint32Array(ceilDiv(stream.length, 4));
  new Uint8Array(words.buffer).set(stream);
  let word = 0;
  let used = 32;
  let at = 0;
  for (let i = 0; i < entries.length; i++) {
    if (used === 32) {
      word = words[at++]!;
      used = 0;
    }
    let bits = word >>> used;
    used += width;
    if (used > 32) {
      word = words[at++]!;
      used -= 32;
      bits |= word << (width - used);
    }
    entries[i] = bits & mask;
  }
  ensure(used === 32 || word >>> used === 0, 'the bits of a packed block end in others than 0');
}
