import { describe, expect, it } from 'vitest';
import { philox } from '../../src/matrix/philox.ts';

/** Known answers of Random123 (kat_vectors, philox4x32 10): counter, key, output. */
const KNOWN = [
  ['00000000 00000000 00000000 00000000', '00000000 00000000', '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
  ['ffffffff ffffffff ffffffff ffffffff', 'ffffffff ffffffff', '408f276d 41c83b0e a20bc7c6 6d5451fd'],
  ['243f6a88 85a308d3 13198a2e 03707344', 'a4093822 299f31d0', 'd16cfe09 94fdcceb 5001e420 24126ea1'],
] as const;

const wordsOf = (text: string): number[] => text.split(' ').map((word) => Number.parseInt(word, 16));

describe('Philox4x32-10', () => {
  it('gives the known answers of its authors', () => {
    for (const [counter, key, output] of KNOWN) {
      const [first, c1, c2, c3] = wordsOf(counter) as [number, number, number, number];
      const [low, high] = wordsOf(key) as [number, number];
      const words = new Uint32Array(4);
      philox(words, 1, { low, high }, { first, c1, c2, c3 });
      expect(Array.from(words)).toEqual(wordsOf(output));
    }
  });

  it('counts the first word up, over its end, and touches no more than it was asked for', () => {
    const key = { low: 1, high: 2 };
    const rest = { c1: 3, c2: 4, c3: 5 };
    const many = new Uint32Array(16);
    philox(many, 3, key, { first: 0xfffffffe, ...rest });
    expect(Array.from(many.subarray(12))).toEqual([0, 0, 0, 0]);
    for (const [i, first] of [0xfffffffe, 0xffffffff, 0].entries()) {
      const one = new Uint32Array(4);
      philox(one, 1, key, { first, ...rest });
      expect(many.subarray(4 * i, 4 * i + 4)).toEqual(one);
    }
  });
});
