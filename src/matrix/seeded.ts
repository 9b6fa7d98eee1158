/**
 * Operands that need no download: a manifest of this kind says how the values are made, and whoever needs a
 * block makes it (draw.ts). It is addressed by its SHA-256 as the others are; of its blocks none is stored or sent.
 *
 *   manifest (24 bytes) = "TWS1" | dtype u8 | generator u8 | distribution u8 | 0 | rows u32le | cols u32le | seed u64le
 *   a block's id        = the manifest | strip u32le | column-block u32le: 32 bytes, where others have a SHA-256
 *
 * An id says all that there is to know about its block, as a CID with the identity hash does. That a SHA-256 has
 * this form by chance: the first eight bytes alone come once in 2⁶⁰.
 */
import { type Bytes, bytesEqual, concatBytes, fromHex, toHex, utf8, viewOf } from '../core/bytes.ts';
import { AppError } from '../core/errors.ts';
import { type Shape, assertShape, colBlocks, rowBlocks } from './blocks.ts';
import { DTYPE_CODE, type Dtype, assertK, dtypeOfCode } from './dtype.ts';

/** What draw.ts specifies, value by value. */
export const DISTRIBUTIONS = ['uniform', 'rademacher', 'normal'] as const;
export type Distribution = (typeof DISTRIBUTIONS)[number];

export interface SeededManifest extends Shape {
  readonly dtype: Dtype;
  readonly distribution: Distribution;
  /** 64 bits: the key of the generator. */
  readonly seed: bigint;
}

/** The only one so far; a manifest names it, so that another can come. */
export const GENERATOR = 'philox4x32-10';
const GENERATOR_CODE = 1;
export const DISTRIBUTION_CODE: Record<Distribution, number> = { uniform: 1, rademacher: 2, normal: 3 };
const SEEDED_BYTES = 24;
const ID_BYTES = SEEDED_BYTES + 8;
const MAGIC = utf8.encode('TWS1');
const MAGIC_HEX = toHex(MAGIC);

export function isSeeded(manifest: Shape): manifest is SeededManifest {
  return 'seed' in manifest;
}

/** @throws AppError 'bad-input' or 'k-too-large' for what no operand can be. */
export function assertSeeded(manifest: SeededManifest): void {
  assertShape(manifest);
  assertK(manifest.dtype, manifest.cols);
  if (manifest.seed < 0n || manifest.seed >= 2n ** 64n) {
    throw new AppError('bad-input', `a seed is a whole number from 0 to 2^64 − 1, not ${manifest.seed}`);
  }
}

export function encodeSeeded(manifest: SeededManifest): Bytes {
  const bytes = new Uint8Array(SEEDED_BYTES);
  bytes.set(MAGIC);
  const view = viewOf(bytes);
  view.setUint8(4, DTYPE_CODE[manifest.dtype]);
  view.setUint8(5, GENERATOR_CODE);
  view.setUint8(6, DISTRIBUTION_CODE[manifest.distribution]);
  view.setUint32(8, manifest.rows, true);
  view.setUint32(12, manifest.cols, true);
  view.setBigUint64(16, manifest.seed, true);
  return bytes;
}

/**
 * Undefined for bytes that are no manifest of this kind.
 * @throws AppError 'bad-frame' for one that cannot be followed here: a generator, a distribution or a shape.
 */
export function decodeSeeded(bytes: Uint8Array): SeededManifest | undefined {
  if (bytes.length !== SEEDED_BYTES || !bytesEqual(bytes.subarray(0, 4), MAGIC)) return undefined;
  const [, , , , dtypeCode, generator, distributionCode, reserved] = bytes;
  const dtype = dtypeOfCode(dtypeCode!);
  const distribution = DISTRIBUTIONS.find((known) => DISTRIBUTION_CODE[known] === distributionCode);
  if (generator !== GENERATOR_CODE || !distribution || reserved !== 0) {
    throw new AppError(
      'bad-frame',
      `a seeded operand of generator ${generator}, distribution ${distributionCode}: this version cannot make it`,
    );
  }
  if (!dtype || dtype === 'i32') throw new AppError('bad-frame', 'a seeded operand of an unknown type');
  const view = viewOf(bytes);
  const manifest: SeededManifest = {
    dtype,
    rows: view.getUint32(8, true),
    cols: view.getUint32(12, true),
    distribution,
    seed: view.getBigUint64(16, true),
  };
  try {
    assertSeeded(manifest);
  } catch (error) {
    throw new AppError('bad-frame', 'a seeded operand of an impossible shape', { cause: error });
  }
  return manifest;
}

/** The ids of strip `r`'s blocks, in the order of the columns. */
export function seededIds(manifest: SeededManifest, r: number): string[] {
  const id = concatBytes([encodeSeeded(manifest), new Uint8Array(ID_BYTES - SEEDED_BYTES)]);
  const view = viewOf(id);
  view.setUint32(SEEDED_BYTES, r, true);
  return Array.from({ length: colBlocks(manifest) }, (_, c) => {
    view.setUint32(SEEDED_BYTES + 4, c, true);
    return toHex(id);
  });
}

export interface SeededPlace {
  readonly manifest: SeededManifest;
  readonly strip: number;
  readonly colBlock: number;
}

/** The block that an id describes; undefined for every other block's hash. Total. */
export function seededPlace(id: string): SeededPlace | undefined {
  if (!id.startsWith(MAGIC_HEX) || id.length !== 2 * ID_BYTES) return undefined;
  try {
    const bytes = fromHex(id);
    const manifest = decodeSeeded(bytes.subarray(0, SEEDED_BYTES));
    const view = viewOf(bytes);
    const strip = view.getUint32(SEEDED_BYTES, true);
    const colBlock = view.getUint32(SEEDED_BYTES + 4, true);
    if (!manifest || strip >= rowBlocks(manifest) || colBlock >= colBlocks(manifest)) return undefined;
    return { manifest, strip, colBlock };
  } catch {
    return undefined; // a hash that begins with these four bytes, once in 2³²
  }
}
