/** Conversions between our types and the generated ones, each with its range check. */
import { type Bytes, fromHex, toHex, utf8 } from '../core/bytes.ts';
import { AppError, isAppError } from '../core/errors.ts';
import { PEER_ID } from '../core/peer-id.ts';
import { MAX_LEDGER_UNITS, MAX_TEXT_BYTES } from './limits.ts';

/** Bytes as lower-case hexadecimal: ids and hashes, the keys of maps. */
export type Hex = string;

export const LEASE_ID_BYTES = 16;

/** Codes such as "out-of-memory". */
const CODE = /^[a-z][a-z0-9-]*$/;

/** @throws AppError 'bad-frame' with this sentence unless it holds. */
export function ensure(holds: boolean, sentence: string): void {
  if (!holds) throw new AppError('bad-frame', sentence);
}

/** A view as the type that the generated code asks for; nothing is copied. */
export function owned(bytes: Uint8Array): Bytes {
  return bytes as Bytes;
}

/** A field that a present message must have set; proto3 leaves empty values out. */
export function present(bytes: Uint8Array, name: string): Bytes {
  ensure(bytes.length > 0, `${name} is missing`);
  return new Uint8Array(bytes); // a copy, so that an envelope kept does not keep its frame
}

/** Fixed-length bytes as hexadecimal; protobuf rules have checked the length where there is any. */
export function hexOf(bytes: Uint8Array, length: number, name: string): Hex {
  ensure(bytes.length === length, `${name} must have ${length} bytes`);
  return toHex(bytes);
}

/** @throws AppError 'bad-frame' unless the text is `length` bytes in lower-case hexadecimal. */
export function bytesOf(hex: Hex, length: number, name: string): Bytes {
  ensure(
    hex.length === 2 * length && /^[0-9a-f]*$/.test(hex),
    `${name} must be ${length} bytes in hexadecimal`,
  );
  return fromHex(hex);
}

export function intIn(value: number, min: number, max: number, name: string): number {
  ensure(
    Number.isInteger(value) && value >= min && value <= max,
    `${name} must be a whole number from ${min} to ${max}`,
  );
  return value;
}

/**
 * A uint64 of the wire. The schemas mark every one of them JS_NUMBER, because protons-runtime (7.1.2 and
 * 8.0.1) writes bigints from 2³¹ to 2³² − 1 as one byte followed by whatever the buffer held before.
 */
export function numberOf(value: number, max: number, name: string): number {
  return intIn(value, 0, max, name);
}

/** Credit and work, bigint on our side, as the number that the generated code writes. */
export function unitsTo(value: bigint, name: string): number {
  ensure(value >= 0n && value <= MAX_LEDGER_UNITS, `${name} must be at most ${MAX_LEDGER_UNITS}`);
  return Number(value);
}

/** The inverse of `unitsTo`. */
export function unitsFrom(value: number, name: string): bigint {
  return BigInt(intIn(value, 0, Number.MAX_SAFE_INTEGER, name));
}

export function codeOf(text: string, name: string): string {
  ensure(CODE.test(text), `${name} must be a code such as "out-of-memory"`);
  return text;
}

export function nameOf(text: string, name: string): string {
  ensure(text.length > 0 && text.isWellFormed(), `${name} must be text`);
  return text;
}

export function peerIdOf(text: string, name: string): string {
  ensure(PEER_ID.test(text), `${name} must be the PeerId of an Ed25519 key`);
  return text;
}

/** A sentence for a person, cut to what the wire carries: an over-long reason must never stop a message. */
export function sentenceOf(text: string): string {
  const bytes = utf8.encode(text);
  if (bytes.length <= MAX_TEXT_BYTES) return text.toWellFormed();
  let end = MAX_TEXT_BYTES;
  while ((bytes[end]! & 0xc0) === 0x80) end -= 1; // not inside a character
  return utf8.decode(bytes.subarray(0, end));
}

/** Runs a decoder. Whatever it throws becomes 'bad-frame', so that nothing else leaves this folder. */
export function total<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (isAppError(error)) throw error;
    throw new AppError('bad-frame', 'not a message of ours', { cause: error });
  }
}

/** Runs an encoder: what a decoder would refuse is the caller's mistake, and is never sent. */
export function encoding<T>(encode: () => T): T {
  try {
    return encode();
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown reason';
    throw new AppError('bad-input', `this message cannot be sent: ${why}`, { cause: error });
  }
}
