/**
 * The values of seeded operands, by integers and exactly rounded operations alone: every machine makes the same.
 *
 * Row i has a stream of bytes of its own: the words of Philox4x32-10, each little-endian, for the counters
 * (g, i, dtype code + 256 · distribution code, 0), g = 0, 1, 2 …, and the key (seed mod 2³², ⌊seed / 2³²⌋).
 * Blocks have no part in it: an operand of more rows or columns begins with the same values. Value k is, in
 *
 *   uniform     i8: byte k as int8, all 256 values · f16: the int16 at byte 2k, ⌊x/2⁵⌋ · 2⁻¹⁰
 *               f32: the int32 at byte 4k, ⌊x/2⁸⌋ · 2⁻²³; both in [−1, 1)
 *   rademacher  +1 where bit k is 0, else −1; the lowest bit of byte 0 comes first
 *   normal      (u₀ + u₁) − (u₂ + u₃), the sum of four uniforms (Irwin–Hall), of
 *               i8: bytes at 4k, a quarter of it, to the nearest, ties towards 0: −127 … 127, σ 36.9
 *               f16, f32: uint16s at 8k, · 14529495 · 2⁻³⁹, rounded to float32 and then to f16: σ 1, below 3.47
 */
import type { Bytes } from '../core/bytes.ts';
import { ceilDiv } from '../core/bytes.ts';
import { BLOCK_ROWS, BLOCK_ROW_BYTES, blockCols, colsIn, rowBytes, rowsIn } from './blocks.ts';
import { DTYPE_CODE, type Dtype, VALUE_BYTES } from './dtype.ts';
import { floatToHalf, halfToFloat } from './half.ts';
import type { FetchBytes } from './manifest.ts';
import { philox } from './philox.ts';
import {
  DISTRIBUTION_CODE,
  type Distribution,
  type SeededManifest,
  type SeededPlace,
  seededPlace,
} from './seeded.ts';

const COUNTER_BYTES = 16;
/** √(3 / (2³² − 1)), which makes the variance 1, to 24 bits. */
const NORMAL_SCALE = 14529495 * 2 ** -39;

/** Bits of the stream that one value takes. */
const VALUE_BITS: Record<Distribution, Record<Dtype, number>> = {
  uniform: { i8: 8, f16: 16, f32: 32 },
  rademacher: { i8: 1, f16: 1, f32: 1 },
  normal: { i8: 32, f16: 64, f32: 64 },
};

/** One row of a block, and the words that it is made of. Synchronous, so scratch is per module. */
const words = new Uint32Array((blockCols('i8') * VALUE_BITS.normal.i8) / 32);
const bytes = new Uint8Array(words.buffer);
const signedHalves = new Int16Array(words.buffer);
const halves = new Uint16Array(words.buffer);
const signedWords = new Int32Array(words.buffer);
const row = new Uint8Array(BLOCK_ROW_BYTES);
const rowI8 = new Int8Array(row.buffer);
const rowF16 = new Uint16Array(row.buffer);
const rowF32 = new Float32Array(row.buffer);

/** What makes `count` values of `row` of `words`. */
const FILL: Record<Distribution, Record<Dtype, (count: number) => void>> = {
  uniform: {
    i8: (count) => row.set(bytes.subarray(0, count)),
    f16: (count) => {
      for (let k = 0; k < count; k++) rowF16[k] = floatToHalf((signedHalves[k]! >> 5) * 2 ** -10);
    },
    f32: (count) => {
      for (let k = 0; k < count; k++) rowF32[k] = (signedWords[k]! >> 8) * 2 ** -23;
    },
  },
  rademacher: {
    i8: (count) => signs(rowI8, count, 1, -1),
    f16: (count) => signs(rowF16, count, floatToHalf(1), floatToHalf(-1)),
    f32: (count) => signs(rowF32, count, 1, -1),
  },
  normal: {
    i8: (count) => {
      for (let k = 0; k < count; k++) {
        const sum = bytes[4 * k]! + bytes[4 * k + 1]! - bytes[4 * k + 2]! - bytes[4 * k + 3]!;
        // Without a branch, which would be guessed wrong every other time: 1.4 times as fast.
        const sign = sum >> 31;
        rowI8[k] = (((((sum ^ sign) - sign + 1) >> 2) ^ sign) - sign) | 0;
      }
    },
    f16: (count) => {
      for (let k = 0; k < count; k++) rowF16[k] = floatToHalf(normal(k));
    },
    f32: (count) => {
      for (let k = 0; k < count; k++) rowF32[k] = normal(k);
    },
  },
};

function signs(
  out: Int8Array | Uint16Array | Float32Array,
  count: number,
  plus: number,
  minus: number,
): void {
  for (let k = 0; k < count; k++) out[k] = (bytes[k >> 3]! >> (k & 7)) & 1 ? minus : plus;
}

function normal(k: number): number {
  const sum = halves[4 * k]! + halves[4 * k + 1]! - halves[4 * k + 2]! - halves[4 * k + 3]!;
  return sum * NORMAL_SCALE;
}

/** A block as others are stored: raw little-endian rows, the last column-block's padded with zeros. */
export function drawBlock({ manifest, strip, colBlock }: SeededPlace): Bytes {
  const { dtype, distribution, seed } = manifest;
  const key = { low: Number(seed & 0xffffffffn), high: Number(seed >> 32n) };
  const bits = VALUE_BITS[distribution][dtype];
  const count = colsIn(manifest, colBlock);
  const counters = ceilDiv(count * bits, 8 * COUNTER_BYTES);
  const first = (colBlock * blockCols(dtype) * bits) / (8 * COUNTER_BYTES);
  const c2 = DTYPE_CODE[dtype] + 256 * DISTRIBUTION_CODE[distribution];
  const fill = FILL[distribution][dtype];
  const used = row.subarray(0, count * VALUE_BYTES[dtype]);
  const stride = rowBytes(manifest, colBlock);
  const rows = rowsIn(manifest, strip);
  const block = new Uint8Array(rows * stride);
  for (let i = 0; i < rows; i++) {
    philox(words, counters, key, { first, c1: strip * BLOCK_ROWS + i, c2, c3: 0 });
    fill(count);
    block.set(used, i * stride);
  }
  return block;
}

/** The block that a seeded operand's block id describes, made here; undefined for a block that has to be fetched. */
export function seededBlock(id: string): Bytes | undefined {
  const place = seededPlace(id);
  return place && drawBlock(place);
}

/** Fetches what cannot be made. */
export function orSeeded(fetch: FetchBytes): FetchBytes {
  return async (hash) => seededBlock(hash) ?? (await fetch(hash));
}

/** The largest magnitude that a value can have. */
export function largestSeeded({ dtype, distribution }: SeededManifest): number {
  if (distribution === 'rademacher') return 1;
  if (distribution === 'uniform') return dtype === 'i8' ? 128 : 1;
  if (dtype === 'i8') return 127;
  const largest = Math.fround(2 * 0xffff * NORMAL_SCALE);
  return dtype === 'f16' ? halfToFloat(floatToHalf(largest)) : largest;
}
