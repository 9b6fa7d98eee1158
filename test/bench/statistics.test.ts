import { describe, expect, it } from 'vitest';
import { geometricMean, rounded, speedup, spread } from './statistics.ts';

describe('spread', () => {
  it('gives the median and the quartiles of values in any order', () => {
    expect(spread([5, 1, 3, 2, 4])).toEqual({ median: 3, low: 2, high: 4 });
  });

  it('interpolates between two values', () => {
    expect(spread([1, 2])).toEqual({ median: 1.5, low: 1.25, high: 1.75 });
  });

  it('gives one value as its own quartiles, and NaN for none', () => {
    expect(spread([7])).toEqual({ median: 7, low: 7, high: 7 });
    expect(spread([]).median).toBeNaN();
  });

  it('does not reorder what it was given', () => {
    const values = [3, 1, 2];
    spread(values);
    expect(values).toEqual([3, 1, 2]);
  });
});

describe('speedup', () => {
  it('is the median of the ratios, not the ratio of the medians', () => {
    // A slow second round for both: each round says "twice as fast".
    expect(speedup([1, 100, 2], [2, 200, 4])).toEqual({ median: 2, low: 2, high: 2 });
    expect(speedup([1, 2, 4], [4, 2, 1]).median).toBe(1);
  });

  it('uses only the rounds that both ran', () => {
    expect(speedup([1, 1, 1], [3]).median).toBe(3);
    expect(speedup([1], []).median).toBeNaN();
  });
});

describe('rounded', () => {
  it('keeps three digits, and null for what JSON cannot say', () => {
    expect(rounded(1.23456)).toBe(1.23);
    expect(rounded(0.000012345)).toBe(0.0000123);
    expect(rounded(Number.NaN)).toBeNull();
    expect(rounded(Infinity)).toBeNull();
  });
});

describe('geometricMean', () => {
  it('lets a half and a double cancel out, and is nothing of nothing', () => {
    expect(geometricMean([0.5, 2])).toBeCloseTo(1);
    expect(geometricMean([])).toBeNaN();
  });
});
