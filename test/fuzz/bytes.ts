/** Edits that know nothing of a format but that it has lengths and edges somewhere. */
import { concatBytes, viewOf } from '../../src/core/bytes.ts';
import { type Rng, randomInt } from '../../src/core/rng.ts';
import { oneIn, pick } from './target.ts';

/** Where readers of lengths, counts and shapes go wrong. */
export const U32_EDGES = [
  0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff,
] as const;
const BYTE_EDGES = [0, 1, 0x7f, 0x80, 0xff] as const;

/** One to four edits of a seed, or, one time in sixteen, plain noise, or the seed as it is. */
export function mutateBytes(rng: Rng, seeds: readonly Uint8Array[]): Uint8Array {
  if (oneIn(rng, 16)) return rng.bytes(randomInt(rng, 200));
  let bytes = pick(rng, seeds);
  if (oneIn(rng, 16)) return bytes.slice();
  for (let edits = 1 + randomInt(rng, 4); edits > 0; edits--) bytes = editBytes(rng, bytes, seeds);
  return bytes;
}

/** One edit; the input stays as it is. */
export function editBytes(rng: Rng, bytes: Uint8Array, seeds: readonly Uint8Array[]): Uint8Array {
  const at = randomInt(rng, bytes.length + 1);
  const to = Math.min(bytes.length, at + randomInt(rng, 12));
  const copy = bytes.slice();
  switch (randomInt(rng, 9)) {
    case 0: // one bit
      if (at < copy.length) copy[at]! ^= 1 << randomInt(rng, 8);
      return copy;
    case 1:
      if (at < copy.length) copy[at] = pick(rng, BYTE_EDGES);
      return copy;
    case 2: // a little-endian number
      if (at + 4 <= copy.length) viewOf(copy).setUint32(at, pick(rng, U32_EDGES), true);
      return copy;
    case 3:
      return bytes.slice(0, at);
    case 4:
      return concatBytes([bytes.subarray(0, at), rng.bytes(1 + randomInt(rng, 6)), bytes.subarray(at)]);
    case 5:
      return concatBytes([bytes.subarray(0, at), bytes.subarray(to)]);
    case 6: // a slice twice
      return concatBytes([bytes.subarray(0, to), bytes.subarray(at)]);
    case 7: // a long run of one byte, seldom a very long one
      return concatBytes([
        bytes.subarray(0, at),
        new Uint8Array(oneIn(rng, 64) ? 70_000 : randomInt(rng, 300)).fill(pick(rng, BYTE_EDGES)),
        bytes.subarray(at),
      ]);
    default: {
      const other = pick(rng, seeds);
      return concatBytes([bytes.subarray(0, at), other.subarray(randomInt(rng, other.length + 1))]);
    }
  }
}
