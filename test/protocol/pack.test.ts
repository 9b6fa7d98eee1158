import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesEqual, concatBytes, viewOf } from '../../src/core/bytes.ts';
import { isAppError } from '../../src/core/errors.ts';
import { seededRng } from '../../src/core/rng.ts';
import { packBlock, unpackBlock } from '../../src/protocol/pack.ts';
import { bytesOf, ints, normalFloats, normalInts, unpackedByTheLetter } from './pack-samples.ts';

const BLOCK = 65_536;
const MIN = -(2 ** 31);
const MAX = 2 ** 31 - 1;
const badFrame = expect.toSatisfy((error) => isAppError(error, 'bad-frame'));

/** Packed size in bytes, after the way there and back; undefined when it travels as it is. */
function sizeOf(bytes: Uint8Array): number | undefined {
  const before = bytes.slice();
  const packed = packBlock(bytes);
  expect(bytesEqual(bytes, before)).toBe(true);
  if (!packed) return undefined;
  expect(packed.length).toBeLessThan(bytes.length);
  expect(bytesEqual(unpackBlock(packed), bytes)).toBe(true);
  return packed.length;
}

describe('a packed block', () => {
  it('unpacks to the same bytes, whatever the entries are', () => {
    const base = fc.integer({ min: MIN, max: MAX });
    const spread = fc.integer({ min: 0, max: 31 });
    const noise = fc.array(fc.nat(), { minLength: 1, maxLength: 300 });
    const blocks = fc.tuple(base, spread, noise).map(([from, bits, values]) => {
      const entries = values.map((value) => from + (value >>> (31 - bits)));
      return ints(...entries);
    });
    fc.assert(fc.property(blocks, (bytes) => void sizeOf(bytes)));
    fc.assert(fc.property(fc.uint8Array({ maxLength: 1200 }), (bytes) => void sizeOf(bytes)));
  });

  it('unpacks to the same bytes by the letter of the specification', () => {
    const samples = [
      normalInts(700, 30),
      normalInts(513, 500_000),
      normalFloats(401),
      new Int32Array(9).fill(-7),
      Int32Array.from({ length: 300 }, (_, i) => (i % 7 === 0 ? 2 ** 30 : i)),
    ];
    for (const entries of samples) {
      const packed = packBlock(bytesOf(entries))!;
      expect(bytesEqual(unpackedByTheLetter(packed), bytesOf(entries))).toBe(true);
    }
  });

  it('takes the bits that normal entries contain, and a tenth of one', () => {
    // log2 of a deviation, and the entropy of a normal variable in these units: log2 √(2πe).
    const deviation = 500_000;
    const entropy = Math.log2(deviation) + Math.log2(Math.sqrt(2 * Math.PI * Math.E));
    const bits = (8 * sizeOf(bytesOf(normalInts(BLOCK, deviation)))!) / BLOCK;
    expect(bits).toBeGreaterThan(entropy - 0.025);
    expect(bits).toBeLessThan(entropy + 0.1);
  });

  it('holds floats in less than 27 bits when their exponents are few', () => {
    expect((8 * sizeOf(bytesOf(normalFloats(BLOCK)))!) / BLOCK).toBeLessThan(27);
  });

  it('is its header when all entries are equal, at either end of what fits', () => {
    for (const entry of [0, 1, -1, MIN, MAX]) {
      expect(sizeOf(bytesOf(new Int32Array(BLOCK).fill(entry)))).toBe(8);
      expect(sizeOf(ints(entry, entry, entry))).toBe(8);
    }
  });

  it('keeps the extremes', () => {
    const both = new Int32Array(BLOCK).fill(MIN).fill(MAX, 5, 70);
    const low = new Int32Array(BLOCK).fill(MIN).fill(-1, 5, 70);
    const high = new Int32Array(BLOCK).fill(MAX).fill(0, 5, 70);
    for (const entries of [both, low, high]) expect(sizeOf(bytesOf(entries))).toBeDefined();
  });

  it('keeps every bit of floats: zeros of both signs, infinities, subnormals, what is not a number', () => {
    const odd = Uint32Array.of(
      0,
      0x8000_0000,
      0x7f80_0000,
      0xff80_0000,
      1,
      0x807f_ffff,
      0x7fc0_0001,
      0xffff_ffff,
    );
    const entries = normalFloats(4096);
    new Uint32Array(entries.buffer).set(odd, 100);
    expect(sizeOf(bytesOf(entries))).toBeDefined();
    // One exponent with both signs: a code of a single symbol would have no bits.
    const one = Float32Array.from({ length: 4096 }, (_, i) => (i % 2 ? -1 : 1) * (1 + i / 4096));
    expect(sizeOf(bytesOf(one))).toBeLessThan(4096 * 3.2);
  });

  it('keeps code lengths within 12 bits when some entries are very rare', () => {
    const fibonacci = [1, 1];
    while (fibonacci.length < 22) fibonacci.push(fibonacci.at(-1)! + fibonacci.at(-2)!);
    const entries = fibonacci.flatMap((count, entry) => Array<number>(count).fill(entry));
    expect(sizeOf(ints(...entries))).toBeLessThan(entries.length / 2);
  });

  it('may be any number of entries, and lie anywhere in memory', () => {
    for (const length of [40, 1000, 4 * 260, 255 * 256]) {
      const bytes = bytesOf(normalInts(length, 1000));
      for (const offset of [0, 1, 2, 3]) {
        const moved = new Uint8Array(bytes.length + offset);
        moved.set(bytes, offset);
        const size = sizeOf(moved.subarray(offset))!;
        const packed = new Uint8Array(size + offset);
        packed.set(packBlock(bytes)!, offset);
        expect(bytesEqual(unpackBlock(packed.subarray(offset)), bytes)).toBe(true);
      }
    }
  });

  it('is not made of what would not become smaller, or is no block of entries', () => {
    const noise = seededRng(1).bytes(4 * BLOCK);
    for (const length of [0, 1, 2, 4, 8, 7, 48, 4096, 4 * BLOCK - 1, 4 * BLOCK]) {
      expect(packBlock(noise.subarray(0, length))).toBeUndefined();
    }
    expect(packBlock(new Uint8Array(4 * BLOCK + 4))).toBeUndefined();
    expect(packBlock(new Uint8Array(1001))).toBeUndefined();
  });
});

