import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fromRuns, toRuns } from '../../src/core/runs.ts';

it('runs say the same as the list that they were made of', () => {
  expect(toRuns([])).toEqual([]);
  expect(toRuns([0, 0, 0, 2, 2, 1])).toEqual([3, 0, 2, 2, 1, 1]);
  fc.assert(
    fc.property(fc.array(fc.nat(3)), (values) => {
      expect(Array.from(fromRuns(toRuns(values), values.length, 3))).toEqual(values);
    }),
  );
});

it.each<[string, number[]]>([
  ['too short', [2, 0]],
  ['too long', [4, 0]],
  ['far too long', [2 ** 40, 0]],
  ['a value too large', [3, 8]],
  ['a negative value', [3, -1]],
  ['half a value', [3, 0.5]],
  ['half a count', [1.5, 0, 1.5, 0]],
  ['a count of none', [0, 1, 3, 0]],
  ['a negative count', [-1, 1, 4, 0]],
  ['a count without a value', [3, 0, 1]],
  ['no number', [Number.NaN, 0]],
])('runs that are %s are refused', (_what, runs) => {
  expect(() => fromRuns(runs, 3, 7)).toThrow(/these runs/);
});
