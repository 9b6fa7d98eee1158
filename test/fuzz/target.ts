/**
 * What a kind of input is to the fuzzer: how the n-th one is made, and what must hold of whatever it does.
 * Everything random comes from the Rng, so that a seed and an index make the same input again.
 */
import { isAppError, type ErrorCode } from '../../src/core/errors.ts';
import { bytesEqual } from '../../src/core/bytes.ts';
import { type Rng, randomInt } from '../../src/core/rng.ts';

export interface Target<Input = unknown> {
  /** As in `--type NAME`. */
  readonly name: string;
  /** One input may take this long, at its best of three attempts. @default 250 */
  readonly maxInputMs?: number;
  make(rng: Rng): Input;
  /** True when the input was accepted, false when it was refused as it should be. @throws anything else. */
  check(input: Input): boolean | Promise<boolean>;
  /** For a person who has to find out what it was. */
  show(input: Input): string;
  /** What must hold of all of them together, after the last one. */
  finish?(): Promise<void>;
  close?(): Promise<void>;
}

/** Most have nothing to open. */
export interface TargetFactory {
  readonly name: string;
  open(): Promise<Target>;
}

/** One with nothing to open. */
export function ready(target: Target): TargetFactory {
  return { name: target.name, open: () => Promise.resolve(target) };
}

/** Any one of these. */
export function pick<T>(rng: Rng, from: readonly T[]): T {
  return from[randomInt(rng, from.length)]!;
}

/** True one time in `n`. */
export function oneIn(rng: Rng, n: number): boolean {
  return randomInt(rng, n) === 0;
}

const SHOWN_BYTES = 4096;

export function showBytes(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.subarray(0, SHOWN_BYTES)).toString('hex');
  return bytes.length > SHOWN_BYTES ? `${hex}… (${bytes.length} bytes)` : hex;
}

/** Inputs up to this are compared with a copy afterwards: a decoder that writes to its input changes state. */
const COMPARED_BYTES = 2048;

/**
 * A pure decoder: a value or one of these errors, and its input as it was.
 * `confirm` looks at an accepted value, and throws what is wrong with it.
 */
export function decoderTarget<T>(
  name: string,
  make: (rng: Rng) => Uint8Array,
  codes: readonly ErrorCode[],
  decode: (bytes: Uint8Array) => T,
  confirm: (value: T, bytes: Uint8Array) => void,
): Target<Uint8Array> {
  return {
    name,
    make,
    show: showBytes,
    check(bytes) {
      const before = bytes.length <= COMPARED_BYTES ? bytes.slice() : undefined;
      let decoded: { readonly value: T } | undefined;
      try {
        decoded = { value: decode(bytes) };
      } catch (error) {
        if (!isAppError(error, ...codes)) throw error;
      }
      if (before && !bytesEqual(before, bytes)) throw new Error('the decoder has changed its input');
      if (decoded) confirm(decoded.value, bytes);
      return decoded !== undefined;
    },
  };
}

/** Deep equality of what decoders return: plain objects, arrays, bytes, bigints; NaN equals NaN. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Uint8Array && b instanceof Uint8Array) return bytesEqual(a, b);
  const [left, right] = [Object.entries(a), Object.entries(b)];
  return (
    left.length === right.length &&
    left.every(([key, value]) => sameValue(value, (b as Record<string, unknown>)[key]))
  );
}
