/**
 * Ingest: an array in a file becomes an operand in blocks, with bounded memory (DESIGN §1, §3).
 * The operand is rows × K with K contiguous; whatever the array's order and side, all that matters
 * is whether K is already contiguous in the source.
 */
import { mapLimit } from '../core/async.ts';
import { type Bytes, sha256, toHex } from '../core/bytes.ts';
import { AppError, throwIfAborted } from '../core/errors.ts';
import {
  BLOCK_ROWS,
  type Shape,
  assertShape,
  blockBytes,
  blockCols,
  colBlocks,
  colsIn,
  rowBlocks,
  rowsIn,
} from './blocks.ts';
import { type PutBytes, putList, putManifest } from './build.ts';
import { BlockCutter } from './cutter.ts';
import { type Dtype, assertK } from './dtype.ts';
import type { Hash, Manifest } from './manifest.ts';
import { NPY_PREFIX_BYTES, isNpy, parseNpy } from './npy.ts';
import { isSafetensors, parseSafetensors } from './safetensors.ts';
import { type ArrayLayout, type RandomAccess, SOURCE_VALUE_BYTES, arrayBytes, truncated } from './source.ts';
import { type Axes, type Tile, TileReader, tileExtent } from './tiles.ts';

export interface IngestSpec {
  readonly layout: ArrayLayout;
  /** 'rows': the array is rows × K. 'transpose': it is K × N and becomes N rows × K. */
  readonly side: 'rows' | 'transpose';
  /** Converts to f32: needed for f64, exact for i8 and f16. */
  readonly as?: 'f32' | undefined;
}

export interface IngestOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bytes of the array done, of how many; after every block. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** What the reading buffer may take, next to some MiB for blocks on their way. @default 64 MiB */
  readonly memoryBytes?: number | undefined;
}

export interface IngestResult {
  readonly manifestHash: Hash;
  readonly manifest: Manifest;
  /** The largest magnitude of a value: bounds the products (the verifier's range check). */
  readonly maxAbs: number;
  readonly blocks: number;
  /** Bytes of all blocks, padding included. */
  readonly bytes: number;
}

type OperandShape = Shape & { readonly dtype: Dtype };

const DEFAULT_MEMORY_BYTES = 64 * 1024 * 1024;
/** Blocks being hashed and put at once: keeps the hashing threads busy while the next is cut. */
const BLOCKS_AT_ONCE = 4;

/**
 * What matrix a .npy or .safetensors source holds.
 * @throws AppError 'bad-file' for what cannot be read, 'not-found' for an unknown tensor.
 */
export async function detectLayout(
  source: RandomAccess,
  options: { tensor?: string | undefined } = {},
): Promise<ArrayLayout> {
  const prefix = await source.read(0, Math.min(source.size, NPY_PREFIX_BYTES));
  if (isNpy(prefix)) {
    if (options.tensor !== undefined)
      throw new AppError('bad-input', 'a .npy file has one array, without a name');
    return parseNpy(prefix, source.size);
  }
  if (isSafetensors(prefix)) return parseSafetensors(source, options.tensor);
  const zip = prefix[0] === 0x50 && prefix[1] === 0x4b;
  const hint = zip ? ': it is a zip archive; unzip an .npz and use a .npy inside' : '';
  throw new AppError('bad-file', `the file is neither .npy nor .safetensors${hint}`);
}

function storedDtype({ layout, as }: IngestSpec): Dtype {
  if (as) return as;
  if (layout.dtype !== 'f64') return layout.dtype;
  throw new AppError(
    'bad-input',
    'float64 is not multiplied as it is: convert it with --as f32 or a.astype(np.float32)',
  );
}

/**
 * Cuts an array into blocks and hands every block, list node and the manifest to `put`.
 * @throws AppError 'non-finite' naming the first bad position met, 'k-too-large', 'bad-file',
 * 'bad-input', 'aborted'; whatever `put` or the source throws.
 */
export async function ingest(
  source: RandomAccess,
  spec: IngestSpec,
  put: PutBytes,
  options: IngestOptions = {},
): Promise<IngestResult> {
  const { layout, side } = spec;
  const [rows, cols] = side === 'rows' ? layout.shape : [layout.shape[1], layout.shape[0]];
  const shape: OperandShape = { dtype: storedDtype(spec), rows, cols };
  assertShape(shape);
  assertK(shape.dtype, shape.cols);
  const end = layout.dataOffset + arrayBytes(layout);
  if (end > source.size) throw truncated(end, source.size);
  return new Ingest(source, spec, shape, put, options).run();
}

