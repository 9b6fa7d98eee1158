/** What a lease asked for, in numbers: from its rectangle and the manifests of its operands. */
import { BLOCK_ROWS, rowBlocks } from '../matrix/blocks.ts';
import type { Product } from '../protocol/signed.ts';
import type { AuditedBlocks, OperandManifest } from './blocks.ts';
import { Contradiction } from './contradiction.ts';

export interface Asked {
  readonly a: OperandManifest;
  readonly b: OperandManifest;
  readonly k: number;
  /** Of the rectangle: rows of A, and rows of B, which are the columns of C. */
  readonly rows: number;
  readonly cols: number;
}

/**
 * @throws Contradiction 'operand-missing', 'operand-form', 'block-hash', 'job-operands' (no product exists)
 * or 'outside-product'
 */
export async function askedBy(work: Product, blocks: AuditedBlocks, index: number): Promise<Asked> {
  const [a, b] = [await blocks.operand(work.a, index), await blocks.operand(work.b, index)];
  if (a.dtype !== b.dtype || a.cols !== b.cols) {
    throw new Contradiction('job-operands', 'operands that can be multiplied', {
      index,
      expected: `B to be ${a.dtype} with K = ${a.cols}, as A is`,
      found: `${b.dtype} with K = ${b.cols}`,
    });
  }
  const { rowBlock, colBlock, rowBlocks: down, colBlocks: across } = work;
  const [lastRow, lastCol] = [rowBlock + down, colBlock + across];
  if (lastRow > rowBlocks(a) || lastCol > rowBlocks(b)) {
    throw new Contradiction('outside-product', 'the leased rectangle, in blocks', {
      index,
      expected: `at most ${rowBlocks(a)} × ${rowBlocks(b)}`,
      found: `cells up to ${lastRow} × ${lastCol}`,
    });
  }
  return {
    a,
    b,
    k: a.cols,
    rows: Math.min(a.rows, lastRow * BLOCK_ROWS) - rowBlock * BLOCK_ROWS,
    cols: Math.min(b.rows, lastCol * BLOCK_ROWS) - colBlock * BLOCK_ROWS,
  };
}
