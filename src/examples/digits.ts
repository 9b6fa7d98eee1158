/** The nearest of 9,000 handwritten digits to each of 1,000 others: the product of `npm run demo`. */
import {
  DIGITS_PROJECT,
  PIXELS,
  TEST_DIGITS,
  TRAINING_DIGITS,
  loadDigits,
  nearestAccuracy,
} from '../cli/digits.ts';
import type { Example } from './world.ts';

const MIN_ACCURACY = 0.9;

export const digitsExample: Example = {
  about: 'recognises 1,000 handwritten digits by the nearest of 9,000 others',
  async run(world) {
    const digits = await loadDigits();
    const a = { values: digits.a, rows: TEST_DIGITS, k: PIXELS };
    const b = { values: digits.b, rows: TRAINING_DIGITS, k: PIXELS };
    const test = await world.upload(a, 'handwritten digits: test');
    const training = await world.upload(b, 'handwritten digits: training');
    const c = await world.product(test, training, DIGITS_PROJECT);
    const accuracy = nearestAccuracy(c, digits);
    return {
      lines: [],
      checks: [
        await world.compare([{ a, b, c }]),
        {
          claim: `${(100 * accuracy).toFixed(1)} % of the digits are recognised`,
          holds: accuracy >= MIN_ACCURACY,
        },
      ],
      figures: { accuracy },
    };
  },
};
