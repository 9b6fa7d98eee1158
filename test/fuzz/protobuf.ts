/**
 * Protobuf messages as trees of fields that can be damaged one by one and written again, with true lengths
 * or false ones. It needs no schema: bytes that parse as a message may be one.
 */
import { concatBytes } from '../../src/core/bytes.ts';
import { type Rng, randomInt } from '../../src/core/rng.ts';
import { editBytes, mutateBytes } from './bytes.ts';
import { oneIn, pick } from './target.ts';

const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const FIXED32 = 5;

interface Field {
  readonly number: number;
  readonly wire: number;
  /** A varint's value; the bytes of anything else; a delimited field that looks like a message. */
  readonly value: bigint | Uint8Array | readonly Field[];
  /** Stands where the length should. */
  readonly lie?: bigint;
  /** Bytes that its tag's varint is stretched to, which no honest writer does. */
  readonly padding?: number;
}

const VARINT_EDGES = [
  0n,
  1n,
  127n,
  128n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
  2n ** 64n,
] as const;
const DOUBLE_EDGES = [0, -0, -1, 1e308, 5e-324, NaN, Infinity, -Infinity, 2 ** 53] as const;
const NUMBER_EDGES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 19_000, 2 ** 29 - 1, 2 ** 29] as const;
/** Just within and just over lengths that formats like: ids, hashes, names, texts, envelopes. */
const SIZE_EDGES = [0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 511, 512, 513, 4096, 4097] as const;
const HOSTILE_TEXT = [[0], [0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]];
const MAX_BOMB = 2000;

/** Seeds are used again and again; their trees are never written to. */
const parsed = new WeakMap<Uint8Array, readonly Field[] | null>();

function treeOf(seed: Uint8Array): readonly Field[] | undefined {
  let tree = parsed.get(seed);
  if (tree === undefined) {
    tree = parse(seed) ?? null;
    parsed.set(seed, tree);
  }
  return tree ?? undefined;
}

/** A damaged message made of these. */
export function mutateProtobuf(rng: Rng, seeds: readonly Uint8Array[]): Uint8Array {
  if (oneIn(rng, 5)) return mutateBytes(rng, seeds);
  const fields = treeOf(pick(rng, seeds));
  if (!fields) return mutateBytes(rng, seeds);
  let tree = fields;
  for (let edits = 1 + randomInt(rng, 3); edits > 0; edits--) tree = editTree(rng, tree, seeds);
  const bytes = write(tree);
  return oneIn(rng, 8) ? editBytes(rng, bytes, seeds) : bytes;
}

function editTree(rng: Rng, fields: readonly Field[], seeds: readonly Uint8Array[]): readonly Field[] {
  const at = randomInt(rng, fields.length);
  const field = fields[at];
  if (!field) return [anyField(rng)];
  if (Array.isArray(field.value) && !oneIn(rng, 3)) {
    return fields.with(at, { ...field, value: editTree(rng, field.value as readonly Field[], seeds) });
  }
  switch (randomInt(rng, 11)) {
    case 0:
      return fields.toSpliced(at, 1);
    case 1:
      return fields.toSpliced(randomInt(rng, fields.length + 1), 0, field); // twice
    case 2:
      return fields.toSpliced(at, 1).concat(field); // out of order
    case 3: {
      const count = oneIn(rng, 64) ? randomInt(rng, MAX_BOMB) : randomInt(rng, 40);
      return fields.concat(Array.from({ length: count }, () => field));
    }
    case 4:
      return fields.with(at, { ...field, number: pick(rng, NUMBER_EDGES) });
    case 5:
      return fields.with(at, { ...field, wire: randomInt(rng, 8) });
    case 6:
      return fields.with(at, { ...field, padding: 2 + randomInt(rng, 10) });
    case 7: {
      const honest = BigInt(body(field.value).length);
      return fields.with(at, {
        ...field,
        lie: pick(rng, [honest + 1n, honest - 1n, honest / 2n, ...VARINT_EDGES]),
      });
    }
    case 8: {
      const other = treeOf(pick(rng, seeds)) ?? [];
      return fields.toSpliced(at, randomInt(rng, 2), ...other.slice(randomInt(rng, other.length + 1)));
    }
    case 9:
      if (oneIn(rng, 2)) return fields.concat(anyField(rng));
      return nested(fields, 1 + randomInt(rng, oneIn(rng, 256) ? MAX_BOMB : 20));
    default:
      return fields.with(at, { ...field, value: editValue(rng, field) });
  }
}

