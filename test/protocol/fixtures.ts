/** The golden vectors of test/fixtures/protocol, and mutations of them. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { concatBytes, fromHex } from '../../src/core/bytes.ts';
import { type Rng, randomInt } from '../../src/core/rng.ts';

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

/** One to four edits of a seed, or, one time in eight, plain noise. */
export function mutate(rng: Rng, seeds: readonly Uint8Array[]): Uint8Array {
  if (randomInt(rng, 8) === 0) return rng.bytes(randomInt(rng, 200));
  let bytes = seeds[randomInt(rng, seeds.length)]!;
  for (let edits = 1 + randomInt(rng, 4); edits > 0; edits--) bytes = edit(rng, bytes, seeds);
  return bytes;
}

function edit(rng: Rng, bytes: Uint8Array, seeds: readonly Uint8Array[]): Uint8Array {
  const at = randomInt(rng, bytes.length + 1);
  const to = Math.min(bytes.length, at + randomInt(rng, 12));
  const copy = bytes.slice();
  switch (randomInt(rng, 7)) {
    case 0: // one bit
      if (at < copy.length) copy[at]! ^= 1 << randomInt(rng, 8);
      return copy;
    case 1: // a byte that is an edge for varints and lengths
      if (at < copy.length) copy[at] = [0, 1, 0x7f, 0x80, 0xff][randomInt(rng, 5)]!;
      return copy;
    case 2:
      return bytes.slice(0, at);
    case 3:
      return concatBytes([bytes.subarray(0, at), rng.bytes(1 + randomInt(rng, 6)), bytes.subarray(at)]);
    case 4:
      return concatBytes([bytes.subarray(0, at), bytes.subarray(to)]);
    case 5: // a slice twice
      return concatBytes([bytes.subarray(0, to), bytes.subarray(at)]);
    default: {
      const other = seeds[randomInt(rng, seeds.length)]!;
      return concatBytes([bytes.subarray(0, at), other.subarray(randomInt(rng, other.length + 1))]);
    }
  }
}
