import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  FIRST_SLICE_WORK,
  MAX_SLICE_MS,
  MAX_TILES,
  Pace,
  SliceCutter,
  TARGET_SLICE_MS,
} from '../../src/gpu/slices.ts';

describe('SliceCutter', () => {
  it('covers every tile over every pair exactly once, whatever the budgets are', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 700 }),
        fc.integer({ min: 0, max: 12 }),
        fc.array(fc.double({ min: 0, max: 1e5, noNaN: true }), { minLength: 1, maxLength: 20 }),
        (tiles, pairs, budgets) => {
          const unitWork = 7;
          const cutter = new SliceCutter(tiles, pairs, unitWork);
          const seen = new Uint8Array(tiles * pairs);
          for (let i = 0; ; i++) {
            const budget = budgets[i % budgets.length]!;
            const slice = cutter.next(budget);
            if (!slice) break;
            const units = (slice.tileTo - slice.tileFrom) * (slice.pairTo - slice.pairFrom);
            if (units <= 0 || (units > 1 && units * unitWork > budget))
              throw new Error(JSON.stringify(slice));
            for (let t = slice.tileFrom; t < slice.tileTo; t++) {
              for (let p = slice.pairFrom; p < slice.pairTo; p++) seen[t * pairs + p]! += 1;
            }
          }
          expect(seen.every((times) => times === 1)).toBe(true);
        },
      ),
    );
  });

  it('never asks for more workgroups than every device has', () => {
    const cutter = new SliceCutter(3 * MAX_TILES, 1, 1);
    expect(cutter.next(Infinity)).toMatchObject({ tileFrom: 0, tileTo: MAX_TILES });
  });

  it('keeps a dispatch wide and spans fewer k-blocks when the budget is small', () => {
    const slice = new SliceCutter(4096, 64, 1).next(2048)!;
    expect(slice.tileTo - slice.tileFrom).toBe(512);
    expect(slice.pairTo - slice.pairFrom).toBe(4);
  });
});

describe('Pace', () => {
  it('starts small, grows at most four times a step, and settles at the target', () => {
    const pace = new Pace();
    const speed = 1e12;
    let last = FIRST_SLICE_WORK;
    expect(pace.budget).toBe(last);
    for (let i = 0; i < 40; i++) {
      const work = pace.budget;
      expect(work).toBeLessThanOrEqual(4 * last);
      // Overhead of a submission, and a clock that ticks in whole milliseconds.
      pace.observe(work, Math.round((work / speed) * 1000 + 0.2));
      last = work;
    }
    expect((pace.budget / speed) * 1000).toBeGreaterThan(TARGET_SLICE_MS * 0.9);
    expect((pace.budget / speed) * 1000).toBeLessThan(TARGET_SLICE_MS * 1.1);
  });

  it('shrinks at once after a slice that was too long, and recovers', () => {
    const pace = new Pace();
    for (let i = 0; i < 20; i++) pace.observe(pace.budget, (pace.budget / 1e10) * 1000);
    const before = pace.budget;
    pace.observe(before, 500);
    expect(pace.budget).toBeLessThan(before / 4);
    for (let i = 0; i < 40; i++) pace.observe(pace.budget, (pace.budget / 1e10) * 1000);
    expect(pace.budget).toBeGreaterThan(before * 0.9);
  });

  it('never predicts a slice above 100 ms, whatever it has seen', () => {
    const seen = fc.record({
      share: fc.double({ min: 0.01, max: 1, noNaN: true }),
      ms: fc.double({ min: 0, max: 3000, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(seen, { maxLength: 60 }), (observations) => {
        const pace = new Pace();
        for (const { share, ms } of observations) {
          pace.observe(pace.budget * share, ms);
          expect(pace.budget).toBeGreaterThan(0);
          if (pace.rate > 0) expect((pace.budget / pace.rate) * 1000).toBeLessThanOrEqual(MAX_SLICE_MS);
        }
      }),
    );
  });

  it('is not misled by completions that arrive in pairs', () => {
    const pace = new Pace();
    const speed = 1e9;
    for (let i = 0; i < 60; i++) {
      const work = pace.budget;
      pace.observe(work, Math.ceil((2 * work * 1000) / speed));
      pace.observe(work, 0);
    }
    expect(pace.rate).toBeGreaterThan(speed * 0.4);
    expect(pace.rate).toBeLessThan(speed * 1.6);
  });
});
