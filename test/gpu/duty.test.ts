/** Intensity on a clock that the tests move: how much of the time slices get. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sleep } from '../../src/core/clock.ts';
import { seededRng } from '../../src/core/rng.ts';
import { Duty } from '../../src/gpu/duty.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { BusyTime } from './busy-time.ts';
import { lateClock } from './late-clock.ts';

const SHARES = [0.05, 0.1, 0.25, 0.5, 0.75, 1];
const WINDOW_MS = 10_000;

interface Load {
  readonly share: number;
  readonly sliceMs: () => number;
  readonly lateness?: (due: number) => number;
  /** From its turn to the start of a slice. */
  readonly pauseMs?: number;
  readonly ms?: number;
}

/** Slices that are always wanted, for `ms`; every slice takes exactly its time. */
async function work({ share, sliceMs, lateness = () => 0, pauseMs = 0, ms = 3 * WINDOW_MS }: Load) {
  const clock = new FakeClock(1_700_000_000_000);
  const duty = new Duty(lateClock(clock, lateness));
  duty.share = share;
  const busy = new BusyTime();
  const start = clock.now();
  const stop = new AbortController();
  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await duty.turn(stop.signal);
      if (pauseMs > 0) await sleep(clock, pauseMs);
      const from = clock.now();
      const slice = sliceMs();
      await sleep(clock, slice);
      busy.add(from, from + slice);
      duty.spent(slice);
    }
  };
  const ran = run().catch(() => {});
  await clock.advance(ms);
  stop.abort();
  await clock.advance(100);
  await ran;
  return { busy, start, end: start + ms };
}

const jitter = (seed: number, least: number, most: number): (() => number) => {
  const rng = seededRng(seed);
  return () => Math.round(least + rng.float() * (most - least));
};

/** A hidden tab: timers fire when a second begins. */
const everySecond = (due: number): number => (1000 - (due % 1000)) % 1000;

describe.each(SHARES)('an intensity of %d', (share) => {
  const wanted = share * WINDOW_MS;

  it.each([
    ['slices of 20 ms', { sliceMs: () => 20 }],
    ['slices of 35 ms', { sliceMs: () => 35 }],
    ['slices of 50 ms', { sliceMs: () => 50 }],
    ['slices of 20 to 50 ms', { sliceMs: jitter(1, 20, 50) }],
    ['timers that are some ms late', { sliceMs: jitter(2, 20, 40), lateness: jitter(3, 0, 16) }],
    ['timers that fire once a second', { sliceMs: () => 35, lateness: everySecond }],
    ['both', { sliceMs: jitter(4, 20, 40), lateness: everySecond }],
  ])('is held within a tenth over any 10 s with %s', async (_, load) => {
    const { busy, start, end } = await work({ share, ...load });
    const { least, most } = busy.extremes(WINDOW_MS, start, end);
    expect(least).toBeGreaterThanOrEqual(0.9 * wanted);
    expect(most).toBeLessThanOrEqual(1.1 * wanted);
  });

  it('is held over a minute, and by what a timer was late over 10 s, with timers up to a second late', async () => {
    const ms = 6 * WINDOW_MS;
    const late = { sliceMs: jitter(5, 20, 50), lateness: jitter(6, 0, 1000), ms };
    const { busy, start, end } = await work({ share, ...late });
    expect(Math.abs(busy.total / (share * ms) - 1)).toBeLessThanOrEqual(0.05);
    const { least, most } = busy.extremes(WINDOW_MS, start, end);
    const slack = (1 - share) * 50 + share * 1000;
    expect(least).toBeGreaterThanOrEqual(wanted - slack);
    expect(most).toBeLessThanOrEqual(wanted + slack);
  });
});

describe('the schedule', () => {
  it.each([0.05, 0.25, 0.5, 0.75, 0.9])('makes up for what a slice of %d is slow to start', async (share) => {
    const { busy } = await work({ share, sliceMs: () => 35, pauseMs: 3 });
    expect(Math.abs(busy.total / (share * 3 * WINDOW_MS) - 1)).toBeLessThan(0.01);
  });

  it('keeps within one slice and one lateness of any share, whatever the slices and the timers do', async () => {
    const load = fc.record({
      share: fc.double({ min: 0.05, max: 1, noNaN: true }),
      slices: fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 20 }),
      late: fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 20 }),
    });
    const cycle = (values: readonly number[]): (() => number) => {
      let at = 0;
      return () => values[at++ % values.length]!;
    };
    await fc.assert(
      fc.asyncProperty(load, async ({ share, slices, late }) => {
        const load = { share, sliceMs: cycle(slices), lateness: cycle(late), ms: 4000 };
        const { busy, start, end } = await work(load);
        const slack = (1 - share) * Math.max(...slices) + share * Math.max(...late) + 0.01;
        for (const ms of [500, 2000]) {
          const { least, most } = busy.extremes(ms, start, end);
          expect(least).toBeGreaterThanOrEqual(share * ms - slack);
          expect(most).toBeLessThanOrEqual(share * ms + slack);
        }
      }),
      { numRuns: 60 },
    );
  });
});
