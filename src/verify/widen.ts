/**
 * Readers that turn the values of a block into float64. One literal loop per type: a loop shared by
 * several kinds of typed array goes polymorphic in V8. Blocks are little-endian, and so is every
 * machine that runs this.
 */
import { halfTable } from '../matrix/half.ts';
import type { Dtype, ResultDtype } from '../matrix/dtype.ts';

/** Writes `count` values from value `start` of the block to `out` from `at`. */
export type ReadValues = (start: number, count: number, out: Float64Array, at: number) => void;
/** As ReadValues; false as soon as a value is one that no honest result holds. */
export type ReadChecked = (start: number, count: number, out: Float64Array, at: number) => boolean;

/** Bytes that arrived inside a larger message may start anywhere; typed arrays may not. */
function aligned(bytes: Uint8Array, size: number): Uint8Array {
  return bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
}

export function int32View(bytes: Uint8Array): Int32Array {
  const from = aligned(bytes, 4);
  return new Int32Array(from.buffer, from.byteOffset, from.byteLength >> 2);
}

function float32View(bytes: Uint8Array): Float32Array {
  const from = aligned(bytes, 4);
  return new Float32Array(from.buffer, from.byteOffset, from.byteLength >> 2);
}

function readI8(bytes: Uint8Array): ReadValues {
  const values = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return (start, count, out, at) => {
    for (let i = 0; i < count; i++) out[at + i] = values[start + i]!;
  };
}

function readF32(bytes: Uint8Array): ReadValues {
  const values = float32View(bytes);
  return (start, count, out, at) => {
    for (let i = 0; i < count; i++) out[at + i] = values[start + i]!;
  };
}

function readF16(bytes: Uint8Array): ReadValues {
  const from = aligned(bytes, 2);
  const codes = new Uint16Array(from.buffer, from.byteOffset, from.byteLength >> 1);
  const values = halfTable();
  return (start, count, out, at) => {
    for (let i = 0; i < count; i++) out[at + i] = values[codes[start + i]!]!;
  };
}

export function operandReader(dtype: Dtype, bytes: Uint8Array): ReadValues {
  if (dtype === 'i8') return readI8(bytes);
  return dtype === 'f16' ? readF16(bytes) : readF32(bytes);
}

/** i32 values of at most `limit` in magnitude; float32 values that are finite. */
export function resultReader(dtype: ResultDtype, bytes: Uint8Array, limit: number): ReadChecked {
  if (dtype === 'i32') {
    const values = int32View(bytes);
    return (start, count, out, at) => {
      for (let i = 0; i < count; i++) {
        const value = values[start + i]!;
        if (value > limit || value < -limit) return false;
        out[at + i] = value;
      }
      return true;
    };
  }
  const values = float32View(bytes);
  return (start, count, out, at) => {
    for (let i = 0; i < count; i++) {
      const value = values[start + i]!;
      if (value - value !== 0) return false; // NaN and the infinities
      out[at + i] = value;
    }
    return true;
  };
}
