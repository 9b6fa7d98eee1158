/** Products for logs: operands and results as the blocks that a coordinator serves. */
import { type Bytes, sha256, toHex } from '../../src/core/bytes.ts';
import { seededRng } from '../../src/core/rng.ts';
import { blockPath } from '../../src/audit/source.ts';
import { BLOCK_ROWS, rowBlocks, rowsIn } from '../../src/matrix/blocks.ts';
import { putMatrix } from '../../src/matrix/build.ts';
import type { Dtype } from '../../src/matrix/dtype.ts';
import type { Hash } from '../../src/matrix/manifest.ts';
import { cutRowBlock, exactInner, randomOperand } from '../verify/helpers.ts';

/** By path, as a source reads them. */
export type Files = Map<string, Bytes>;

export interface Matrices {
  readonly dtype: Dtype;
  readonly rows: number;
  readonly cols: number;
  readonly k: number;
  readonly a: Hash;
  readonly b: Hash;
  /** Row-major numbers. */
  readonly c: Float64Array;
  readonly blocks: Files;
}

/** A product with its operands as blocks. */
export async function matrices(
  dtype: Dtype,
  rows: number,
  cols: number,
  k: number,
  seed = 1,
): Promise<Matrices> {
  const rng = seededRng(seed);
  const blocks: Files = new Map();
  const [av, bv] = [randomOperand(dtype, rows * k, rng), randomOperand(dtype, cols * k, rng)];
  const a = await putOperand({ dtype, rows, cols: k }, av, blocks);
  const b = await putOperand({ dtype, rows: cols, cols: k }, bv, blocks);
  const c = new Float64Array(rows * cols);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) {
      const sum = exactInner(av.subarray(i * k, (i + 1) * k), bv.subarray(j * k, (j + 1) * k));
      c[i * cols + j] = dtype === 'i8' ? sum : Math.fround(sum);
    }
  }
  return { dtype, rows, cols, k, a, b, c, blocks };
}

async function putOperand(
  shape: { dtype: Dtype; rows: number; cols: number },
  values: Float64Array,
  files: Files,
): Promise<Hash> {
  const strips: Bytes[][] = [];
  for (let r = 0; r < rowBlocks(shape); r++) {
    const rows = rowsIn(shape, r);
    const from = r * BLOCK_ROWS * shape.cols;
    strips.push(
      await putBlocks(
        cutRowBlock({ ...shape, rows }, values.subarray(from, from + rows * shape.cols)),
        files,
      ),
    );
  }
  return (await putMatrix(shape, strips, put(files))).manifestHash;
}

export async function putBlocks(blocks: readonly Uint8Array<ArrayBuffer>[], files: Files): Promise<Bytes[]> {
  return Promise.all(
    blocks.map(async (bytes) => {
      const hash = await sha256(bytes);
      files.set(blockPath(toHex(hash)), bytes);
      return hash;
    }),
  );
}

const put =
  (files: Files) =>
  (hash: Hash, bytes: Uint8Array): Promise<void> => {
    files.set(blockPath(hash), bytes as Bytes);
    return Promise.resolve();
  };
