/** An f32 operand as the int8 operands of its limbs (limbs.ts), streamed: some MiB in memory, whatever its size. */
import { mapLimit } from '../core/async.ts';
import { type Bytes, ceilDiv, sha256, toHex } from '../core/bytes.ts';
import { AppError, throwIfAborted } from '../core/errors.ts';
import { type Shape, blockBytes, blockCols, colsIn, rowBlocks, rowBytes, rowsIn } from './blocks.ts';
import { type PutBytes, putList, putManifest } from './build.ts';
import {
  CHUNK,
  DIAGONALS,
  type Diagonal,
  LIMBS,
  type LimbLayout,
  diagonalK,
  exponentOf,
  limbLayout,
  splitFactors,
  splitRow,
} from './limbs.ts';
import type { FetchBytes, Hash, Manifest } from './manifest.ts';
import { stripHashes, valuesOf } from './read.ts';

/** On the right, limbs stand the other way round. */
export const SIDES = ['left', 'right'] as const;
export type Side = (typeof SIDES)[number];

/** An operand of one diagonal. */
export interface LimbOperand {
  readonly side: Side;
  readonly diagonal: Diagonal;
  readonly id: Hash;
  readonly k: number;
  /** Of its blocks, most of which are those of other diagonals as well. */
  readonly bytes: number;
}

export interface SplitOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Values of float32 in a block. */
const WIDTH = blockCols('f32');

/** Limbs of a diagonal in the order of its side. */
function limbsOf(side: Side, diagonal: Diagonal): number[] {
  const limbs = Array.from({ length: diagonal - 1 }, (_, limb) => limb);
  return side === 'left' ? limbs : limbs.reverse();
}

/**
 * All operands that products of this one need, on either side. The same operand gives the same bytes, so doing it
 * again is harmless.
 * @param manifest - of an f32 operand, stored or seeded
 * @throws AppError 'aborted', and what `fetch` and `put` throw
 */
export async function splitOperand(
  manifest: Manifest,
  fetch: FetchBytes,
  put: PutBytes,
  { signal }: SplitOptions = {},
): Promise<LimbOperand[]> {
  if (manifest.dtype !== 'f32') throw new AppError('bad-input', `only f32 is split, not ${manifest.dtype}`);
  const layout = limbLayout(manifest.cols);
  const wanted = SIDES.flatMap((side) => DIAGONALS.map((diagonal) => ({ side, diagonal })));
  const lists: Bytes[][] = wanted.map(() => []);
  for (let r = 0; r < rowBlocks(manifest); r++) {
    const factors = splitFactors(await stripExponents(manifest, r, fetch, signal));
    const [rows, hashes] = [rowsIn(manifest, r), await stripHashes(manifest, r, fetch)];
    const strip: Strip = { manifest, layout, r, rows, hashes, factors, fetch, signal };
    const chunks = await putChunks(strip, put);
    const { tail } = layout;
    const tails = tail > 0 ? await splitColumns(strip, layout.chunks * CHUNK, tail) : undefined;
    for (const [i, { side, diagonal }] of wanted.entries()) {
      const limbs = limbsOf(side, diagonal);
      const blocks = limbs.flatMap((limb) => chunks.map((chunk) => chunk[limb]!));
      if (tails) blocks.push(...(await putTails(tails, limbs, rows, tail, put)));
      lists[i]!.push(await putList(blocks, put));
    }
  }
  const made: LimbOperand[] = [];
  for (const [i, { side, diagonal }] of wanted.entries()) {
    const k = diagonalK(layout, diagonal);
    const shape = { dtype: 'i8', rows: manifest.rows, cols: k } as const;
    const { manifestHash: id } = await putManifest(shape, lists[i]!, put);
    made.push({ side, diagonal, id, k, bytes: manifest.rows * k });
  }
  return made;
}

