/**
 * How fast one thread checks strips: `npm run bench -- verify`.
 *
 * A multiply-add is useful when Freivalds asks for it: T·(K + width) a row. "of the product" is the
 * check's share of the multiply-adds that it saves. C is honest, so that every check runs to its end.
 */
import { seededRng } from '../../src/core/rng.ts';
import { RESULT_DTYPE, type Dtype } from '../../src/matrix/dtype.ts';
import { BLOCK_ROWS } from '../../src/matrix/blocks.ts';
import { checkStrip, drawColumn, missBound, paramsFor, projectColumn } from '../../src/verify/strip.ts';
import { columnRanges, cutRowBlock, randomOperand } from '../verify/helpers.ts';

const ROWS = BLOCK_ROWS;

function medianMs(runs: number, work: () => void): number {
  const times = Array.from({ length: runs }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  }).toSorted((a, b) => a - b);
  return times[runs >> 1]!;
}

/** The product of a strip, in float64. */
function multiply(a: Float64Array, b: Float64Array, width: number, k: number): Float64Array {
  const c = new Float64Array(ROWS * width);
  for (let i = 0; i < ROWS; i++) {
    for (let j = 0; j < width; j++) {
      let sum = 0;
      for (let x = 0; x < k; x++) sum += a[i * k + x]! * b[j * k + x]!;
      c[i * width + j] = sum;
    }
  }
  return c;
}

function bench(dtype: Dtype, width: number, k: number): Record<string, string | number> {
  const rng = seededRng(1);
  const a = randomOperand(dtype, ROWS * k, rng);
  const b = randomOperand(dtype, width * k, rng);
  const params = paramsFor(dtype, k, width);
  const aBlocks = cutRowBlock({ dtype, rows: ROWS, cols: k }, a);
  const cBlocks = cutRowBlock(
    { dtype: RESULT_DTYPE[dtype], rows: ROWS, cols: width },
    multiply(a, b, width, k),
  );
  let projectMs = 0;
  const columns = columnRanges(width).map(({ from, cols }, i) => {
    const bBlocks = cutRowBlock({ dtype, rows: cols, cols: k }, b.subarray(from * k, (from + cols) * k));
    const r = drawColumn(dtype, rng, cols, params);
    const project = () => projectColumn({ dtype, cols, k, params, bBlocks, r });
    projectMs += i === 0 ? medianMs(5, project) : 0;
    return { cols, cBlock: cBlocks[i]!, r, ...project() };
  });
  const strip = { dtype, rows: ROWS, k, params, aBlocks, columns };
  if (!checkStrip(strip).ok) throw new Error('an honest strip was refused');
  const checkMs = medianMs(15, () => checkStrip(strip));
  const useful = ROWS * params.rounds * (k + width);
  return {
    dtype,
    'width × K': `${width} × ${k}`,
    'S × T': `${params.bits} × ${params.rounds}`,
    'miss (log2)': missBound(params),
    'strip (ms)': checkMs.toFixed(2),
    'G useful MAC/s': (useful / checkMs / 1e6).toFixed(2),
    'MB/s of C': ((ROWS * width * 4) / checkMs / 1e3).toFixed(0),
    'of the product': `${((100 * useful) / (ROWS * width * k)).toFixed(2)} %`,
    'projection (ms/column)': projectMs.toFixed(2),
  };
}

export function benchVerify(): void {
  const rows: Record<string, string | number>[] = [];
  for (const dtype of ['i8', 'f16', 'f32'] as const) {
    for (const [width, k] of [
      [256, 256],
      [1024, 784],
      [1024, 1024],
      [2048, 2048],
      [4096, 4096],
    ] as const) {
      rows.push(bench(dtype, width, k));
    }
  }
  console.table(rows);
}
