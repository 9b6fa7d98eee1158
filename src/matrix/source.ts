/** Where arrays come from: bytes that can be read anywhere, and what lies in them. */
import { AppError } from '../core/errors.ts';

/** Bytes that can be read in any order: a file, an ArrayBuffer. */
export interface RandomAccess {
  readonly size: number;
  /**
   * Exactly `length` bytes from `offset`. A source that has to copy fills `into` (at least `length`
   * long) instead of allocating; either way the caller uses what is returned.
   */
  read(offset: number, length: number, into?: Uint8Array): Promise<Uint8Array>;
}

/** A source over bytes in memory; what it returns are views of them. */
export function bytesSource(bytes: Uint8Array): RandomAccess {
  return {
    size: bytes.length,
    read(offset, length) {
      if (offset + length > bytes.length) return Promise.reject(truncated(offset + length, bytes.length));
      return Promise.resolve(bytes.subarray(offset, offset + length));
    },
  };
}

/** The error of a source that ends before `end`. */
export function truncated(end: number, size: number): AppError {
  return new AppError(
    'bad-file',
    `the file is truncated: it should reach byte ${end}, but ends at byte ${size}`,
  );
}

/** Element types that can be read. f64 is never stored: it must be converted with `as: 'f32'`. */
export type SourceDtype = 'i8' | 'f16' | 'f32' | 'f64';

export const SOURCE_VALUE_BYTES: Record<SourceDtype, number> = { i8: 1, f16: 2, f32: 4, f64: 8 };

/** One matrix inside a source: `shape[0] × shape[1]` values from `dataOffset` on. */
export interface ArrayLayout {
  readonly dtype: SourceDtype;
  readonly littleEndian: boolean;
  /** 'C': the last index is contiguous; 'F': the first is. */
  readonly order: 'C' | 'F';
  readonly dataOffset: number;
  readonly shape: readonly [number, number];
}

/** Bytes that the values of the array take. */
export function arrayBytes(layout: ArrayLayout): number {
  return layout.shape[0] * layout.shape[1] * SOURCE_VALUE_BYTES[layout.dtype];
}
