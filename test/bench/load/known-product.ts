/**
 * A large product whose every block is known without computing it. All strips of an operand are one random strip but
 * for the first TAG columns, which tell the strip: so the block (s, t) of C is one block, made once, plus the dot
 * product of two tags. Blocks differ, verification has all of its work, and a thousand contributors need no GPU.
 */
import { seededRng } from '../../../src/core/rng.ts';
import { BLOCK_ROWS, BLOCK_ROW_BYTES, CELL } from '../../../src/matrix/blocks.ts';
import { npyHeader } from '../../../src/matrix/npy.ts';

/** One block of K. */
export const K = BLOCK_ROW_BYTES;
const TAG = 8;

export type Side = 'a' | 'b';

/** What tells a strip from the others, in the first columns of each of its rows. */
export function tagOf(side: Side, strip: number): Int8Array {
  const rng = seededRng(strip * 2 + (side === 'a' ? 0 : 1));
  return Int8Array.from({ length: TAG }, () => Math.floor(rng.float() * 256) - 128);
}

/** 256 × K, int8. */
export function stripOf(side: Side, strip: number): Int8Array<ArrayBuffer> {
  const values = Int8Array.from(plain(side));
  const tag = tagOf(side, strip);
  for (let row = 0; row < BLOCK_ROWS; row++) values.set(tag, row * K);
  return values;
}

/** An operand as a .npy file. */
export async function* npyOf(side: Side, strips: number): AsyncGenerator<Uint8Array> {
  yield npyHeader({ dtype: 'i8', rows: strips * BLOCK_ROWS, cols: K });
  for (let strip = 0; strip < strips; strip++) yield new Uint8Array(stripOf(side, strip).buffer);
}

/** The block of C whose operands' strips bear these tags. */
export function blockOf(a: Int8Array, b: Int8Array): Uint8Array<ArrayBuffer> {
  const sum = a.reduce((total, value, i) => total + value * b[i]!, 0);
  return new Uint8Array(common().map((value) => value + sum).buffer);
}

/** The tag of a block of an operand, as it travels. */
export function tagIn(block: Uint8Array): Int8Array {
  return Int8Array.from(new Int8Array(block.buffer, block.byteOffset, TAG));
}

const PLAIN: Partial<Record<Side, Int8Array<ArrayBuffer>>> = {};

function plain(side: Side): Int8Array<ArrayBuffer> {
  const rng = seededRng(side === 'a' ? 101 : 102);
  return (PLAIN[side] ??= Int8Array.from({ length: BLOCK_ROWS * K }, (_, i) =>
    i % K < TAG ? 0 : Math.floor(rng.float() * 256) - 128,
  ));
}

let block: Int32Array<ArrayBuffer> | undefined;

/** C without the tags. */
function common(): Int32Array<ArrayBuffer> {
  if (block) return block;
  const [a, b] = [plain('a'), plain('b')];
  const made = new Int32Array(CELL * CELL);
  for (let row = 0; row < CELL; row++) {
    for (let col = 0; col < CELL; col++) {
      let sum = 0;
      for (let k = TAG; k < K; k++) sum += a[row * K + k]! * b[col * K + k]!;
      made[row * CELL + col] = sum;
    }
  }
  return (block = made);
}