class Ingest {
  readonly #shape: OperandShape;
  readonly #layout: ArrayLayout;
  readonly #kContiguous: boolean;
  readonly #reader: TileReader;
  readonly #cutter: BlockCutter;
  readonly #put: PutBytes;
  readonly #options: IngestOptions;
  #blocks = 0;
  #bytes = 0;
  #done = 0;

  constructor(
    source: RandomAccess,
    spec: IngestSpec,
    shape: OperandShape,
    put: PutBytes,
    options: IngestOptions,
  ) {
    this.#shape = shape;
    this.#layout = spec.layout;
    this.#kContiguous = (spec.side === 'rows') === (spec.layout.order === 'C');
    this.#reader = new TileReader(source, spec.layout, this.#axes(shape.rows, shape.cols));
    this.#cutter = new BlockCutter({
      from: spec.layout.dtype,
      to: shape.dtype,
      littleEndian: spec.layout.littleEndian,
      kContiguous: this.#kContiguous,
      transposed: spec.side === 'transpose',
    });
    this.#put = put;
    this.#options = options;
  }

  async run(): Promise<IngestResult> {
    const { rows, cols } = this.#shape;
    const width = blockCols(this.#shape.dtype);
    const extent = tileExtent(
      this.#axes(rows, cols),
      this.#axes(BLOCK_ROWS, width),
      SOURCE_VALUE_BYTES[this.#layout.dtype],
      this.#options.memoryBytes ?? DEFAULT_MEMORY_BYTES,
    );
    const [tileRows, tileCols] = this.#kContiguous
      ? [extent.outer, extent.inner]
      : [extent.inner, extent.outer];
    const lists: Bytes[] = [];
    for (let row = 0; row < rows; row += tileRows) {
      const strips = new Map<number, Bytes[]>();
      for (let k = 0; k < cols; k += tileCols) {
        throwIfAborted(this.#options.signal);
        const size = this.#axes(Math.min(tileRows, rows - row), Math.min(tileCols, cols - k));
        const tile = await this.#reader.read(this.#axes(row, k), size, this.#options.signal);
        await this.#cutTile(tile, row, k, strips);
      }
      for (const hashes of strips.values()) lists.push(await putList(hashes, this.#put));
    }
    const made = await putManifest(this.#shape, lists, this.#put);
    return { ...made, maxAbs: this.#cutter.maxAbs, blocks: this.#blocks, bytes: this.#bytes };
  }

  #axes(rows: number, cols: number): Axes {
    return this.#kContiguous ? { outer: rows, inner: cols } : { outer: cols, inner: rows };
  }

  async #cutTile(tile: Tile, row: number, k: number, strips: Map<number, Bytes[]>): Promise<void> {
    const tileRows = this.#kContiguous ? tile.outer : tile.inner;
    const tileCols = this.#kContiguous ? tile.inner : tile.outer;
    const width = blockCols(this.#shape.dtype);
    const cells: { r: number; c: number }[] = [];
    const endStrip = Math.min(rowBlocks(this.#shape), Math.ceil((row + tileRows) / BLOCK_ROWS));
    const endBlock = Math.min(colBlocks(this.#shape), Math.ceil((k + tileCols) / width));
    for (let r = row / BLOCK_ROWS; r < endStrip; r++) {
      if (!strips.has(r)) strips.set(r, []);
      for (let c = k / width; c < endBlock; c++) cells.push({ r, c });
    }
    await mapLimit(cells, BLOCKS_AT_ONCE, async ({ r, c }) => {
      throwIfAborted(this.#options.signal);
      strips.get(r)![c] = await this.#cutBlock(tile, r, c);
    });
  }

  async #cutBlock(tile: Tile, r: number, c: number): Promise<Bytes> {
    const valueBytes = SOURCE_VALUE_BYTES[this.#layout.dtype];
    const row = r * BLOCK_ROWS;
    const k = c * blockCols(this.#shape.dtype);
    const { outer, inner } = this.#axes(row, k);
    const at = (outer - tile.at.outer) * tile.stride + (inner - tile.at.inner) * valueBytes;
    const rows = rowsIn(this.#shape, r);
    const cols = colsIn(this.#shape, c);
    const bytes = this.#cutter.cut({ tile: tile.bytes, at, stride: tile.stride, row, k, rows, cols });
    const hash = await sha256(bytes);
    await this.#put(toHex(hash), bytes);
    this.#blocks += 1;
    this.#bytes += blockBytes(this.#shape, r, c);
    this.#done += rows * cols * valueBytes;
    this.#options.onProgress?.(this.#done, arrayBytes(this.#layout));
    return hash;
  }
}
