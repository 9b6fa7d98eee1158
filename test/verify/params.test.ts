import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_K_I8 } from '../../src/matrix/dtype.ts';
import { MAX_K_FLOAT, PUBLIC_MISS_LOG2, chooseExact, chooseFloat, narrow } from '../../src/verify/params.ts';
import { missBound, paramsFor } from '../../src/verify/strip.ts';

describe('the strength of a check', () => {
  it('misses a wrong i8 strip with probability at most 2^-72 and keeps every sum under 2^53 with a bit spare', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: MAX_K_I8 }), fc.integer({ min: 1, max: 2 ** 19 }), (k, width) => {
        const { bits, rounds, missLog2, maxWidth } = chooseExact(k, width);
        expect(bits * rounds).toBeGreaterThanOrEqual(72);
        expect(missLog2).toBe(-bits * rounds);
        expect(maxWidth).toBe(width);
        const largestSum = BigInt(k) * BigInt(width) * 2n ** 14n * (2n ** BigInt(bits) - 1n);
        expect(largestSum < 2n ** 52n).toBe(true);
      }),
    );
  });

  it('uses as many bits as fit: S = 39 − log2 k − log2 n less the spare one', () => {
    expect(chooseExact(512, 512).bits).toBe(20);
    expect(chooseExact(1024, 1024)).toEqual({ bits: 18, rounds: 4, missLog2: -72, maxWidth: 1024 });
    expect(chooseExact(2048, 2048).bits).toBe(16);
    expect(chooseExact(4096, 4096).bits).toBe(14);
    expect(chooseExact(MAX_K_I8, 256)).toEqual({ bits: 13, rounds: 6, missLog2: -78, maxWidth: 256 });
    expect(chooseExact(1, 1)).toEqual({ bits: 24, rounds: 4, missLog2: -96, maxWidth: 1 });
  });

  it('still gives S = 1 at the edge, and refuses strips beyond it', () => {
    expect(chooseExact(2 ** 17, 2 ** 20).bits).toBe(1);
    expect(() => chooseExact(2 ** 17, 2 ** 20 + 1)).toThrow(expect.objectContaining({ code: 'too-large' }));
  });

  it('is 2^-64 for an entry more than 16 τ off in floats', () => {
    expect(chooseFloat()).toMatchObject({ bits: 4, rounds: 16, missLog2: -64 });
    expect(missBound(paramsFor('f16', 1000, 300))).toBe(-64);
    expect(missBound(paramsFor('i8', 1024, 1024))).toBe(-72);
  });

  it('reaches what a public coin needs, when that is asked for', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: MAX_K_I8 }), fc.integer({ min: 1, max: 2 ** 19 }), (k, width) => {
        expect(paramsFor('i8', k, width, PUBLIC_MISS_LOG2).missLog2).toBeLessThanOrEqual(-108);
      }),
    );
    expect(paramsFor('i8', 1024, 1024, PUBLIC_MISS_LOG2)).toMatchObject({ bits: 18, rounds: 6 });
    expect(paramsFor('f32', 1024, 1024, PUBLIC_MISS_LOG2)).toMatchObject({
      bits: 4,
      rounds: 28,
      missLog2: -112,
    });
  });

  it('refuses a K that overflows int32, or that leaves no float bound', () => {
    const tooLarge = expect.objectContaining({ code: 'k-too-large' });
    expect(() => paramsFor('i8', MAX_K_I8 + 1, 16)).toThrow(tooLarge);
    expect(() => paramsFor('f32', MAX_K_FLOAT + 1, 16)).toThrow(tooLarge);
    expect(paramsFor('f32', MAX_K_FLOAT, 16).rounds).toBe(16);
  });

  it('calls a strip narrow when it has fewer columns than there are rounds', () => {
    expect(narrow(15, 16)).toBe(true);
    expect(narrow(16, 16)).toBe(false);
  });
});
