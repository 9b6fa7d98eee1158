/** What kernels race on: a product large enough to fill a GPU, as far as the memory goes. */
import { BLOCK_ROWS, blockCols } from '../matrix/blocks.ts';
import type { Dtype } from '../matrix/dtype.ts';
import type { Hash } from '../matrix/manifest.ts';
import type { KRange, ShardShape } from './backend.ts';
import type { ShapeClass } from './kernels.ts';
import { SELF_TEST_PREFIX } from './self-test.ts';
import { operandBlocks } from './small-product.ts';

/** 8 × 8 cells are 1,024 workgroups of 64 × 64 results. */
const MOST_CELLS_ASIDE = 8;
const THIN_VALUES = 16;
/** Deep enough that adding to C counts for little, as in a shard. */
const K_BLOCKS = 4;

export interface Room {
  /** Cells of C that may be used. */
  readonly cells: number;
  /** Pages of operands that may be used. */
  readonly pages: number;
}

/** The largest shape of its class that fits; X·Xᵀ, so that one operand serves as both. */
export function trialShape(dtype: Dtype, shapes: ShapeClass, room: Room): ShardShape {
  const aside = shapes === 'square' ? Math.sqrt(room.cells) : room.cells;
  const blocks = Math.max(1, Math.floor(Math.min(aside, MOST_CELLS_ASIDE, room.pages / K_BLOCKS)));
  const k = blockCols(dtype) * Math.max(1, Math.min(K_BLOCKS, Math.floor(room.pages / blocks)));
  const long = blocks * BLOCK_ROWS;
  return {
    dtype,
    rows: shapes === 'flat' ? THIN_VALUES : long,
    cols: shapes === 'tall' ? THIN_VALUES : long,
    k,
  };
}

/** Names for the blocks of the shape; the thin side takes the head of the long one's first block of rows. */
export function trialRange({ dtype, rows, cols, k }: ShardShape): KRange {
  const kBlocks = k / blockCols(dtype);
  const side = (values: number): Hash[][] =>
    Array.from({ length: kBlocks }, (_, kb) =>
      Array.from(
        { length: Math.ceil(values / BLOCK_ROWS) },
        (__, r) => `${SELF_TEST_PREFIX}race/${dtype}/${Math.min(values, BLOCK_ROWS)}/${kb}/${r}`,
      ),
    );
  return { from: 0, to: kBlocks, a: side(rows), b: side(cols) };
}

/** A block with whole numbers between −8 and 8: neither subnormal nor all alike. */
export function trialBlock(dtype: Dtype, rows: number): Uint8Array {
  const shape = { dtype, rows: Math.min(rows, BLOCK_ROWS), cols: blockCols(dtype) };
  return operandBlocks(shape, (r, k) => ((r * 7 + k * 3) % 17) - 8)[0]![0]!;
}
