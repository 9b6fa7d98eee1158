/**
 * Blocks of results as they travel: smaller, and the same bytes again at the other end (README.md,
 * "Packed blocks"). Names and signatures are of the unpacked bytes, so a codec can only fail, never lie.
 */
import type { Bytes } from '../core/bytes.ts';
import { AppError } from '../core/errors.ts';
import { BLOCK_BYTES } from '../matrix/blocks.ts';
import { packI32, unpackI32 } from './pack-i32.ts';

const I32 = 1;

/** What unpacks to these bytes, or undefined when they would not become smaller: then they travel as they are. */
export function packBlock(bytes: Uint8Array): Bytes | undefined {
  if (bytes.length === 0 || bytes.length % 4 !== 0 || bytes.length > BLOCK_BYTES) return undefined;
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return packI32(I32, new Int32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4));
}

/**
 * The bytes that were packed, at most `maxBytes`, which is checked before anything is allocated.
 * @throws AppError 'bad-frame' for anything that `packBlock` has not made, never anything else
 */
export function unpackBlock(packed: Uint8Array, maxBytes: number = BLOCK_BYTES): Bytes {
  if (packed[0] !== I32) throw new AppError('bad-frame', 'a packed block has an unknown codec');
  return unpackI32(packed, maxBytes);
}