function editValue(rng: Rng, { wire, value }: Field): bigint | Uint8Array {
  if (typeof value === 'bigint') return oneIn(rng, 3) ? value + 1n : pick(rng, VARINT_EDGES);
  if (wire === FIXED64) return new Uint8Array(Float64Array.of(pick(rng, DOUBLE_EDGES)).buffer);
  const bytes = body(value);
  const at = randomInt(rng, bytes.length + 1);
  switch (randomInt(rng, 4)) {
    case 0: {
      const resized = new Uint8Array(pick(rng, SIZE_EDGES));
      resized.set(bytes.subarray(0, resized.length));
      return resized;
    }
    case 1:
      return concatBytes([
        bytes.subarray(0, at),
        Uint8Array.from(pick(rng, HOSTILE_TEXT)),
        bytes.subarray(at),
      ]);
    case 2:
      return bytes.slice(0, at);
    default:
      return editBytes(rng, bytes, [bytes]);
  }
}

function anyField(rng: Rng): Field {
  const wire = pick(rng, [VARINT, FIXED64, DELIMITED, FIXED32]);
  const size = wire === FIXED64 ? 8 : wire === FIXED32 ? 4 : randomInt(rng, 40);
  const value = wire === VARINT ? pick(rng, VARINT_EDGES) : rng.bytes(size);
  return { number: pick(rng, NUMBER_EDGES), wire, value };
}

/** The message in its own first field, that in its own, and so on. */
function nested(fields: readonly Field[], depth: number): readonly Field[] {
  const number = fields[0]?.number ?? 1;
  let inside = write(fields);
  for (let level = 0; level < depth && inside.length < 60_000; level++) {
    inside = write([{ number, wire: DELIMITED, value: inside }]);
  }
  return [{ number, wire: DELIMITED, value: inside }];
}

/** The fields, or undefined when the bytes are no message. */
export function parse(bytes: Uint8Array, depth = 0): readonly Field[] | undefined {
  const fields: Field[] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = readVarint(bytes, at);
    if (!tag || tag.value > 0xffffffffn) return undefined;
    const [number, wire] = [Number(tag.value >> 3n), Number(tag.value & 7n)];
    at = tag.end;
    if (number === 0) return undefined;
    if (wire === VARINT) {
      const varint = readVarint(bytes, at);
      if (!varint) return undefined;
      fields.push({ number, wire, value: varint.value });
      at = varint.end;
      continue;
    }
    const length = wire === DELIMITED ? readVarint(bytes, at) : undefined;
    if (wire === DELIMITED && !length) return undefined;
    at = length?.end ?? at;
    const size = length ? Number(length.value) : wire === FIXED64 ? 8 : wire === FIXED32 ? 4 : Infinity;
    if (at + size > bytes.length) return undefined;
    const value = bytes.subarray(at, at + size);
    at += size;
    const inside = wire === DELIMITED && size > 1 && depth < 4 ? parse(value, depth + 1) : undefined;
    fields.push({ number, wire, value: inside ?? value });
  }
  return fields;
}

function readVarint(bytes: Uint8Array, from: number): { value: bigint; end: number } | undefined {
  let value = 0n;
  for (let i = 0; i < 10; i++) {
    const byte = bytes[from + i];
    if (byte === undefined) return undefined;
    value |= BigInt(byte & 127) << BigInt(7 * i);
    if (byte < 128) return { value, end: from + i + 1 };
  }
  return undefined;
}

/** The inverse of `parse`, lies and paddings included. */
export function write(fields: readonly Field[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const { number, wire, value, lie, padding = 1 } of fields) {
    parts.push(varintOf(BigInt(number) * 8n + BigInt(wire), padding));
    if (typeof value === 'bigint') {
      parts.push(varintOf(lie ?? value));
    } else {
      const bytes = body(value);
      if (wire === DELIMITED || lie !== undefined) parts.push(varintOf(lie ?? BigInt(bytes.length)));
      parts.push(bytes);
    }
  }
  return concatBytes(parts);
}

function body(value: Field['value']): Uint8Array {
  if (typeof value === 'bigint') return varintOf(value);
  return value instanceof Uint8Array ? value : write(value);
}

const SMALL_VARINTS = Array.from({ length: 128 }, (_, value) => Uint8Array.of(value));

function varintOf(value: bigint, width = 1): Uint8Array {
  if (width === 1 && value >= 0n && value < 128n) return SMALL_VARINTS[Number(value)]!;
  const out: number[] = [];
  for (let rest = value < 0n ? 0n : value; rest > 0n || out.length < width; rest >>= 7n) {
    out.push(Number(rest & 127n) | 128);
  }
  out[out.length - 1]! &= 127;
  return Uint8Array.from(out);
}
