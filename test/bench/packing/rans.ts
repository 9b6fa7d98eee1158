/**
 * What the prefix code of src/protocol is measured against: rANS (J. Duda, "Asymmetric numeral systems",
 * arXiv:1311.2540), one state of 32 bits, 16 bits at a time, frequencies of 12 bits that are sent before.
 */
const SYMBOLS = 256;
const SCALE_BITS = 12;
const SCALE = 1 << SCALE_BITS;
const LOW = 1 << 16;

export interface RansModel {
  readonly frequencies: Uint32Array;
  readonly starts: Uint32Array;
  /** Of the frequencies up to the last that is not 0. */
  readonly bytes: number;
}

/** Counts scaled to a sum of 4,096, none of what occurs to 0; the most frequent takes what is left. */
export function ransModel(counts: Uint32Array): RansModel {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const frequencies = counts.map((count) =>
    count > 0 ? Math.max(1, Math.round((count * SCALE) / total)) : 0,
  );
  const most = counts.indexOf(counts.reduce((max, count) => Math.max(max, count), 0));
  frequencies[most]! += SCALE - frequencies.reduce((sum, value) => sum + value, 0);
  const starts = new Uint32Array(SYMBOLS);
  for (let i = 1; i < SYMBOLS; i++) starts[i] = starts[i - 1]! + frequencies[i - 1]!;
  const last = frequencies.findLastIndex((value) => value > 0);
  return { frequencies, starts, bytes: 1 + Math.ceil(((last + 1) * SCALE_BITS) / 8) };
}

/** Words in the order in which they are read, the last state first. */
export function ransEncode(
  entries: Uint32Array,
  shift: number,
  { frequencies, starts }: RansModel,
): Uint16Array {
  const words = new Uint16Array(entries.length + 2);
  let at = words.length;
  let state = LOW;
  for (let i = entries.length - 1; i >= 0; i--) {
    const symbol = entries[i]! >>> shift;
    const frequency = frequencies[symbol]!;
    if (state >= frequency * (LOW << 4)) {
      words[--at] = state & 0xffff;
      state >>>= 16;
    }
    const quotient = Math.floor(state / frequency);
    state = quotient * SCALE + (state - quotient * frequency) + starts[symbol]!;
  }
  words[--at] = state & 0xffff;
  words[--at] = state >>> 16;
  return words.subarray(at);
}

/** Puts each symbol above the low bits of its entry. */
export function ransDecode(entries: Uint32Array, shift: number, model: RansModel, words: Uint16Array): void {
  const { frequencies, starts } = model;
  const slots = new Uint8Array(SCALE);
  for (let symbol = 0; symbol < SYMBOLS; symbol++) {
    slots.fill(symbol, starts[symbol], starts[symbol]! + frequencies[symbol]!);
  }
  let at = 0;
  let state = ((words[at++]! << 16) | words[at++]!) >>> 0;
  for (let i = 0; i < entries.length; i++) {
    const slot = state & (SCALE - 1);
    const symbol = slots[slot]!;
    state = (Math.imul(frequencies[symbol]!, state >>> SCALE_BITS) >>> 0) + slot - starts[symbol]!;
    if (state < LOW) state = ((state << 16) | words[at++]!) >>> 0;
    entries[i]! |= symbol << shift;
  }
}
