import { describe, expect, it } from 'vitest';
import { type Rng, cryptoRng, seededRng } from '../../src/core/rng.ts';
import { drawExact } from '../../src/verify/exact.ts';
import { drawFloat } from '../../src/verify/float.ts';
import { chooseFloat } from '../../src/verify/params.ts';
import { drawColumn } from '../../src/verify/strip.ts';

const params = (bits: number, rounds: number) => ({ bits, rounds, missLog2: -bits * rounds, maxWidth: 256 });

/** An rng whose bytes are all the same. */
const constantRng = (byte: number): Rng => ({
  bytes: (length) => new Uint8Array(length).fill(byte),
  float: () => 0,
});

describe('r for i8', () => {
  it('is uniform over [0, 2^S), both ends included', () => {
    const draws = drawExact(seededRng(7), 256, params(4, 200)); // 51,200 numbers
    const counts = Array.from({ length: 16 }, () => 0);
    for (const value of draws) counts[value] = counts[value]! + 1;
    const expected = draws.length / 16;
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(chiSquare).toBeLessThan(37.7); // 15 degrees of freedom, p = 0.001
  });

  it.each([1, 8, 9, 16, 17, 18, 24])('uses all %i bits evenly', (bits) => {
    const draws = drawExact(seededRng(bits), 256, params(bits, 16)); // 4,096 numbers
    for (let bit = 0; bit < bits; bit++) {
      const ones = draws.filter((value) => Math.floor(value / 2 ** bit) % 2 === 1).length;
      expect(Math.abs(ones - 2048)).toBeLessThan(4.5 * 32); // σ = 32
    }
    expect(Math.max(...draws)).toBeLessThan(2 ** bits);
    expect(Math.max(...drawExact(constantRng(255), 256, params(bits, 2)))).toBe(2 ** bits - 1);
    expect(Math.max(...drawExact(constantRng(0), 256, params(bits, 2)))).toBe(0);
  });

  it('keeps a zero plane for the odd round out', () => {
    const draws = drawExact(constantRng(255), 10, params(8, 3));
    expect(draws.length).toBe(40);
    expect(draws.subarray(0, 30).every((value) => value === 255)).toBe(true);
    expect(draws.subarray(30).every((value) => value === 0)).toBe(true);
  });

  it('refuses more bits than it draws', () => {
    expect(() => drawExact(seededRng(1), 4, params(25, 3))).toThrow(
      expect.objectContaining({ code: 'bad-input' }),
    );
  });
});

describe('r for floats', () => {
  it('is uniform on a dyadic grid of [-1, 1], symmetric and never zero', () => {
    const draws = drawFloat(seededRng(3), 256, chooseFloat());
    const mean = draws.reduce((sum, value) => sum + value, 0) / draws.length;
    const square = draws.reduce((sum, value) => sum + value * value, 0) / draws.length;
    expect(Math.abs(mean)).toBeLessThan(0.04); // σ = 0.009
    expect(Math.abs(square - 1 / 3)).toBeLessThan(0.02);
    expect(draws.every((value) => Math.abs(value) < 1 && Math.abs((value * 2 ** 24) % 2) === 1)).toBe(true);
    expect(drawFloat(constantRng(255), 1, chooseFloat())[0]).toBe(1 - 2 ** -24);
    expect(drawFloat(constantRng(0), 1, chooseFloat())[0]).toBe(2 ** -24 - 1);
  });
});

describe('the source of r', () => {
  it.each(['i8', 'f16', 'f32'] as const)(
    'replays the same r for the same seed, and another for another: %s',
    (dtype) => {
      const draw = (seed: number) => drawColumn(dtype, seededRng(seed), 100, params(16, 6));
      expect(draw(5)).toEqual(draw(5));
      expect(draw(5)).not.toEqual(draw(6));
    },
  );

  it('goes on with the stream for the next column', () => {
    const rng = seededRng(5);
    expect(drawColumn('i8', rng, 100, params(16, 6))).not.toEqual(drawColumn('i8', rng, 100, params(16, 6)));
  });

  it('may be the CSPRNG, also for more bytes than WebCrypto gives at once', () => {
    const draws = drawExact(cryptoRng, 256, params(24, 100)); // 76,800 bytes
    expect(new Set(draws).size).toBeGreaterThan(25_000);
  });
});