/** The exponents (limbs.ts) of a strip's rows. @throws AppError 'bad-frame', 'aborted', and what `fetch` throws */
export async function stripExponents(
  manifest: Manifest,
  r: number,
  fetch: FetchBytes,
  signal?: AbortSignal,
): Promise<number[]> {
  const largest = new Float64Array(rowsIn(manifest, r));
  for (const [c, hash] of (await stripHashes(manifest, r, fetch)).entries()) {
    throwIfAborted(signal);
    const { values, stride, cols } = blockValues(manifest, r, c, await fetch(hash));
    for (let row = 0; row < largest.length; row++) {
      let most = largest[row]!;
      for (let at = row * stride, end = at + cols; at < end; at++) {
        const magnitude = Math.abs(values[at]!);
        if (magnitude > most) most = magnitude;
      }
      largest[row] = most;
    }
  }
  return Array.from(largest, exponentOf);
}

/** One row-block on its way. */
interface Strip {
  readonly manifest: Manifest;
  readonly layout: LimbLayout;
  readonly r: number;
  readonly rows: number;
  readonly hashes: readonly Hash[];
  readonly factors: Float64Array;
  readonly fetch: FetchBytes;
  readonly signal: AbortSignal | undefined;
}

/** Hashes by chunk, then by limb. */
async function putChunks(strip: Strip, put: PutBytes): Promise<Bytes[][]> {
  const all: Bytes[][] = [];
  for (let chunk = 0; chunk < strip.layout.chunks; chunk++) {
    const limbs = await splitColumns(strip, chunk * CHUNK, CHUNK);
    all.push(await mapLimit(limbs, LIMBS, (values) => putBlock(new Uint8Array(values.buffer), put)));
  }
  return all;
}

/** The limbs of values [from, from + width) of every row; zeros beyond K. */
async function splitColumns(strip: Strip, from: number, width: number): Promise<Int8Array<ArrayBuffer>[]> {
  const { manifest, r, rows, factors, fetch, signal } = strip;
  const limbs = Array.from({ length: LIMBS }, () => new Int8Array(rows * width));
  const first = from / WIDTH;
  for (const [i, hash] of strip.hashes.slice(first, ceilDiv(from + width, WIDTH)).entries()) {
    throwIfAborted(signal);
    const { values, stride, cols } = blockValues(manifest, r, first + i, await fetch(hash));
    for (let row = 0; row < rows; row++)
      splitRow(values, row * stride, cols, factors[row]!, limbs, row * width + i * WIDTH);
  }
  return limbs;
}

/** The tails of these limbs side by side, cut into blocks. */
async function putTails(
  tails: readonly Int8Array[],
  limbs: readonly number[],
  rows: number,
  tail: number,
  put: PutBytes,
): Promise<Bytes[]> {
  const width = limbs.length * tail;
  const line = new Int8Array(width);
  const blocks = Array.from(
    { length: ceilDiv(width, CHUNK) },
    (_, c) => new Uint8Array(rows * Math.min(CHUNK, width - c * CHUNK)),
  );
  for (let row = 0; row < rows; row++) {
    for (const [i, limb] of limbs.entries())
      line.set(tails[limb]!.subarray(row * tail, (row + 1) * tail), i * tail);
    for (const [c, block] of blocks.entries()) {
      const part = line.subarray(c * CHUNK, (c + 1) * CHUNK);
      block.set(part, row * part.length);
    }
  }
  return mapLimit(blocks, LIMBS, (block) => putBlock(block, put));
}

async function putBlock(block: Bytes, put: PutBytes): Promise<Bytes> {
  const hash = await sha256(block);
  await put(toHex(hash), block);
  return hash;
}

interface BlockValues {
  readonly values: Float32Array;
  /** Values between the starts of two rows, and those of each that are no padding. */
  readonly stride: number;
  readonly cols: number;
}

function blockValues(shape: Shape, r: number, c: number, block: Uint8Array): BlockValues {
  if (block.length !== blockBytes(shape, r, c))
    throw new AppError('bad-frame', 'a block has the wrong length');
  const values = valuesOf('f32', aligned(block));
  return { values, stride: rowBytes(shape, c) / Float32Array.BYTES_PER_ELEMENT, cols: colsIn(shape, c) };
}

/** The bytes themselves, or a copy where words could not be read from them in place. */
export function aligned(bytes: Uint8Array): Bytes {
  const inPlace = bytes.byteOffset % Float32Array.BYTES_PER_ELEMENT === 0;
  return inPlace && bytes.buffer instanceof ArrayBuffer ? (bytes as Bytes) : bytes.slice();
}
