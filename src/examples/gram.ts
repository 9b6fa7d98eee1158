/** A kernel ridge classifier: the network computes the Gram matrix X·Xᵀ, the requester solves one system with it. */
import { PIXELS, loadDigits } from '../cli/digits.ts';
import { multiplyReference } from '../matrix/reference.ts';
import { gaussianKernel, ridgeClasses } from './ridge.ts';
import type { Example } from './world.ts';

const TRAINING = 2_000;
const ROWS = 2_500;
const CLASSES = 10;
/** For pixels of 0 … 127, and the ridge: the best of a handful tried on these digits. */
const GAMMA = 0.01 / 127 ** 2;
const LAMBDA = 0.01;
const MIN_ACCURACY = 0.92;

export const gramExample: Example = {
  about: 'teaches a kernel ridge classifier with the Gram matrix of 2,500 digits',
  async run(world) {
    const { b, bLabels } = await loadDigits();
    const values = b.slice(0, ROWS * PIXELS);
    const labels = [...bLabels.subarray(0, ROWS)];
    const x = { values, rows: ROWS, k: PIXELS };
    const id = await world.upload(x, 'digits: for a Gram matrix');
    const c = await world.product(id, id, 'handwritten digits: a kernel classifier');
    const split = { training: TRAINING, rows: ROWS };
    const start = performance.now();
    const classify = (gram: ArrayLike<number>): number[] =>
      ridgeClasses(gaussianKernel(gram, ROWS, GAMMA), split, labels, CLASSES, LAMBDA);
    const told = classify(c);
    const solveMs = performance.now() - start;

    const exact = await world.compare([{ a: x, b: x, c }]);
    const alone = classify(multiplyReference('i8', values, values, ROWS, ROWS, PIXELS));
    const accuracy = shareRight(told, labels.slice(TRAINING));
    const accuracyAlone = shareRight(alone, labels.slice(TRAINING));
    return {
      lines: [
        `  solved here        ${(solveMs / 1000).toFixed(1)} s: kernel, Cholesky of ${TRAINING} × ${TRAINING} (ml-matrix), classes`,
      ],
      checks: [
        exact,
        {
          claim: `${percent(accuracy)} of ${told.length} digits are recognised; ${percent(accuracyAlone)} by the one that was taught here alone`,
          holds: accuracy >= MIN_ACCURACY && accuracy === accuracyAlone,
        },
      ],
      figures: { accuracy, accuracyAlone, solveMs: Math.round(solveMs) },
    };
  },
};

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function shareRight(told: readonly number[], labels: readonly number[]): number {
  return told.filter((one, i) => one === labels[i]).length / labels.length;
}
