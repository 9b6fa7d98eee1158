import { describe, expect, it } from 'vitest';
import { growthOf, type HeapSample, warmMinutes } from './growth.ts';

/** Every minute of half an hour; what is in flight comes and goes. */
const samples = (session: (minute: number) => number): HeapSample[] =>
  Array.from({ length: 31 }, (_, minute) => ({
    minute,
    page: 1_000_000,
    gpu: 3_000_000,
    session: session(minute),
    shards: minute,
  }));
const tooMuch = (given: readonly HeapSample[]): string[] =>
  growthOf(given, 30)
    .filter((each) => each.tooMuch)
    .map(({ place }) => place);

describe('growth of memory', () => {
  it('is not what is in flight, nor what the first five minutes fill', () => {
    const inFlight = (minute: number): number => 6_000_000 + (minute % 3) * 1_500_000;
    expect(tooMuch(samples(inFlight))).toEqual([]);
    expect(tooMuch(samples((minute) => (minute < 5 ? 1_000_000 : 5_000_000)))).toEqual([]);
    expect(warmMinutes(480)).toBe(5);
  });

  it('is a leak of 20 kB a minute beneath it', () => {
    const leak = (minute: number): number => 6_000_000 + (minute % 3) * 1_500_000 + 20_000 * minute;
    expect(tooMuch(samples(leak))).toEqual(['session']);
  });

  it('counts as too much when nothing is known', () => {
    expect(tooMuch([])).toEqual(['page', 'session', 'gpu']);
    expect(tooMuch(samples(() => 1).slice(0, 7))).toEqual(['page', 'session', 'gpu']);
  });
});
