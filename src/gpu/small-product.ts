/** One small product through a Backend, from values to values: for the self-test, calibration and tests. */
import { viewOf } from '../core/bytes.ts';
import {
  CELL,
  type Shape,
  blockBytes,
  blockCols,
  colBlocks,
  colsIn,
  rowBlocks,
  rowBytes,
  rowsIn,
} from '../matrix/blocks.ts';
import { RESULT_DTYPE, VALUE_BYTES } from '../matrix/dtype.ts';
import { floatToHalf } from '../matrix/half.ts';
import type { Hash } from '../matrix/manifest.ts';
import type { Backend, ShardId, ShardShape } from './backend.ts';

/** What one shard needs of a backend. */
export type ShardCalls = Pick<Backend, 'open' | 'reserve' | 'put' | 'accumulate' | 'close' | 'abandon'>;

/** The value in row r at k. */
export type ValueAt = (r: number, k: number) => number;

/** An operand's blocks, `[k-block][row-block]`. */
export type OperandBlocks = Uint8Array[][];

export function operandBlocks(shape: Shape, value: ValueAt): OperandBlocks {
  const indices = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
  return indices(colBlocks(shape)).map((c) =>
    indices(rowBlocks(shape)).map((r) => oneBlock(shape, r, c, value)),
  );
}

function oneBlock(shape: Shape, r: number, c: number, value: ValueAt): Uint8Array {
  const bytes = new Uint8Array(blockBytes(shape, r, c));
  const view = viewOf(bytes);
  const stride = rowBytes(shape, c);
  const first = c * blockCols(shape.dtype);
  for (let i = 0; i < rowsIn(shape, r); i++) {
    for (let k = 0; k < colsIn(shape, c); k++) {
      const at = i * stride + k * VALUE_BYTES[shape.dtype];
      const x = value(r * CELL + i, first + k);
      if (shape.dtype === 'i8') view.setInt8(at, x);
      else if (shape.dtype === 'f16') view.setUint16(at, floatToHalf(x), true);
      else view.setFloat32(at, x, true);
    }
  }
  return bytes;
}

/** Row-major values of a result given as its blocks. */
export function resultValues(shape: ShardShape, blocks: readonly Uint8Array[]): Float64Array {
  const result: Shape = { dtype: RESULT_DTYPE[shape.dtype], rows: shape.rows, cols: shape.cols };
  const values = new Float64Array(shape.rows * shape.cols);
  const across = colBlocks(result);
  for (const [at, block] of blocks.entries()) {
    const r = Math.floor(at / across);
    const c = at % across;
    const view = viewOf(block);
    for (let i = 0; i < rowsIn(result, r); i++) {
      for (let j = 0; j < colsIn(result, c); j++) {
        const offset = i * rowBytes(result, c) + j * 4;
        const x = result.dtype === 'i32' ? view.getInt32(offset, true) : view.getFloat32(offset, true);
        values[(r * CELL + i) * shape.cols + c * CELL + j] = x;
      }
    }
  }
  return values;
}

/** Names for the blocks of an operand, in the shape of a KRange side. */
export function nameBlocks(blocks: OperandBlocks, name: string): Hash[][] {
  return blocks.map((column, kb) => column.map((_, r) => `${name}/${kb}/${r}`));
}

/** Reserves k-blocks [from, to) and puts those that are missing, which it returns. */
export async function supply(
  backend: Pick<Backend, 'reserve' | 'put'>,
  shard: ShardId,
  { from, to }: { from: number; to: number },
  [a, b]: readonly [OperandBlocks, OperandBlocks],
  [aNames, bNames]: readonly [Hash[][], Hash[][]],
): Promise<Hash[]> {
  const bytes = new Map<Hash, Uint8Array>();
  for (let kb = from; kb < to; kb++) {
    for (const [r, hash] of aNames[kb]!.entries()) bytes.set(hash, a[kb]![r]!);
    for (const [r, hash] of bNames[kb]!.entries()) bytes.set(hash, b[kb]![r]!);
  }
  const missing = await backend.reserve(shard, [...bytes.keys()]);
  for (const hash of missing) await backend.put(shard, hash, bytes.get(hash)!.slice());
  return missing;
}

/** The blocks of A and of B. */
export function productBlocks(
  { dtype, rows, cols, k }: ShardShape,
  a: ValueAt,
  b: ValueAt,
): readonly [OperandBlocks, OperandBlocks] {
  return [operandBlocks({ dtype, rows, cols: k }, a), operandBlocks({ dtype, rows: cols, cols: k }, b)];
}

/** The whole product, all k-blocks at once; `name` tells its blocks from those of other products. */
export async function multiplySmall(
  backend: ShardCalls,
  shape: ShardShape,
  blocks: readonly [OperandBlocks, OperandBlocks],
  name: string,
): Promise<Float64Array> {
  const shard = await backend.open(shape);
  try {
    const names = [nameBlocks(blocks[0], `${name}/a`), nameBlocks(blocks[1], `${name}/b`)] as const;
    const range = { from: 0, to: blocks[0].length, a: names[0], b: names[1] };
    await supply(backend, shard, range, blocks, names);
    await backend.accumulate(shard, range);
    return resultValues(shape, await backend.close(shard));
  } finally {
    await backend.abandon(shard);
  }
}
