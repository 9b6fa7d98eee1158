/**
 * Known answers, asked through the Backend interface before a kernel may compute for anybody. Every
 * expected value is a sum that float32 holds exactly in any order, so float kernels too must agree to the bit.
 */
import { AppError } from '../core/errors.ts';
import type { Dtype } from '../matrix/dtype.ts';
import type { ShardShape } from './backend.ts';
import {
  type OperandBlocks,
  type ShardCalls,
  type ValueAt,
  multiplySmall,
  productBlocks,
} from './small-product.ts';

/** Names of self-test blocks begin so; no SHA-256 does. */
export const SELF_TEST_PREFIX = 'self-test/';

interface Case {
  readonly name: string;
  readonly shape: ShardShape;
  readonly a: ValueAt;
  readonly b: ValueAt;
  /** Row-major; computed from a and b in float64 where absent. */
  readonly expected?: readonly number[];
}

const table =
  (rows: readonly (readonly number[])[]): ValueAt =>
  (r, k) =>
    rows[r]![k]!;

/** Whole numbers in [−half, half), the same on every machine. */
function scramble(seed: number, half: number): ValueAt {
  return (r, k) =>
    ((Math.imul(Math.imul(r + seed, 0x9e3779b1) ^ Math.imul(k + 1, 0x85ebca6b), 0xc2b2ae35) >>> 9) %
      (2 * half)) -
    half;
}

/** Four products an instruction: the extremes of a signed byte in all lanes, and lanes told apart. */
const LANES = table([
  [-128, -128, -128, -128],
  [127, 127, 127, 127],
  [-128, 127, -128, 127],
  [1, -1, 100, -100],
]);

const ONE = 1;
const LEAST_HALF = 2 ** -24;
const GREATEST_SUBNORMAL = 1023 * LEAST_HALF;
const GREATEST_HALF = 65_504;

const CASES: readonly Case[] = [
  {
    name: 'lanes',
    shape: { dtype: 'i8', rows: 4, cols: 4, k: 4 },
    a: LANES,
    b: LANES,
    expected: [65536, -65024, 256, 0, -65024, 64516, -254, 0, 256, -254, 65026, -25755, 0, 0, -25755, 20002],
  },
  {
    // The greatest sums of a window of 1,024 products: 2²⁴ is where float32 stops counting.
    name: 'extremes',
    shape: { dtype: 'i8', rows: 2, cols: 2, k: 2048 },
    a: (r) => (r === 0 ? -128 : 127),
    b: (r) => (r === 0 ? -128 : 127),
    expected: [2 ** 25, -128 * 127 * 2048, -128 * 127 * 2048, 127 * 127 * 2048],
  },
  {
    // 70 rows leave ragged tiles of every size, 261 columns a ragged cell, K = 1030 a second k-block that is
    // no multiple of 4.
    name: 'ragged',
    shape: { dtype: 'i8', rows: 70, cols: 261, k: 1030 },
    a: scramble(1, 128),
    b: scramble(1001, 128),
  },
  {
    name: 'whole numbers',
    shape: { dtype: 'f32', rows: 70, cols: 258, k: 279 },
    a: scramble(2, 64),
    b: scramble(1002, 64),
  },
  {
    name: 'powers of two',
    shape: { dtype: 'f32', rows: 2, cols: 2, k: 3 },
    a: table([
      [2 ** 60, 0.5, 0],
      [-3, 2 ** -60, 2 ** 100],
    ]),
    b: table([
      [2 ** 60, 0, 0],
      [0, 2 ** -60, 2 ** -100],
    ]),
    expected: [2 ** 120, 2 ** -61, -3 * 2 ** 60, 1],
  },
  {
    name: 'whole numbers',
    shape: { dtype: 'f16', rows: 70, cols: 258, k: 550 },
    a: scramble(3, 64),
    b: scramble(1003, 64),
  },
  {
    name: 'subnormal and large values',
    shape: { dtype: 'f16', rows: 4, cols: 3, k: 2 },
    a: table([
      [LEAST_HALF, 0],
      [0, -GREATEST_SUBNORMAL],
      [GREATEST_HALF, 0],
      [0, 2 ** -14],
    ]),
    b: table([
      [ONE, ONE],
      [GREATEST_HALF, -GREATEST_HALF],
      [LEAST_HALF, GREATEST_SUBNORMAL],
    ]),
    expected: [
      LEAST_HALF,
      GREATEST_HALF * LEAST_HALF,
      2 ** -48,
      -GREATEST_SUBNORMAL,
      GREATEST_HALF * GREATEST_SUBNORMAL,
      -(GREATEST_SUBNORMAL ** 2),
      GREATEST_HALF,
      GREATEST_HALF ** 2,
      GREATEST_HALF * LEAST_HALF,
      2 ** -14,
      -GREATEST_HALF * 2 ** -14,
      GREATEST_SUBNORMAL * 2 ** -14,
    ],
  },
];

interface Prepared {
  readonly blocks: readonly [OperandBlocks, OperandBlocks];
  readonly expected: ArrayLike<number>;
}

const prepared = new Map<Case, Prepared>();

/** Made once: the cases are asked of every kernel, and the products in plain code take longer than on a GPU. */
function prepare(known: Case): Prepared {
  let ready = prepared.get(known);
  if (!ready) {
    const { shape, a, b } = known;
    ready = { blocks: productBlocks(shape, a, b), expected: expectedOf(known) };
    prepared.set(known, ready);
  }
  return ready;
}

function expectedOf({ shape, a, b, expected }: Case): ArrayLike<number> {
  if (expected) return expected.map(Math.fround);
  const { rows, cols, k } = shape;
  const values = (count: number, at: ValueAt): Float64Array =>
    Float64Array.from({ length: count * k }, (_, i) => at(Math.floor(i / k), i % k));
  const [left, right] = [values(rows, a), values(cols, b)];
  const product = new Float64Array(rows * cols);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) {
      let sum = 0;
      for (let x = 0; x < k; x++) sum += left[i * k + x]! * right[j * k + x]!;
      product[i * cols + j] = sum;
    }
  }
  return product;
}

/** @throws AppError 'gpu-wrong' naming the kernel that `backend` computes with, unless all its answers are right. */
export async function assertKnownAnswers(backend: ShardCalls, kernel: string, dtype: Dtype): Promise<void> {
  for (const known of CASES) {
    if (known.shape.dtype !== dtype) continue;
    const { cols } = known.shape;
    const { blocks, expected } = prepare(known);
    const got = await multiplySmall(
      backend,
      known.shape,
      blocks,
      `${SELF_TEST_PREFIX}${dtype}/${known.name}`,
    );
    const at = got.findIndex((value, i) => value !== expected[i]);
    if (at < 0) continue;
    throw new AppError(
      'gpu-wrong',
      `kernel ${kernel} fails its test "${known.name}": ` +
        `C[${Math.floor(at / cols)}, ${at % cols}] is ${got[at]}, not ${expected[at]}`,
    );
  }
}
