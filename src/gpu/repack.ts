/** From pages of C as a kernel leaves them (256 rows of 1 KiB) to blocks of a result (matrix/blocks.ts). Pure. */
import { ceilDiv } from '../core/bytes.ts';
import {
  BLOCK_BYTES,
  BLOCK_ROW_BYTES,
  CELL,
  type Shape,
  blockBytes,
  colBlocks,
  colsIn,
  rowBytes,
  rowsIn,
} from '../matrix/blocks.ts';
import { RESULT_DTYPE } from '../matrix/dtype.ts';
import type { ShardShape } from './backend.ts';

const RESULT_VALUE_BYTES = 4;

/** The reverse of `repackCell`: a page of C from a block of it. */
export function unpackCell(shape: ShardShape, cell: number, block: Uint8Array): Uint8Array<ArrayBuffer> {
  const result = resultShape(shape);
  const page = new Uint8Array(BLOCK_BYTES);
  const stride = rowBytes(result, cell % colBlocks(result));
  for (let i = 0; i * stride < block.length; i++) {
    page.set(block.subarray(i * stride, (i + 1) * stride), i * BLOCK_ROW_BYTES);
  }
  return page;
}

export function resultShape({ dtype, rows, cols }: ShardShape): Shape {
  return { dtype: RESULT_DTYPE[dtype], rows, cols };
}

export function cellCount({ rows, cols }: ShardShape): number {
  return ceilDiv(rows, CELL) * ceilDiv(cols, CELL);
}

/** The block of cell `cell` (row-major) from the start of its page; columns that C lacks become zeros. */
export function repackCell(shape: ShardShape, cell: number, page: Uint8Array): Uint8Array<ArrayBuffer> {
  const result = resultShape(shape);
  const r = Math.floor(cell / colBlocks(result));
  const c = cell % colBlocks(result);
  const block = new Uint8Array(blockBytes(result, r, c));
  const width = colsIn(result, c) * RESULT_VALUE_BYTES;
  const stride = rowBytes(result, c);
  if (width === BLOCK_ROW_BYTES) {
    block.set(page.subarray(0, block.length));
    return block;
  }
  for (let i = 0; i < rowsIn(result, r); i++) {
    const from = i * BLOCK_ROW_BYTES;
    block.set(page.subarray(from, from + width), i * stride);
  }
  return block;
}
