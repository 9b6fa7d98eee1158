/** What the matrix tests share: arrays written byte by byte, and a store that checks what it is given. */
import { expect } from 'vitest';
import { concatBytes, sha256, toHex, utf8, viewOf, type Bytes } from '../../src/core/bytes.ts';
import { AppError, type ErrorCode } from '../../src/core/errors.ts';
import { floatToHalf } from '../../src/matrix/half.ts';
import type { FetchBytes, Hash } from '../../src/matrix/manifest.ts';
import type { PutBytes } from '../../src/matrix/build.ts';
import { SOURCE_VALUE_BYTES, type SourceDtype } from '../../src/matrix/source.ts';

export interface MemoryStore {
  readonly bytes: Map<Hash, Uint8Array>;
  /** Every hash that was put, in order, repetitions included. */
  readonly puts: Hash[];
  readonly fetched: Hash[];
  readonly put: PutBytes;
  readonly fetch: FetchBytes;
}

export function memoryStore(): MemoryStore {
  const bytes = new Map<Hash, Uint8Array>();
  const puts: Hash[] = [];
  const fetched: Hash[] = [];
  return {
    bytes,
    puts,
    fetched,
    async put(hash, value) {
      expect(toHex(await sha256(value))).toBe(hash);
      puts.push(hash);
      bytes.set(hash, value);
    },
    fetch(hash) {
      const found = bytes.get(hash);
      fetched.push(hash);
      if (!found) return Promise.reject(new AppError('not-found', `nothing is stored under ${hash}`));
      return Promise.resolve(found);
    },
  };
}

export interface ArraySpec {
  readonly dtype: SourceDtype;
  readonly littleEndian: boolean;
  readonly order: 'C' | 'F';
  readonly shape: readonly [number, number];
}

/** The data bytes of the array whose value at [i, j] is `value(i, j)`. */
export function arrayData(spec: ArraySpec, value: (i: number, j: number) => number): Bytes {
  const [d0, d1] = spec.shape;
  const size = SOURCE_VALUE_BYTES[spec.dtype];
  const bytes = new Uint8Array(d0 * d1 * size);
  const view = viewOf(bytes);
  for (let i = 0; i < d0; i++) {
    for (let j = 0; j < d1; j++) {
      const at = (spec.order === 'C' ? i * d1 + j : j * d0 + i) * size;
      if (spec.dtype === 'i8') view.setInt8(at, value(i, j));
      else if (spec.dtype === 'f16') view.setUint16(at, floatToHalf(value(i, j)), spec.littleEndian);
      else if (spec.dtype === 'f32') view.setFloat32(at, value(i, j), spec.littleEndian);
      else view.setFloat64(at, value(i, j), spec.littleEndian);
    }
  }
  return bytes;
}

/** A .npy file around a header text, with or without numpy's padding. */
export function npyFile(header: string, data: Uint8Array = new Uint8Array(0), version: 1 | 2 | 3 = 1): Bytes {
  const text = utf8.encode(`${header}\n`);
  const start = version === 1 ? 10 : 12;
  const front = new Uint8Array(start);
  front.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  if (version === 1) viewOf(front).setUint16(8, text.length, true);
  else viewOf(front).setUint32(8, text.length, true);
  return concatBytes([front, text, data]);
}

export function npyText(descr: string, shape: string, fortran = false): string {
  return `{'descr': ${descr}, 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': ${shape}, }`;
}

export function safetensorsFile(header: object | string, data: Uint8Array = new Uint8Array(0)): Bytes {
  const text = utf8.encode(typeof header === 'string' ? header : JSON.stringify(header));
  const front = new Uint8Array(8);
  viewOf(front).setBigUint64(0, BigInt(text.length), true);
  return concatBytes([front, text, data]);
}

/** The AppError that `work` ends with. */
export async function failure(work: () => unknown): Promise<AppError> {
  try {
    await work();
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    return error as AppError;
  }
  throw new Error('nothing was thrown');
}

/** What `failure` is expected to match. */
export function refusal(code: ErrorCode, message: RegExp): object {
  return { code, message: expect.stringMatching(message) as string };
}
