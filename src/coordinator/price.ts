/** What a job can cost at most. */
import { microcreditsFor } from '../core/units.ts';
import { BLOCK_ROWS } from '../matrix/blocks.ts';
import { DIAGONALS, diagonalK, limbLayout } from '../matrix/limbs.ts';
import type { JobDtype } from '../store/schema-floats.ts';

interface Priced {
  readonly rows: number;
  readonly cols: number;
  readonly k: number;
  readonly dtype?: JobDtype;
}

/**
 * Microcredits of a job whose every cell is a shard of its own. Work is rounded up for each shard, and
 * rounding up parts never comes to less than rounding up the whole: no way to cut the job costs more.
 * An f32x job costs what its int8 parts do.
 * @param job - C is rows × cols, over k
 */
export function priceOf({ rows, cols, k, dtype }: Priced): bigint {
  if (dtype === 'f32x') {
    const layout = limbLayout(k);
    return DIAGONALS.reduce((sum, d) => sum + priceOf({ rows, cols, k: diagonalK(layout, d) }), 0n);
  }
  const [fullRows, restRows] = cut(rows);
  const [fullCols, restCols] = cut(cols);
  const cells = (count: number, height: number, width: number): bigint =>
    BigInt(count) * microcreditsFor(height, width, k);
  return (
    cells(fullRows * fullCols, BLOCK_ROWS, BLOCK_ROWS) +
    cells(fullRows, BLOCK_ROWS, restCols) +
    cells(fullCols, restRows, BLOCK_ROWS) +
    cells(1, restRows, restCols)
  );
}

/** The same of the cells that are not verified yet: what a job costs that runs again. */
export function restPrice(
  job: { rows: number; cols: number; k: number },
  verified: readonly { readonly rowBlock: number; readonly colBlock: number }[],
): bigint {
  const size = (length: number, block: number): number => Math.min(BLOCK_ROWS, length - block * BLOCK_ROWS);
  return verified.reduce(
    (rest, { rowBlock, colBlock }) =>
      rest - microcreditsFor(size(job.rows, rowBlock), size(job.cols, colBlock), job.k),
    priceOf(job),
  );
}

/** Full blocks, and the rows of the last one where it is not full. */
function cut(size: number): [full: number, rest: number] {
  return [Math.floor(size / BLOCK_ROWS), size % BLOCK_ROWS];
}
