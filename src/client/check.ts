/** A requester's own check of an exact product: every number against the CPU reference. */
import { AppError } from '../core/errors.ts';
import { multiplyReference } from '../matrix/reference.ts';

/** Rows computed at a stretch; between two, other work gets its turn. */
const BAND_ROWS = 32;

/**
 * How many entries of c differ from a·bᵀ, for int8 a (rows × k), b (cols × k) and int32 c (rows × cols).
 * About 1 ns a multiply-add on one core.
 * @throws AppError 'shape-mismatch' when the arrays do not have these sizes, 'aborted'.
 */
export async function countDifferences(
  a: Int8Array,
  b: Int8Array,
  c: Int32Array,
  shape: { readonly rows: number; readonly cols: number; readonly k: number },
  pause: () => Promise<void>,
): Promise<number> {
  const { rows, cols, k } = shape;
  if (a.length !== rows * k || c.length !== rows * cols) {
    throw new AppError(
      'shape-mismatch',
      `the arrays do not hold ${rows} × ${k} and ${rows} × ${cols} values`,
    );
  }
  let differences = 0;
  for (let row = 0; row < rows; row += BAND_ROWS) {
    const end = Math.min(rows, row + BAND_ROWS);
    const expected = multiplyReference('i8', a.subarray(row * k, end * k), b, end - row, cols, k);
    for (let i = 0; i < expected.length; i++) if (expected[i] !== c[row * cols + i]) differences += 1;
    await pause();
  }
  return differences;
}
