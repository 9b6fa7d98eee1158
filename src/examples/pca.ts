/**
 * Randomised principal components of 10,000 digits (Halko, Martinsson, Tropp 2011), in four products that the network
 * computes exactly: X·Ω with a random Ω that nobody sends, and Xᵀ·Q, X·W, Xᵀ·Q for one power iteration. Bases travel as
 * int8: any full-rank basis will do, and what rounding does to its orthogonality its own Gram matrix puts right.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { quantiseRows } from '../client/quantise.ts';
import { drawBlock } from '../matrix/draw.ts';
import type { SeededManifest } from '../matrix/seeded.ts';
import { PIXELS, TEST_DIGITS, TRAINING_DIGITS, loadDigits } from '../cli/digits.ts';
import { choleskyFactor, symmetricEigen } from './linear.node.ts';
import { scatterSvg } from './scatter.ts';
import { columnsOf, combined, dot, gramOf, joined, orthonormal, solveLower } from './subspace.ts';
import type { Example, Matrix, World } from './world.ts';

const ROWS = TEST_DIGITS + TRAINING_DIGITS;
const COMPONENTS = 10;
/** Columns of the sketch: with one power iteration, four times the components leave a shortfall below one per cent. */
const SKETCH = 40;
const SEED = 2011;
const PROJECT = 'handwritten digits: principal components';
/** How much less of the variance than the direct decomposition's components the randomised ones may explain. */
const MAX_SHORTFALL = 0.01;

/** One block: up to 256 rows of at most 1,024 values, without padding where K is a multiple of 16. */
const SKETCH_OPERAND: SeededManifest = {
  dtype: 'i8',
  rows: SKETCH,
  cols: PIXELS,
  distribution: 'normal',
  seed: BigInt(SEED),
};

export const pcaExample: Example = {
  about: 'finds the principal components of 10,000 digits, and draws them',
  async run(world) {
    const digits = await loadDigits();
    const x: Matrix = { values: stacked(digits.a, digits.b), rows: ROWS, k: PIXELS };
    const xt: Matrix = { values: transposed(x), rows: PIXELS, k: ROWS };
    const means = Float64Array.from({ length: PIXELS }, (_, p) => sumOf(xt, p) / ROWS);
    const steps = new Steps(world, x, xt, means);
    await steps.open();
    const basis = await steps.basis();
    const { components, variances, scores } = components10(basis.q, basis.b);
    const file = join(world.outDir, 'pca.svg');
    const labels = [...digits.aLabels, ...digits.bLabels];
    await writeFile(file, scatterSvg(scores[0]!, scores[1]!, labels, '10,000 digits, first two components'));

    const exact = await world.compare(steps.products);
    const direct = directVariances(xt, means);
    const [found, best] = [variances, direct.values].map((all) => sum(all.slice(0, COMPONENTS)));
    const shortfall = 1 - found! / best!;
    const unit = Math.max(...components.map((one) => Math.abs(Math.sqrt(dot(one, one)) - 1)));
    return {
      lines: [
        `  explained          ${percent(found! / direct.total)} of the variance by ${COMPONENTS} components; by the best possible ${percent(best! / direct.total)}`,
        `  directly           ${(direct.ms / 1000).toFixed(1)} s here for the covariance and all of its eigenvectors (ml-matrix)`,
        `  picture            ${file}`,
      ],
      checks: [
        exact,
        {
          claim: `the shortfall against the direct decomposition is ${percent(shortfall)}`,
          holds: shortfall < MAX_SHORTFALL && shortfall > -1e-9,
        },
        { claim: `the components have length 1 within ${unit.toExponential(0)}`, holds: unit < 1e-6 },
      ],
      figures: {
        explained: found! / direct.total,
        best: best! / direct.total,
        directMs: Math.round(direct.ms),
        svg: file,
      },
    };
  },
};

interface Basis {
  /** Columns of length ROWS, whole numbers up to 127. */
  readonly q: Float64Array[];
  /** Xᵀ·q of the centred X, exactly. */
  readonly b: Float64Array[];
}

/** The four products. Centring is a correction of rank one, made here: (X − 1μᵀ)·W = X·W − 1·(μᵀW). */
class Steps {
  readonly products: { a: Matrix; b: Matrix; c: Int32Array }[] = [];
  readonly #world: World;
  readonly #x: Matrix;
  readonly #xt: Matrix;
  readonly #means: Float64Array;
  #ids = { x: '', xt: '' };

  constructor(world: World, x: Matrix, xt: Matrix, means: Float64Array) {
    this.#world = world;
    this.#x = x;
    this.#xt = xt;
    this.#means = means;
  }

  async open(): Promise<void> {
    const x = await this.#world.upload(this.#x, 'digits: rows');
    this.#ids = { x, xt: await this.#world.upload(this.#xt, 'digits: pixels') };
  }

