/** The golden vectors of test/fixtures/protocol. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { concatBytes, fromHex } from '../../src/core/bytes.ts';

const FOLDER = path.resolve(import.meta.dirname, '../fixtures/protocol');

/** "12n" is a bigint, {"hex": …} are bytes. */
function revive(_: string, value: unknown): unknown {
  if (typeof value === 'string' && /^\d+n$/.test(value)) return BigInt(value.slice(0, -1));
  const hex = (value as { hex?: unknown } | null)?.hex;
  const bytesOnly = typeof hex === 'string' && Object.keys(value as object).length === 1;
  return bytesOnly ? fromHex(hex) : value;
}

export function fixture(name: string): unknown {
  return JSON.parse(readFileSync(path.join(FOLDER, `${name}.json`), 'utf8'), revive);
}

/** A protobuf varint, padded to `width` bytes when given (which no honest writer does). */
export function varint(value: number, width = 1): number[] {
  const out: number[] = [];
  for (let rest = value; rest > 0 || out.length < width; rest = Math.floor(rest / 128)) out.push(rest % 128);
  return out.map((byte, i) => (i < out.length - 1 ? byte + 128 : byte));
}

/** A length-delimited protobuf field. */
export function field(number: number, body: Uint8Array | readonly number[]): Uint8Array {
  return concatBytes([
    Uint8Array.from([...varint(number * 8 + 2), ...varint(body.length)]),
    Uint8Array.from(body),
  ]);
}
