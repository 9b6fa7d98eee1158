/** Wrong numbers: each lie changes one cell of C somewhere between clumsily and as slyly as its check allows. */
import { type Rng, randomInt } from '../../src/core/rng.ts';
import { CELL } from '../../src/matrix/blocks.ts';
import { parseNpyHeader } from '../../src/matrix/npy.ts';
import { tolerance } from '../../src/verify/bounds.ts';
import type { Product } from '../helpers/product.ts';

/** One cell of C as it will be sent. Its columns fill its block: nothing is padded. */
export interface LyingCell {
  /** C's values, row-major; writing changes what is sent. */
  readonly values: Int32Array | Float32Array;
  readonly rows: number;
  readonly cols: number;
  /** The cell's first row and column within C. */
  readonly top: number;
  readonly left: number;
  readonly product: Product;
  readonly rng: Rng;
}

export type Liar = (cell: LyingCell) => void;

/** K-major values of both operands. */
export interface Operands {
  readonly a: Int8Array | Float32Array;
  readonly b: Int8Array | Float32Array;
}

const opened = new WeakMap<Product, Operands>();

/** Of an i8 or f32 product. */
export function operandsOf(product: Product): Operands {
  const known = opened.get(product);
  if (known) return known;
  const data = (file: Uint8Array<ArrayBuffer>): Int8Array | Float32Array => {
    const bytes = file.slice(parseNpyHeader(file).dataOffset).buffer;
    return product.dtype === 'i8' ? new Int8Array(bytes) : new Float32Array(bytes);
  };
  const operands = { a: data(product.a), b: data(product.b) };
  opened.set(product, operands);
  return operands;
}

/** The cell that `lie` gets for a block of C. */
export function cellOf(
  block: Uint8Array,
  at: { readonly rowBlock: number; readonly colBlock: number },
  product: Product,
  rng: Rng,
): LyingCell {
  const [top, left] = [at.rowBlock * CELL, at.colBlock * CELL];
  const rows = Math.min(CELL, product.rows - top);
  const cols = Math.min(CELL, product.cols - left);
  const Values = product.dtype === 'i8' ? Int32Array : Float32Array;
  const values = new Values(block.buffer as ArrayBuffer, block.byteOffset, block.byteLength / 4);
  if (values.length !== rows * cols) throw new Error('lies are told about cells without padding');
  return { values, rows, cols, top, left, product, rng };
}

const somewhere = ({ values, rng }: LyingCell): number => randomInt(rng, values.length);

/** Two different numbers below `below`. */
function two(rng: Rng, below: number): [number, number] {
  const first = randomInt(rng, below);
  return [first, (first + 1 + randomInt(rng, below - 1)) % below];
}

export const zeros: Liar = ({ values }) => void values.fill(0);

/** Any bit that leaves the number in the range that int8 products can reach. */
export const oneBit: Liar = (cell) => {
  cell.values[somewhere(cell)]! ^= 1 << randomInt(cell.rng, 18);
};

/** Invisible to every second check modulo 2³². */
export const topBit: Liar = (cell) => {
  cell.values[somewhere(cell)]! ^= 1 << 31;
};

export const swappedRows: Liar = ({ values, rows, cols, rng }) => {
  const [x, y] = two(rng, rows);
  const row = values.slice(x * cols, (x + 1) * cols);
  values.copyWithin(x * cols, y * cols, (y + 1) * cols);
  values.set(row, y * cols);
};

/** Written column by column, as a kernel with its strides mixed up would. */
export const transposed: Liar = ({ values, rows, cols }) => {
  const truth = values.slice();
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) values[j * rows + i] = truth[i * cols + j]!;
  }
};

/** The last few products of every sum are never added: up to an eighth of the work saved. */
export const lastSkipped: Liar = ({ values, rows, cols, top, left, product, rng }) => {
  const { a, b } = operandsOf(product);
  const { k } = product;
  const skipped = 1 + randomInt(rng, Math.max(1, k >> 3));
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) {
      for (let x = k - skipped; x < k; x++)
        values[i * cols + j]! -= a[(top + i) * k + x]! * b[(left + j) * k + x]!;
    }
  }
};

/** +7 and −7 in one row: its sum stays right. */
export const cancellingPair: Liar = ({ values, rows, cols, rng }) => {
  const row = randomInt(rng, rows) * cols;
  const [x, y] = two(rng, cols);
  values[row + x]! += 7;
  values[row + y]! -= 7;
};

/** Two rows by two columns: every row sum and every column sum stays right. */
export const checksumPreserving: Liar = ({ values, rows, cols, rng }) => {
  const [i, j] = [two(rng, rows), two(rng, cols)];
  const by = 1 + randomInt(rng, 1000);
  for (const [y, sign] of [
    [0, 1],
    [1, -1],
  ] as const) {
    values[i[y] * cols + j[0]]! += sign * by;
    values[i[y] * cols + j[1]]! -= sign * by;
  }
};

/** One entry off by `taus` times what the worst honest rounding of its whole row could come to. */
export function offBy(taus: number): Liar {
  return (cell) => {
    const at = somewhere(cell);
    const tau = rowTolerance(cell, Math.floor(at / cell.cols));
    cell.values[at]! += (cell.rng.float() < 0.5 ? -1 : 1) * taus * tau;
  };
}

/** τ of one row of the cell (src/verify/bounds.ts). */
export function rowTolerance({ values, cols, top, left, product }: LyingCell, row: number): number {
  const { a, b } = operandsOf(product);
  const { k } = product;
  const sums = { product: 0, a: 0, b: 0, c: 0 };
  for (let x = 0; x < k; x++) sums.a += Math.abs(a[(top + row) * k + x]!);
  for (let j = 0; j < cols; j++) {
    sums.c += Math.abs(values[row * cols + j]!);
    for (let x = 0; x < k; x++) {
      const right = Math.abs(b[(left + j) * k + x]!);
      sums.b += right;
      sums.product += Math.abs(a[(top + row) * k + x]!) * right;
    }
  }
  return tolerance({ k, n: cols, ...sums });
}
