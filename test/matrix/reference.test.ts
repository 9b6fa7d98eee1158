import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRng } from '../../src/core/rng.ts';
import { MAX_K_I8 } from '../../src/matrix/dtype.ts';
import { floatsToHalves, halvesToFloats } from '../../src/matrix/half.ts';
import { multiplyReference } from '../../src/matrix/reference.ts';
import { failure, refusal } from './arrays.ts';

const size = fc.integer({ min: 1, max: 11 });

/** C[i, j] = Σ a[i, k] · b[j, k], in exact integers. */
function exact(a: ArrayLike<number>, b: ArrayLike<number>, rows: number, cols: number, k: number): number[] {
  return Array.from({ length: rows * cols }, (_, at) => {
    const i = Math.floor(at / cols);
    const j = at % cols;
    let sum = 0n;
    for (let x = 0; x < k; x++) sum += BigInt(a[i * k + x]!) * BigInt(b[j * k + x]!);
    return Number(sum);
  });
}

describe('the CPU reference', () => {
  it('is exact for i8 at every shape, ragged ones included', () => {
    fc.assert(
      fc.property(size, size, fc.integer({ min: 1, max: 40 }), fc.nat(), (rows, cols, k, seed) => {
        const rng = seededRng(seed);
        const a = new Int8Array(rng.bytes(rows * k));
        const b = new Int8Array(rng.bytes(cols * k));
        expect(Array.from(multiplyReference('i8', a, b, rows, cols, k))).toEqual(exact(a, b, rows, cols, k));
      }),
    );
  });

  it('reaches the largest i8 sum without overflow, and refuses one K more', async () => {
    const a = new Int8Array(5 * MAX_K_I8).fill(-128);
    const product = multiplyReference('i8', a, a, 5, 5, MAX_K_I8);
    expect(new Set(product)).toEqual(new Set([MAX_K_I8 * 16_384]));
    const longer = new Int8Array(MAX_K_I8 + 1);
    expect(await failure(() => multiplyReference('i8', longer, longer, 1, 1, MAX_K_I8 + 1))).toMatchObject(
      refusal('k-too-large', /131072/),
    );
  });

  it('rounds float sums once, from float64', () => {
    const a = Float32Array.of(2 ** 24, 1, 1, -(2 ** 24));
    expect(Array.from(multiplyReference('f32', a, Float32Array.of(1, 1, 1, 1), 1, 1, 4))).toEqual([2]);
    const third = Math.fround(1 / 3);
    const product = multiplyReference('f32', Float32Array.of(third), Float32Array.of(third, 3), 1, 2, 1);
    expect(Array.from(product)).toEqual([Math.fround(third * third), Math.fround(third * 3)]);
  });

  it('multiplies f16 bits as the values they stand for', () => {
    const rng = seededRng(7);
    const a = floatsToHalves(Array.from({ length: 3 * 5 }, () => rng.float() * 4 - 2));
    const b = floatsToHalves(Array.from({ length: 2 * 5 }, () => rng.float() * 4 - 2));
    const product = multiplyReference('f16', a, b, 3, 2, 5);
    expect(product).toEqual(multiplyReference('f32', halvesToFloats(a), halvesToFloats(b), 3, 2, 5));
  });

  it('refuses arrays of another size', async () => {
    const one = new Int8Array(6);
    expect(await failure(() => multiplyReference('i8', one, one, 2, 3, 3))).toMatchObject(
      refusal('shape-mismatch', /2 × 3 and 3 × 3/),
    );
  });
});
