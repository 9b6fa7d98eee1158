import { describe, expect, it } from 'vitest';
import { seededRng } from '../../src/core/rng.ts';
import {
  floatToHalf,
  floatsToHalves,
  halfTable,
  halfToFloat,
  halvesToFloats,
} from '../../src/matrix/half.ts';

describe('binary16', () => {
  it('has the values of the standard', () => {
    const known: [number, number][] = [
      [0x0000, 0],
      [0x0001, 2 ** -24],
      [0x03ff, 2 ** -14 - 2 ** -24],
      [0x0400, 2 ** -14],
      [0x3555, 0.333251953125],
      [0x3c00, 1],
      [0x3c01, 1 + 2 ** -10],
      [0x7bff, 65504],
      [0x7c00, Infinity],
      [0xc000, -2],
      [0xfc00, -Infinity],
    ];
    for (const [bits, value] of known) {
      expect(halfToFloat(bits)).toBe(value);
      expect(floatToHalf(value)).toBe(bits);
    }
    expect(floatToHalf(-0)).toBe(0x8000);
    expect(halfToFloat(0x7e01)).toBeNaN();
    expect(halfToFloat(floatToHalf(Number.NaN))).toBeNaN();
  });

  it('comes back from every one of its 65,536 bit patterns', () => {
    const wrong = Array.from(halfTable().entries()).filter(
      ([bits, value]) => !Number.isNaN(value) && floatToHalf(value) !== bits,
    );
    expect(wrong).toEqual([]);
  });

  it('rounds to nearest, ties to even, at and beside the middle of every two neighbours', () => {
    const bits = new Uint32Array(1);
    const float = new Float32Array(bits.buffer);
    for (let low = 0; low < 0x7bff; low++) {
      float[0] = (halfToFloat(low) + halfToFloat(low + 1)) / 2;
      expect(floatToHalf(float[0])).toBe(low + (low & 1));
      bits[0]! -= 1;
      expect(floatToHalf(float[0])).toBe(low);
      bits[0]! += 2;
      expect(floatToHalf(-float[0])).toBe(0x8000 + low + 1);
    }
  });

  it('overflows to infinity exactly from 65520 on', () => {
    expect(floatToHalf(65519.99609375)).toBe(0x7bff);
    expect(floatToHalf(65520)).toBe(0x7c00);
    expect(floatToHalf(-3.4e38)).toBe(0xfc00);
    expect(floatToHalf(1e-40)).toBe(0);
  });

  it('converts whole arrays both ways', () => {
    const rng = seededRng(1);
    const halves = Uint16Array.from({ length: 1000 }, () => Math.floor(rng.float() * 0x7c00));
    expect(floatsToHalves(halvesToFloats(halves))).toEqual(halves);
  });
});
