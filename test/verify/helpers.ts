/** Strips of real products, small enough to make by the thousand. */
import type { Rng } from '../../src/core/rng.ts';
import { BLOCK_ROWS, type Shape, blockCols, colBlocks, colsIn, rowBytes } from '../../src/matrix/blocks.ts';
import { type AnyDtype, type Dtype, RESULT_DTYPE, VALUE_BYTES } from '../../src/matrix/dtype.ts';
import { floatToHalf, halfToFloat } from '../../src/matrix/half.ts';
import type { VerifyParams } from '../../src/verify/params.ts';
import { type RecomputeStrip } from '../../src/verify/recompute.ts';
import type { Verdict } from '../../src/verify/result.ts';
import {
  type Strip,
  type StripColumn,
  checkStrip,
  drawColumn,
  paramsFor,
  projectColumn,
} from '../../src/verify/strip.ts';

export interface Sizes {
  readonly dtype: Dtype;
  readonly rows: number;
  readonly width: number;
  readonly k: number;
}

/** Row-major values as the numbers that they stand for. */
export interface Product extends Sizes {
  readonly a: Float64Array;
  readonly b: Float64Array;
  /** rows × width, already rounded to the result's type. */
  readonly c: Float64Array;
}

function put(view: DataView, dtype: AnyDtype, at: number, value: number): void {
  if (dtype === 'i8') view.setInt8(at, value);
  else if (dtype === 'f16') view.setUint16(at, floatToHalf(value), true);
  else if (dtype === 'f32') view.setFloat32(at, value, true);
  else view.setInt32(at, value, true);
}

/** The blocks of one row-block, cut as src/matrix/blocks.ts says. */
export function cutRowBlock(shape: Shape, values: Float64Array): Uint8Array<ArrayBuffer>[] {
  return Array.from({ length: colBlocks(shape) }, (_, c) => {
    const stride = rowBytes(shape, c);
    const bytes = new Uint8Array(shape.rows * stride);
    const view = new DataView(bytes.buffer);
    const from = c * blockCols(shape.dtype);
    for (let row = 0; row < shape.rows; row++) {
      for (let i = 0; i < colsIn(shape, c); i++) {
        put(
          view,
          shape.dtype,
          row * stride + i * VALUE_BYTES[shape.dtype],
          values[row * shape.cols + from + i]!,
        );
      }
    }
    return bytes;
  });
}

/** A value that the type holds exactly. */
export function randomValue(dtype: Dtype, rng: Rng): number {
  if (dtype === 'i8') return Math.floor(rng.float() * 256) - 128;
  const value = (rng.float() * 2 - 1) * 2 ** Math.floor(rng.float() * 4 - 2);
  return dtype === 'f16' ? halfToFloat(floatToHalf(value)) : Math.fround(value);
}

export function randomOperand(dtype: Dtype, length: number, rng: Rng): Float64Array {
  return Float64Array.from({ length }, () => randomValue(dtype, rng));
}

/** One entry of a product, from the values of a row of A and a row of B. */
export type Inner = (a: Float64Array, b: Float64Array) => number;

export const exactInner: Inner = (a, b) => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};

export function product(
  sizes: Sizes,
  a: Float64Array,
  b: Float64Array,
  inner: Inner = sizes.dtype === 'i8' ? exactInner : (x, y) => Math.fround(exactInner(x, y)),
): Product {
  const { rows, width, k } = sizes;
  const c = new Float64Array(rows * width);
  for (let i = 0; i < rows; i++) {
    const row = a.subarray(i * k, (i + 1) * k);
    for (let j = 0; j < width; j++) c[i * width + j] = inner(row, b.subarray(j * k, (j + 1) * k));
  }
  return { ...sizes, a, b, c };
}

export function randomProduct(sizes: Sizes, rng: Rng, inner?: Inner): Product {
  const { dtype, rows, width, k } = sizes;
  return product(sizes, randomOperand(dtype, rows * k, rng), randomOperand(dtype, width * k, rng), inner);
}

interface ColumnRange {
  readonly from: number;
  readonly cols: number;
}

/** The column blocks of a strip. */
export function columnRanges(width: number): ColumnRange[] {
  return Array.from({ length: Math.ceil(width / BLOCK_ROWS) }, (_, i) => ({
    from: i * BLOCK_ROWS,
    cols: Math.min(BLOCK_ROWS, width - i * BLOCK_ROWS),
  }));
}

export function cutA({ dtype, rows, k, a }: Product): Uint8Array[] {
  return cutRowBlock({ dtype, rows, cols: k }, a);
}

export function cutB({ dtype, k, b }: Product, { from, cols }: ColumnRange): Uint8Array[] {
  return cutRowBlock({ dtype, rows: cols, cols: k }, b.subarray(from * k, (from + cols) * k));
}

/** The C blocks of a strip, one per column block. */
export function cutC(product: Product, c: Float64Array = product.c): Uint8Array<ArrayBuffer>[] {
  const { rows, width, dtype } = product;
  return cutRowBlock({ dtype: RESULT_DTYPE[dtype], rows, cols: width }, c);
}

/** A strip of this product whose claimed blocks can be exchanged. */
export function prepare(
  product: Product,
  rng: Rng,
  params: VerifyParams = paramsFor(product.dtype, product.k, product.width),
): Strip {
  const { dtype, rows, width, k } = product;
  const blocks = cutC(product);
  const columns = columnRanges(width).map((range, i): StripColumn => {
    const r = drawColumn(dtype, rng, range.cols, params);
    const bBlocks = cutB(product, range);
    const projection = projectColumn({ dtype, cols: range.cols, k, params, bBlocks, r });
    return { cols: range.cols, cBlock: blocks[i]!, r, ...projection };
  });
  return { dtype, rows, k, params, aBlocks: cutA(product), columns };
}

/** The verdict on `c` (rows × width) in place of the product's own. */
export function judge(strip: Strip, product: Product, c: Float64Array): Verdict {
  return judgeBlocks(strip, cutC(product, c));
}

export function judgeBlocks(strip: Strip, blocks: readonly Uint8Array[]): Verdict {
  return checkStrip({
    ...strip,
    columns: strip.columns.map((column, i) => ({ ...column, cBlock: blocks[i]! })),
  });
}

export function toRecompute(product: Product, c: Float64Array = product.c): RecomputeStrip {
  const { dtype, rows, width, k } = product;
  const blocks = cutC(product, c);
  return {
    dtype,
    rows,
    k,
    aBlocks: cutA(product),
    columns: columnRanges(width).map((range, i) => ({
      cols: range.cols,
      cBlock: blocks[i]!,
      bBlocks: cutB(product, range),
    })),
  };
}