  async basis(): Promise<Basis> {
    const { dtype, distribution, rows, cols } = SKETCH_OPERAND;
    const sketch = await this.#world.seeded({ dtype, distribution, rows, cols, seed: SEED });
    const omega: Matrix = {
      values: new Int8Array(drawBlock({ manifest: SKETCH_OPERAND, strip: 0, colBlock: 0 }).buffer),
      rows,
      k: cols,
    };
    const first = await this.#rowsTimes(omega, sketch);
    const q1 = int8Rows(orthonormal(first));
    const w = int8Rows(orthonormal(await this.#pixelsTimes(q1)));
    const q = int8Rows(orthonormal(await this.#rowsTimes(w)));
    return { q: columnsOfRows(q), b: await this.#pixelsTimes(q) };
  }

  /** (X − 1μᵀ)·Wᵀ, as columns; W is given by its rows. */
  async #rowsTimes(w: Matrix, id?: string): Promise<Float64Array[]> {
    const columns = await this.#product(this.#x, this.#ids.x, w, id);
    for (const [j, row] of columnsOfRows(w).entries()) {
      const shift = dot(row, this.#means);
      for (let i = 0; i < ROWS; i++) columns[j]![i]! -= shift;
    }
    return columns;
  }

  /** (X − 1μᵀ)ᵀ·Qᵀ, as columns. */
  async #pixelsTimes(q: Matrix): Promise<Float64Array[]> {
    const columns = await this.#product(this.#xt, this.#ids.xt, q);
    for (let j = 0; j < q.rows; j++) {
      const total = sumOf(q, j);
      for (let p = 0; p < PIXELS; p++) columns[j]![p]! -= total * this.#means[p]!;
    }
    return columns;
  }

  async #product(a: Matrix, aId: string, b: Matrix, bId?: string): Promise<Float64Array[]> {
    const id = bId ?? (await this.#world.upload(b, 'a basis'));
    const c = await this.#world.product(aId, id, PROJECT);
    this.products.push({ a, b, c });
    return columnsOf(c, a.rows, b.rows);
  }
}

interface Components {
  /** Columns of length PIXELS. */
  readonly components: Float64Array[];
  /** Per pixel and row: eigenvalues of the covariance. */
  readonly variances: Float64Array;
  /** Columns of length ROWS. */
  readonly scores: Float64Array[];
}

/**
 * What span(q) knows of X: with G = qᵀq = L·Lᵀ the projection q·G⁻¹·qᵀ·X has the singular values of M = L⁻¹·bᵀ.
 */
function components10(q: readonly Float64Array[], b: readonly Float64Array[]): Components {
  const l = choleskyFactor(gramOf(q), q.length);
  const m = solveLower(l, b);
  const { values, vectors } = symmetricEigen(gramOf(m), m.length);
  const basis = solveLower(l, q); // orthonormal columns, q·L⁻ᵀ
  const top = vectors.slice(0, COMPONENTS);
  return {
    variances: values.map((value) => value / ROWS),
    components: top.map((u, i) => combined(m, u).map((value) => value / Math.sqrt(values[i]!))),
    scores: top.map((u, i) => combined(basis, u).map((value) => value * Math.sqrt(values[i]!))),
  };
}

/** The covariance in float64 from the pixels themselves, and all of its eigenvalues: nothing of the above is used. */
function directVariances(
  xt: Matrix,
  means: Float64Array,
): { values: Float64Array; total: number; ms: number } {
  const start = performance.now();
  const covariance = new Float64Array(PIXELS * PIXELS);
  const rows = columnsOfRows(xt).map((row, p) => row.map((value) => value - means[p]!));
  for (let i = 0; i < PIXELS; i++) {
    for (let j = 0; j <= i; j++) {
      covariance[i * PIXELS + j] = covariance[j * PIXELS + i] = dot(rows[i]!, rows[j]!) / ROWS;
    }
  }
  const { values } = symmetricEigen(covariance, PIXELS);
  const total = sum(Array.from({ length: PIXELS }, (_, i) => covariance[i * PIXELS + i]!));
  return { values, total, ms: performance.now() - start };
}

const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((all, one) => all + one, 0);
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

function int8Rows(columns: readonly Float64Array[]): Matrix {
  const k = columns[0]!.length;
  return { values: quantiseRows(joined(columns), columns.length, k).values, rows: columns.length, k };
}

function columnsOfRows({ values, rows, k }: Matrix): Float64Array[] {
  return Array.from({ length: rows }, (_, i) => Float64Array.from(values.subarray(i * k, (i + 1) * k)));
}

function sumOf({ values, k }: Matrix, row: number): number {
  return sum(values.subarray(row * k, (row + 1) * k));
}

function stacked(a: Int8Array, b: Int8Array): Int8Array<ArrayBuffer> {
  const out = new Int8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

function transposed({ values, rows, k }: Matrix): Int8Array<ArrayBuffer> {
  const out = new Int8Array(values.length);
  for (let i = 0; i < rows; i++) for (let x = 0; x < k; x++) out[x * rows + i] = values[i * k + x]!;
  return out;
}
