/** The way back: a stored matrix as row-major values. */
import { mapLimit } from '../core/async.ts';
import { type Bytes, ceilDiv, fromHex } from '../core/bytes.ts';
import { AppError, throwIfAborted } from '../core/errors.ts';
import {
  BLOCK_ROWS,
  type Shape,
  blockBytes,
  blockCols,
  colBlocks,
  colsIn,
  rowBlocks,
  rowBytes,
  rowsIn,
} from './blocks.ts';
import { type AnyDtype, VALUE_BYTES } from './dtype.ts';
import { type FetchBytes, type Hash, type Manifest, readList } from './manifest.ts';
import { isSeeded, seededIds } from './seeded.ts';

export interface StreamOptions {
  readonly signal?: AbortSignal | undefined;
  /** Rows [from, to) only. @default all */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Of their columns [fromCol, toCol) only: of blocks beside them nothing is fetched. @default all */
  readonly fromCol?: number | undefined;
  readonly toCol?: number | undefined;
  /** What a piece may take, next to some blocks; a single row is never cut. @default 64 MiB */
  readonly memoryBytes?: number | undefined;
}

const DEFAULT_MEMORY_BYTES = 64 * 1024 * 1024;
const BLOCKS_AT_ONCE = 8;

/** The hashes of blocks [first, last) of strip `r`, in the order of the columns; of a seeded operand, their ids. */
export async function stripHashes(
  manifest: Manifest,
  r: number,
  fetch: FetchBytes,
  first = 0,
  last = colBlocks(manifest),
): Promise<Hash[]> {
  if (isSeeded(manifest)) return seededIds(manifest, r).slice(first, last);
  const [strip] = await readList(manifest.root, rowBlocks(manifest), r, r + 1, fetch);
  return readList(fromHex(strip!), colBlocks(manifest), first, last, fetch);
}

/**
 * The matrix as little-endian row-major bytes without padding, in pieces of whole rows. Where a strip
 * fits the memory, each block is fetched once; otherwise once for every piece of its strip.
 * @throws AppError 'bad-frame' when stored bytes do not have the length that the shape demands.
 */
export async function* streamRows(
  manifest: Manifest,
  fetch: FetchBytes,
  options: StreamOptions = {},
): AsyncGenerator<Bytes, void, undefined> {
  const { from = 0, memoryBytes = DEFAULT_MEMORY_BYTES, signal } = options;
  const to = Math.min(options.to ?? manifest.rows, manifest.rows);
  const { fromCol = 0 } = options;
  const toCol = Math.min(options.toCol ?? manifest.cols, manifest.cols);
  const lineBytes = (toCol - fromCol) * VALUE_BYTES[manifest.dtype];
  const width = blockCols(manifest.dtype);
  const firstBlock = Math.floor(fromCol / width);
  const pieceRows = Math.min(BLOCK_ROWS, Math.max(1, Math.floor(memoryBytes / lineBytes)));
  for (let r = Math.floor(from / BLOCK_ROWS); Math.max(from, r * BLOCK_ROWS) < to; r++) {
    const hashes = await stripHashes(manifest, r, fetch, firstBlock, ceilDiv(toCol, width));
    const start = r * BLOCK_ROWS;
    const end = Math.min(to, start + rowsIn(manifest, r));
    for (let row = Math.max(from, start); row < end; row += pieceRows) {
      throwIfAborted(signal);
      const rows = Math.min(pieceRows, end - row);
      const piece = new Uint8Array(rows * lineBytes);
      await mapLimit(hashes, BLOCKS_AT_ONCE, async (hash, at) => {
        throwIfAborted(signal);
        const block = { r, c: firstBlock + at, bytes: await fetch(hash) };
        copyRows(manifest, block, [row - start, rows], [fromCol, toCol], piece);
      });
      yield piece;
    }
  }
}

/** Copies `rows` rows of a block, from its row `first` on, to their columns [fromCol, toCol) of a dense piece. */
function copyRows(
  shape: Shape,
  { r, c, bytes }: { readonly r: number; readonly c: number; readonly bytes: Uint8Array },
  [first, rows]: readonly [number, number],
  [fromCol, toCol]: readonly [number, number],
  piece: Uint8Array,
): void {
  if (bytes.length !== blockBytes(shape, r, c))
    throw new AppError('bad-frame', 'a block has the wrong length');
  const value = VALUE_BYTES[shape.dtype];
  const stride = rowBytes(shape, c);
  const start = c * blockCols(shape.dtype);
  const from = Math.max(fromCol, start);
  const used = Math.min(toCol, start + colsIn(shape, c)) - from;
  for (let row = 0; row < rows; row++) {
    const at = (first + row) * stride + (from - start) * value;
    piece.set(bytes.subarray(at, at + used * value), (row * (toCol - fromCol) + from - fromCol) * value);
  }
}

/** The typed array for each type; f16 values are their bits (see half.ts). */
export interface ValuesOf {
  i8: Int8Array<ArrayBuffer>;
  f16: Uint16Array<ArrayBuffer>;
  f32: Float32Array<ArrayBuffer>;
  i32: Int32Array<ArrayBuffer>;
}

const ARRAY_TYPE = { i8: Int8Array, f16: Uint16Array, f32: Float32Array, i32: Int32Array };

/** A typed array over the bytes, which must be aligned as their own buffer is. */
export function valuesOf<T extends AnyDtype>(dtype: T, bytes: Bytes): ValuesOf[T] {
  return new ARRAY_TYPE[dtype](
    bytes.buffer,
    bytes.byteOffset,
    bytes.length / VALUE_BYTES[dtype],
  ) as ValuesOf[T];
}

/** A whole matrix, row-major, in memory: for small ones (tests, references). Errors as `streamRows`. */
export async function loadOperand<T extends AnyDtype = AnyDtype>(
  manifest: Manifest & { readonly dtype: T },
  fetch: FetchBytes,
): Promise<ValuesOf[T]> {
  const all = new Uint8Array(manifest.rows * manifest.cols * VALUE_BYTES[manifest.dtype]);
  let at = 0;
  for await (const piece of streamRows(manifest, fetch)) {
    all.set(piece, at);
    at += piece.length;
  }
  return valuesOf(manifest.dtype, all);
}
