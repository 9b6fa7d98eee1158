/** The largest entries of each row of a stored matrix, read strip by strip: the matrix is never whole in memory. */
import type { FetchBytes, Manifest } from './manifest.ts';
import type { Part } from './part.ts';
import { streamRows, valuesOf } from './read.ts';

type Values = Int32Array<ArrayBuffer> | Float32Array<ArrayBuffer>;

/** Some rows' largest entries: `k` for each row, the largest first, of equal ones the leftmost first. */
export interface TopRows {
  readonly rows: number;
  /** Columns of the whole matrix, rows × k. */
  readonly indices: Int32Array<ArrayBuffer>;
  /** rows × k. */
  readonly values: Values;
}

export interface TopOptions {
  readonly part: Part;
  /** At least 1, at most the columns of the part. */
  readonly k: number;
  /** Between two stretches of work: others get their turn. */
  readonly pause: () => Promise<void>;
}

/** Entries looked at in a stretch: about a millisecond. */
const STRETCH = 2 ** 20;

/** The rows of the part in their order. @param manifest - of i32 or f32, which hold no NaN: see the verifier */
export async function* topRows(
  manifest: Manifest,
  fetch: FetchBytes,
  { part, k, pause }: TopOptions,
): AsyncGenerator<TopRows, void, undefined> {
  const width = part.colEnd - part.col;
  const lines = { from: part.row, to: part.rowEnd, fromCol: part.col, toCol: part.colEnd };
  const dtype = manifest.dtype === 'i32' ? 'i32' : 'f32';
  for await (const piece of streamRows(manifest, fetch, lines)) {
    const all = valuesOf(dtype, piece);
    const rows = all.length / width;
    const indices = new Int32Array(rows * k);
    const values = dtype === 'i32' ? new Int32Array(rows * k) : new Float32Array(rows * k);
    for (let row = 0, since = 0; row < rows; row++, since += width) {
      if (since > STRETCH) {
        await pause();
        since = 0;
      }
      const line = all.subarray(row * width, (row + 1) * width);
      const [at, end] = [row * k, (row + 1) * k];
      topOf(line, part.col, indices.subarray(at, end), values.subarray(at, end));
    }
    yield { rows, indices, values };
  }
}

/** Fills `indices` and `values` from one row. @param col - the column of its first entry */
function topOf(line: Int32Array | Float32Array, col: number, indices: Int32Array, values: Values): void {
  const k = indices.length;
  let count = 0;
  for (let i = 0; i < line.length; i++) {
    const value = line[i]!;
    if (count === k && value <= values[k - 1]!) continue;
    let low = 0;
    for (let high = count; low < high;) {
      const middle = (low + high) >> 1;
      // Behind its equals, which stand further left.
      if (values[middle]! < value) high = middle;
      else low = middle + 1;
    }
    if (count < k) count += 1;
    values.copyWithin(low + 1, low, count - 1);
    indices.copyWithin(low + 1, low, count - 1);
    values[low] = value;
    indices[low] = col + i;
  }
}