describe('a packed block that is not right', () => {
  const samples: [string, Uint8Array][] = [
    ['narrow integers', bytesOf(normalInts(60, 20))],
    ['wide integers', bytesOf(normalInts(61, 9000))],
    ['equal integers', ints(5, 5, 5, 5)],
    ['floats', bytesOf(normalFloats(150))],
  ];

  it.each(samples)('is refused at every length but its own: %s', (_, bytes) => {
    const packed = packBlock(bytes)!;
    for (let length = 0; length < packed.length; length++) {
      expect(() => unpackBlock(packed.subarray(0, length))).toThrow(badFrame);
    }
    for (const more of [0, 1, 255]) {
      expect(() => unpackBlock(concatBytes([packed, Uint8Array.of(more)]))).toThrow(badFrame);
    }
  });

  it.each(samples)('is refused, or has other bytes, with any one bit changed: %s', (_, bytes) => {
    const packed = packBlock(bytes)!;
    for (let bit = 0; bit < 8 * packed.length; bit++) {
      const changed = packed.slice();
      changed[bit >> 3]! ^= 1 << (bit & 7);
      try {
        expect(bytesEqual(unpackBlock(changed), bytes)).toBe(false);
      } catch (error) {
        if (!isAppError(error, 'bad-frame')) throw error;
      }
    }
  });

  it('never unpacks to more than it may', () => {
    const packed = packBlock(bytesOf(new Int32Array(1000)))!;
    expect(unpackBlock(packed, 4000)).toHaveLength(4000);
    expect(() => unpackBlock(packed, 3999)).toThrow(badFrame);
    expect(() => unpackBlock(packed, 0)).toThrow(badFrame);
  });

  /** Two values, 0 and 1, of which the codes are `0` and `1`: a header, lengths, and 40 codes in five bytes. */
  const two = (change: (packed: Uint8Array) => void = () => {}): Uint8Array => {
    const packed = Uint8Array.of(1, 39, 0, 1, 0, 0, 0, 0, 1, 0x11, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa);
    change(packed);
    return packed;
  };

  it('can be written by hand', () => {
    const entries = Int32Array.from({ length: 40 }, (_, i) => i % 2);
    expect(unpackBlock(two())).toEqual(bytesOf(entries));
    expect(packBlock(bytesOf(entries))).toEqual(two());
  });

  it.each<[string, (packed: Uint8Array) => void]>([
    ['another codec', (packed) => (packed[0] = 3)],
    ['a width of 32', (packed) => (packed[3] = 32)],
    ['a wider width than needed', (packed) => (packed[3] = 2)],
    ['no width at all', (packed) => (packed[3] = 0)],
    ['none of the least entry', (packed) => packed.fill(0xff, 10)],
    ['entries above 32 bits', (packed) => viewOf(packed).setInt32(4, MAX, true)],
    ['one entry more', (packed) => (packed[1] = 40)],
    ['bits after the last code', (packed) => (packed[1] = 38)],
    ['a code that is too full', (packed) => ((packed[8] = 2), (packed[9] = 0x11), (packed[10] = 1))],
    ['a code with a gap', (packed) => (packed[9] = 0x12)],
    ['a code of one symbol', (packed) => ((packed[8] = 0), (packed[9] = 1))],
    ['a code of more than 12 bits', (packed) => (packed[9] = 0x1d)],
    ['a last symbol without a code', (packed) => ((packed[8] = 2), (packed[10] = 0))],
    ['a code after the last symbol', (packed) => (packed[8] = 0)],
    ['lengths without an end', (packed) => (packed[8] = 255)],
  ])('is refused: %s', (_, change) => {
    expect(() => unpackBlock(two(change))).toThrow(badFrame);
  });

  it('is refused when low bits are followed by others than 0, or it is no smaller than its bytes', () => {
    const entries = Int32Array.from({ length: 61 }, (_, i) => (i % 2) * 256 + (i % 3));
    const packed = packBlock(bytesOf(entries))!;
    expect(packed[3]).toBe(9);
    // 61 low bits in eight bytes: three bits are left over.
    const changed = packed.slice();
    changed[8 + 7]! |= 0x80;
    expect(() => unpackBlock(changed)).toThrow(badFrame);
    expect(() => unpackBlock(Uint8Array.of(1, 0, 0, 0, 7, 0, 0, 0))).toThrow(badFrame);
  });
});
