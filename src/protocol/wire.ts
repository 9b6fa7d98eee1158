/**
 * Checks protobuf bytes against a table of rules before the generated decoder sees them: bounds,
 * wire types, lengths, counts, UTF-8, no field twice. That makes the decoders total, and leaves
 * protons (whose readers run past the end and skip bytes on odd varints) only bytes it reads right.
 * Unknown fields pass, well formed; groups, which proto3 has not, do not.
 */
import { AppError } from '../core/errors.ts';

export type FieldRule =
  | { readonly kind: 'bool' | 'u32' | 'u64' | 'double' }
  /** `min`…`max` bytes; text must be UTF-8 as well. */
  | { readonly kind: 'bytes' | 'text'; readonly min: number; readonly max: number; readonly count?: number }
  | { readonly kind: 'message'; readonly rules: MessageRules; readonly count?: number };

/** By field number. `count` is how often a repeated field may occur; without it, once. */
export type MessageRules = Readonly<Record<number, FieldRule>>;

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

const WIRE_TYPE: Record<FieldRule['kind'], number> = {
  bool: VARINT,
  u32: VARINT,
  u64: VARINT,
  double: FIXED64,
  bytes: LENGTH_DELIMITED,
  text: LENGTH_DELIMITED,
  message: LENGTH_DELIMITED,
};

const MAX_VARINT_BYTES = 10;
const MAX_U32 = 0xffffffff;

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Returns the numbers of the known fields that are present, in order of appearance.
 * @throws AppError 'bad-frame' unless the bytes are a message that the rules allow.
 */
export function checkMessage(bytes: Uint8Array, rules: MessageRules): number[] {
  const seen = new Map<number, number>();
  const scan = new Scanner(bytes);
  while (!scan.done) {
    const tag = scan.varint(MAX_U32);
    const number = Math.floor(tag / 8);
    const wireType = tag % 8;
    if (number === 0) throw bad('field number 0');
    const rule = rules[number];
    if (!rule) {
      scan.skip(wireType);
      continue;
    }
    const count = (seen.get(number) ?? 0) + 1;
    if (count > ('count' in rule ? (rule.count ?? 1) : 1)) throw bad(`field ${number} occurs too often`);
    seen.set(number, count);
    if (wireType !== WIRE_TYPE[rule.kind]) throw bad(`field ${number} has the wrong wire type`);
    checkField(scan, number, rule);
  }
  return Array.from(seen.keys());
}

function checkField(scan: Scanner, number: number, rule: FieldRule): void {
  switch (rule.kind) {
    case 'bool':
      scan.varint(1);
      return;
    case 'u32':
      scan.varint(MAX_U32);
      return;
    case 'u64':
    case 'double':
      scan.skip(WIRE_TYPE[rule.kind]);
      return;
    case 'message':
      checkMessage(scan.delimited(), rule.rules);
      return;
    case 'bytes':
    case 'text': {
      const value = scan.delimited();
      // proto3 writers leave an empty value out, so a present one below `min` is never ours.
      if (value.length < rule.min || value.length > rule.max)
        throw bad(`field ${number} has ${value.length} bytes`);
      if (rule.kind === 'text' && !isUtf8(value)) throw bad(`field ${number} is not UTF-8`);
    }
  }
}

class Scanner {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** A minimal varint of at most 64 bits; the value is exact up to 2⁵³. */
  varint(max: number): number {
    let value = 0;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) break;
      value += (byte & 127) * 2 ** (7 * i);
      if (byte >= 128) continue;
      const minimal = byte !== 0 || i === 0;
      const fits = i < MAX_VARINT_BYTES - 1 || byte === 1;
      if (!minimal || !fits || value > max) break;
      return value;
    }
    throw bad('a varint is truncated, padded or too large');
  }

  delimited(): Uint8Array {
    return this.#take(this.varint(MAX_U32));
  }

  skip(wireType: number): void {
    if (wireType === VARINT) this.varint(Infinity);
    else if (wireType === FIXED64) this.#take(8);
    else if (wireType === LENGTH_DELIMITED) this.delimited();
    else if (wireType === FIXED32) this.#take(4);
    else throw bad(`wire type ${wireType}`);
  }

  #take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#at) throw bad('a field runs past the end');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    strictUtf8.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function bad(what: string): AppError {
  return new AppError('bad-frame', `not a message of ours: ${what}`);
}
