import { describe, expect, it } from 'vitest';
import { gaussianKernel, ridgeClasses } from '../../src/examples/ridge.ts';

/** Points on a line: no threshold tells the middle from both ends, a kernel does. */
const points = [-3, -2.5, 2.5, 3, -0.5, 0, 0.5, -2.8, 0.2, 2.9];
const labels = [1, 1, 1, 1, 0, 0, 0];
const gram = points.flatMap((a) => points.map((b) => a * b));

describe('Kernel ridge regression', () => {
  it('has a kernel of 1 at no distance, that falls with it', () => {
    const kernel = gaussianKernel(gram, points.length, 0.5);
    expect(kernel[0]).toBe(1);
    expect(kernel[1]).toBeCloseTo(Math.exp(-0.5 * 0.25), 12);
  });

  it('tells classes apart that no line does', () => {
    const kernel = gaussianKernel(gram, points.length, 0.5);
    expect(ridgeClasses(kernel, { training: 7, rows: 10 }, labels, 2, 0.01)).toEqual([1, 0, 1]);
  });
});
