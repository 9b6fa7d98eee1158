/** Seeded operands once more, value by value and with big integers, as src/matrix/draw.ts specifies them. */
import { floatToHalf } from '../../src/matrix/half.ts';
import type { SeededManifest } from '../../src/matrix/seeded.ts';

type Words = [bigint, bigint, bigint, bigint];

const MASK = 0xffffffffn;
const DTYPE_CODE = { i8: 1, f16: 2, f32: 3 } as const;
const DISTRIBUTION_CODE = { uniform: 1, rademacher: 2, normal: 3 } as const;

/** Philox4x32-10 as the paper writes it. */
function philoxReference([c0, c1, c2, c3]: Words, seed: bigint): Words {
  let [k0, k1] = [seed & MASK, seed >> 32n];
  for (let round = 0; round < 10; round++) {
    const [p0, p1] = [0xd2511f53n * c0, 0xcd9e8d57n * c2];
    [c0, c1, c2, c3] = [(p1 >> 32n) ^ c1 ^ k0, p1 & MASK, (p0 >> 32n) ^ c3 ^ k1, p0 & MASK];
    [k0, k1] = [(k0 + 0x9e3779b9n) & MASK, (k1 + 0xbb67ae85n) & MASK];
  }
  return [c0, c1, c2, c3];
}

/** `length` bits of row `row`'s stream, from bit `from` on, as an unsigned integer. */
function streamBits(manifest: SeededManifest, row: number, from: number, length: number): bigint {
  const { dtype, distribution, seed } = manifest;
  const c2 = BigInt(DTYPE_CODE[dtype] + 256 * DISTRIBUTION_CODE[distribution]);
  const words = philoxReference([BigInt(Math.floor(from / 128)), BigInt(row), c2, 0n], seed);
  const stream = words.reduce((bits, word, i) => bits | (word << BigInt(32 * i)), 0n);
  return (stream >> BigInt(from % 128)) & ((1n << BigInt(length)) - 1n);
}

/** The value at (row, k); of f16 its bits. */
export function seededValue(manifest: SeededManifest, row: number, k: number): number {
  const { dtype, distribution } = manifest;
  const number = numberOf(manifest, row, k);
  if (dtype === 'f16') return floatToHalf(number);
  return dtype === 'f32' && distribution === 'normal' ? Math.fround(number) : number;
}

function numberOf(manifest: SeededManifest, row: number, k: number): number {
  const { dtype, distribution } = manifest;
  if (distribution === 'rademacher') return streamBits(manifest, row, k, 1) === 0n ? 1 : -1;
  if (distribution === 'uniform') {
    const width = { i8: 8, f16: 16, f32: 32 }[dtype];
    const value = Number(BigInt.asIntN(width, streamBits(manifest, row, k * width, width)));
    return { i8: value, f16: Math.floor(value / 32) / 1024, f32: Math.floor(value / 256) / 2 ** 23 }[dtype];
  }
  const width = dtype === 'i8' ? 8 : 16;
  const uniforms = [0, 1, 2, 3].map((i) => Number(streamBits(manifest, row, (4 * k + i) * width, width)));
  const sum = uniforms[0]! + uniforms[1]! - uniforms[2]! - uniforms[3]!;
  if (dtype !== 'i8') return Math.fround((sum * 14529495) / 2 ** 39);
  return Math.sign(sum) * Math.ceil(Math.abs(sum) / 4 - 0.5) || 0;
}
