import { expect, it } from 'vitest';
import { WorkRate } from '../../src/coordinator/work-rate.ts';

const START = 1_700_000_000_000;

it('counts two operations for a multiply-add, over a minute and over an hour', () => {
  const rate = new WorkRate(START);
  expect(rate.flopsLastMinute(START)).toBe(0);
  for (let s = 0; s < 120; s++) rate.add(1e9, START + s * 1000);
  const now = START + 120_000;
  expect(rate.flopsLastMinute(now)).toBeCloseTo(2e9, -7);
  expect(rate.flopsLastHour(now)).toBeCloseTo((2 * 120e9) / 3600, -7);
});

it('forgets what is over a minute, and over an hour, ago', () => {
  const rate = new WorkRate(START);
  rate.add(1e12, START);
  expect(rate.flopsLastMinute(START + 30_000)).toBeGreaterThan(3e10);
  expect(rate.flopsLastMinute(START + 66_000)).toBe(0);
  expect(rate.flopsLastHour(START + 66_000)).toBeGreaterThan(5e8);
  expect(rate.flopsLastHour(START + 3_606_000)).toBe(0);
  rate.add(1e12, START + 3_606_000);
  expect(rate.flopsLastHour(START + 10 * 3_600_000)).toBe(0);
});

it('begins with what was before it, as far as the window reaches', () => {
  const rate = new WorkRate(START);
  rate.add(6e10, START - 20_000, START);
  rate.add(6e12, START - 4_000_000, START);
  expect(rate.flopsLastMinute(START)).toBeCloseTo(2e9, -8);
  expect(rate.flopsLastHour(START)).toBeCloseTo(12e10 / 3600, -7);
});

it('survives a clock that is set back', () => {
  const rate = new WorkRate(START);
  rate.add(1e10, START);
  rate.add(1e10, START - 7_200_000);
  expect(rate.flopsLastMinute(START - 7_200_000)).toBeGreaterThan(0);
  expect(rate.flopsLastMinute(START + 1000)).toBeGreaterThan(0);
});
