/** One product to compute: seeded operands, in the layouts that the contestants take. */
import { seededRng } from '../../../src/core/rng.ts';
import type { Dtype } from '../../../src/matrix/dtype.ts';
import { floatToHalf, halfTable } from '../../../src/matrix/half.ts';

/** C is rows × cols; K is what is summed over. */
export interface Size {
  readonly rows: number;
  readonly cols: number;
  readonly k: number;
}

/** f16 as bits. */
export type Values = Int8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Float32Array<ArrayBuffer>;

export interface Task extends Size {
  readonly dtype: Dtype;
  /** rows × K, row-major. */
  readonly a: Values;
  /** cols × K, row-major: our layout, C = A·Bᵀ. */
  readonly b: Values;
  /** K × cols, row-major: everybody else's layout, made when first asked for. */
  readonly bt: () => Values;
}

export function makeTask(dtype: Dtype, size: Size, seed: number): Task {
  const { rows, cols, k } = size;
  const rng = seededRng(seed);
  const random = (length: number): Values => {
    const values = emptyValues(dtype, length);
    for (let i = 0; i < length; i++) {
      const float = rng.float();
      if (dtype === 'i8') values[i] = Math.floor(float * 256) - 128;
      else if (dtype === 'f16') values[i] = floatToHalf(2 * float - 1);
      else values[i] = 2 * float - 1;
    }
    return values;
  };
  const a = random(rows * k);
  const b = random(cols * k);
  let turned: Values | undefined;
  return { dtype, ...size, a, b, bt: () => (turned ??= transpose(dtype, b, cols, k)) };
}

function emptyValues(dtype: Dtype, length: number): Values {
  if (dtype === 'i8') return new Int8Array(length);
  return dtype === 'f16' ? new Uint16Array(length) : new Float32Array(length);
}

function transpose(dtype: Dtype, values: Values, rows: number, cols: number): Values {
  const turned = emptyValues(dtype, values.length);
  const STEP = 32;
  // In squares, so that both sides stay in the cache.
  for (let top = 0; top < rows; top += STEP) {
    for (let left = 0; left < cols; left += STEP) {
      for (let i = top; i < Math.min(rows, top + STEP); i++) {
        for (let j = left; j < Math.min(cols, left + STEP); j++) turned[j * rows + i] = values[i * cols + j]!;
      }
    }
  }
  return turned;
}

/** The numbers that the values stand for. */
export function widen(values: Values): Float32Array | Int8Array {
  if (!(values instanceof Uint16Array)) return values;
  const table = halfTable();
  return Float32Array.from(values, (bits) => table[bits]!);
}

export function nameOf({ rows, cols, k }: Size): string {
  return rows === cols && cols === k ? `${k}` : `${rows}x${k}x${cols}`;
}
