import { describe, expect, it } from 'vitest';
import { Lap } from '../../src/gpu/lap.ts';

function lapOf(...slices: readonly (readonly [number, number])[]): Lap {
  const lap = new Lap(20);
  for (const [work, ms] of slices) lap.add(work, ms);
  return lap;
}

describe('Lap', () => {
  it('knows nothing before its first slice', () => {
    expect(lapOf()).toMatchObject({ done: false, rate: 0 });
  });

  it('takes its speed from the large slices only: small ones tell of overhead', () => {
    const lap = lapOf([10, 5], [40, 5], [160, 8], [160, 8]);
    expect(lap.rate).toBe(20_000);
    expect(lap.done).toBe(false);
    lap.add(160, 8);
    expect(lap.done).toBe(true);
  });

  it('is not done by time that small slices took, but by one large slice that is long enough', () => {
    expect(lapOf([10, 19], [10, 19]).done).toBe(true);
    expect(lapOf([10, 19], [10, 19], [160, 1]).done).toBe(false);
    expect(lapOf([160, 20]).done).toBe(true);
  });

  it('gives a speed even where the clock saw no time pass', () => {
    expect(lapOf([100, 0]).rate).toBe(1_000_000);
    expect(lapOf([100, 0]).done).toBe(false);
  });
});
