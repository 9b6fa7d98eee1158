import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cryptoRng, randomInt, seededRng } from '../../src/core/rng.ts';

describe('seededRng', () => {
  it('replays bytes and floats from the same seed', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const [one, two] = [seededRng(seed), seededRng(seed)];
        for (let i = 0; i < 3; i++) {
          expect(one.bytes(i * 5)).toEqual(two.bytes(i * 5));
          expect(one.float()).toBe(two.float());
        }
      }),
    );
  });

  it('draws something else from another seed, and at the second draw', () => {
    const rng = seededRng(1);
    const first = rng.bytes(16);
    expect(rng.bytes(16)).not.toEqual(first);
    expect(seededRng(2).bytes(16)).not.toEqual(first);
  });
});

describe('randomInt', () => {
  it('stays in [0, below)', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 2 ** 32 }), (seed, below) => {
        const drawn = randomInt(seededRng(seed), below);
        expect(Number.isInteger(drawn) && drawn >= 0 && drawn < below).toBe(true);
      }),
    );
  });

  it('reaches both ends', () => {
    const rng = seededRng(3);
    const drawn = new Set(Array.from({ length: 200 }, () => randomInt(rng, 4)));
    expect(drawn).toEqual(new Set([0, 1, 2, 3]));
    const highest = { ...rng, float: () => 1 - 2 ** -32 };
    expect(randomInt(highest, 2 ** 32)).toBe(2 ** 32 - 1);
  });
});

describe('cryptoRng', () => {
  // 32 zero bytes in a row come by chance once in 2²⁵⁶ draws.
  const tail = (bytes: Uint8Array): Uint8Array => bytes.subarray(-32);

  it.each([65_536, 65_568, 200_000])(
    'fills all of %i bytes, past what WebCrypto gives in one call',
    (length) => {
      const bytes = cryptoRng.bytes(length);
      expect(bytes.length).toBe(length);
      expect(tail(bytes).some((byte) => byte !== 0)).toBe(true);
      expect(tail(cryptoRng.bytes(length))).not.toEqual(tail(bytes));
    },
  );

  it('gives no bytes when asked for none, and floats in [0, 1)', () => {
    expect(cryptoRng.bytes(0).length).toBe(0);
    for (let i = 0; i < 100; i++) {
      const drawn = cryptoRng.float();
      expect(drawn >= 0 && drawn < 1).toBe(true);
    }
  });
});
