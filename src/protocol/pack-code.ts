/**
 * The top bits of entries in a prefix code that is made for each block (README.md, "Packed blocks"). The codes
 * follow from their lengths, in the order of lengths, then of symbols; each is written from its first bit on.
 */
import { type Bytes, ceilDiv, viewOf } from '../core/bytes.ts';
import { ensure } from './fields.ts';
import { MAX_LENGTH, SYMBOLS } from './pack-lengths.ts';

const WORD_BYTES = 4;

/** How often each symbol, `entry >>> shift`, occurs. */
export function countSymbols(entries: Uint32Array, shift: number): Uint32Array {
  const counts = new Uint32Array(SYMBOLS);
  for (let i = 0; i < entries.length; i++) counts[entries[i]! >>> shift]! += 1;
  return counts;
}

/** Bytes of the codes of entries that occur so often. */
export function codesSize(counts: Uint32Array, lengths: Uint8Array): number {
  return ceilDiv(
    lengths.reduce((bits, length, symbol) => bits + length * counts[symbol]!, 0),
    8,
  );
}

/** The codes of the symbols `entry >>> shift`, one after another; `size` is their `codesSize`. */
export function writeCodes(entries: Uint32Array, shift: number, lengths: Uint8Array, size: number): Bytes {
  const codes = new Uint16Array(SYMBOLS);
  eachCode(lengths, (symbol, code) => (codes[symbol] = code));
  const words = new Uint16Array(ceilDiv(size, 2));
  let bits = 0;
  let filled = 0;
  let at = 0;
  for (let i = 0; i < entries.length; i++) {
    const symbol = entries[i]! >>> shift;
    bits |= codes[symbol]! << filled;
    filled += lengths[symbol]!;
    if (filled >= 16) {
      words[at++] = bits;
      bits >>>= 16;
      filled -= 16;
    }
  }
  if (filled > 0) words[at] = bits;
  return new Uint8Array(words.buffer, 0, size);
}

/**
 * The inverse: puts each entry's symbol above its low `shift` bits, which are there already.
 * @throws AppError 'bad-frame' unless `stream` ends with the last code, filled up with bits of 0
 */
export function readCodes(
  entries: Uint32Array,
  shift: number,
  lengths: Uint8Array,
  stream: Uint8Array,
): void {
  const longest = ceilDiv(entries.length * MAX_LENGTH, 8);
  ensure(stream.length <= longest, 'the codes of a packed block have another length');
  const table = decodingTable(lengths);
  // Room for the longest codes there are, so that no look reaches behind the end.
  const padded = new Uint8Array(longest + WORD_BYTES);
  padded.set(stream);
  const view = viewOf(padded);
  let at = 0;
  for (let i = 0; i < entries.length; i++) {
    // A new look for every code: whether to look again is a branch that nothing predicts, and takes longer.
    const next = view.getUint32(at >> 3, true) >>> (at & 7);
    const found = table[next & (table.length - 1)]!;
    at += found & 15;
    entries[i]! |= (found >> 4) << shift;
  }
  ensure(stream.length === ceilDiv(at, 8), 'the codes of a packed block have another length');
  ensure(
    at % 8 === 0 || padded[at >> 3]! >> (at % 8) === 0,
    'the codes of a packed block end in other bits than 0',
  );
}

/** Symbol and length, `symbol << 4 | length`, by the next MAX_LENGTH bits. */
function decodingTable(lengths: Uint8Array): Uint16Array {
  const table = new Uint16Array(1 << MAX_LENGTH);
  eachCode(lengths, (symbol, code, length) => {
    for (let bits = code; bits < table.length; bits += 1 << length) table[bits] = (symbol << 4) | length;
  });
  return table;
}

/** Calls back with each code as it is written: its first bit is the lowest. */
function eachCode(lengths: Uint8Array, use: (symbol: number, code: number, length: number) => void): void {
  let code = 0;
  for (let length = 1; length <= MAX_LENGTH; length++, code <<= 1) {
    for (let symbol = 0; symbol < SYMBOLS; symbol++) {
      if (lengths[symbol] === length) use(symbol, reversed(code++, length), length);
    }
  }
}

function reversed(code: number, length: number): number {
  let out = 0;
  for (let i = 0; i < length; i++) out |= ((code >> i) & 1) << (length - 1 - i);
  return out;
}
