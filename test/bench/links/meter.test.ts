import { describe, expect, it } from 'vitest';
import { Meter, SLOT_MS } from './meter.ts';

describe('the meter', () => {
  it('spreads an amount over the slots that it lasted', () => {
    const meter = new Meter();
    meter.spread(0.5 * SLOT_MS, 2.5 * SLOT_MS, 4);
    expect(meter.between(0, 3 * SLOT_MS)).toEqual([1, 2, 1]);
    expect(meter.total).toBeCloseTo(4);
  });

  it('says zeros where nothing was, before and after', () => {
    const meter = new Meter();
    meter.add(SLOT_MS, 7);
    meter.spread(SLOT_MS, SLOT_MS, 1);
    expect(meter.between(0, 4 * SLOT_MS)).toEqual([0, 8, 0, 0]);
    expect(meter.between(SLOT_MS, SLOT_MS)).toEqual([]);
  });
});
