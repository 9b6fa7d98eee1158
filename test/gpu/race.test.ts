import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/core/errors.ts';
import { type RaceResult, race } from '../../src/gpu/race.ts';
import { type Horse, LAP_MS, Stable, wrong } from './stable.ts';

const BUDGET_MS = 650;

async function run(
  horses: Record<string, Horse>,
  budgetMs = BUDGET_MS,
): Promise<RaceResult & { stable: Stable; ms: number }> {
  const stable = new Stable(horses);
  const { clock, load, prove, lap } = stable;
  const started = clock.now();
  const result = await stable.during(
    race({ entrants: Object.keys(horses), load, prove, lap, budgetMs, clock }),
  );
  return { ...result, stable, ms: clock.now() - started };
}

describe('race', () => {
  it('finds the fastest, and says how fast each was', async () => {
    const { winner, rates } = await run({ a: { rates: [10] }, b: { rates: [40] }, c: { rates: [20] } });
    expect(winner).toBe('b');
    expect(rates).toEqual({ a: 10, b: 40, c: 20 });
  });

  it('lets only those run again that were close', async () => {
    const { stable } = await run({ a: { rates: [10] }, b: { rates: [40] }, c: { rates: [35] } });
    expect(['lap a', 'lap b', 'lap c'].map((lap) => stable.count(lap))).toEqual([1, 3, 3]);
  });

  it('counts the best lap of each: noise only makes laps slower', async () => {
    const { winner, rates } = await run({ a: { rates: [90, 95, 92] }, b: { rates: [80, 60, 99] } });
    expect(winner).toBe('b');
    expect(rates).toEqual({ a: 95, b: 99 });
  });

  it('takes the more promising one of two that are equal', async () => {
    const { winner } = await run({ a: { rates: [50] }, b: { rates: [50] } });
    expect(winner).toBe('a');
  });

  it('needs one lap for a single entrant, however slow its compiler is', async () => {
    const { winner, stable } = await run({ a: { rates: [1], compileMs: 10 * BUDGET_MS } });
    expect(winner).toBe('a');
    expect(stable.log).toEqual(['load a', 'prove a', 'lap a']);
  });

  it('never lets a wrong one win, whatever its speed, and does not even time it', async () => {
    const { winner, rates, stable } = await run({
      a: { rates: [1000], fault: wrong('a') },
      b: { rates: [1] },
      c: { rates: [1000], refusal: wrong('c') },
    });
    expect(winner).toBe('b');
    expect(rates).toEqual({ a: 0, b: 1, c: 0 });
    expect([stable.count('lap a'), stable.count('lap c')]).toEqual([0, 0]);
  });

  it('fails as the last one did when all are wrong', async () => {
    const lost = run({ a: { rates: [1], fault: wrong('a') }, b: { rates: [1], refusal: wrong('b') } });
    await expect(lost).rejects.toMatchObject({ code: 'gpu-wrong', message: 'b is wrong' });
  });

  it('passes on what is nobody’s fault, at once', async () => {
    const lost = new AppError('gpu-lost', 'the device went');
    for (const horse of [{ fault: lost }, { refusal: lost }]) {
      await expect(run({ a: { rates: [1] }, b: { rates: [1], ...horse } })).rejects.toBe(lost);
    }
    const stable = new Stable({ a: { rates: [1] } });
    const { clock, load, prove } = stable;
    const lap = (): Promise<number> => Promise.reject(lost);
    const running = race({ entrants: ['a'], load, prove, lap, budgetMs: BUDGET_MS, clock });
    await expect(stable.during(running)).rejects.toBe(lost);
  });

  it('leaves those out that still compile when time is up', async () => {
    const { winner, rates, stable, ms } = await run({
      a: { rates: [10] },
      b: { rates: [99], compileMs: BUDGET_MS + 1 },
      c: { rates: [20], compileMs: BUDGET_MS / 2 },
    });
    expect(winner).toBe('c');
    expect(rates).toEqual({ a: 10, c: 20 });
    expect(stable.count('prove')).toBe(2);
    expect(ms).toBeLessThanOrEqual(BUDGET_MS + 2 * LAP_MS);
  });

  it('does not make those that are compiled wait for a more promising one that is not', async () => {
    const { winner, ms } = await run({
      a: { rates: [99], compileMs: 10 * BUDGET_MS },
      b: { rates: [10], compileMs: 10 },
      c: { rates: [20] },
    });
    expect(winner).toBe('c');
    expect(ms).toBeLessThanOrEqual(BUDGET_MS + 2 * LAP_MS);
  });

  it('waits for the first that is right even when time is up, then ends', async () => {
    const { winner, stable } = await run({
      a: { rates: [10], compileMs: 100, fault: wrong('a') },
      b: { rates: [20], compileMs: 3 * BUDGET_MS },
      c: { rates: [30], compileMs: 3 * BUDGET_MS },
    });
    expect(winner).toBe('b');
    expect(stable.log.slice(-2)).toEqual(['prove b', 'lap b']);
  });

  it('compiles side by side', async () => {
    const horses = ['a', 'b', 'c', 'd'].map((name) => [name, { rates: [1], compileMs: 200 }] as const);
    const { rates, ms } = await run(Object.fromEntries(horses));
    expect(Object.keys(rates)).toHaveLength(4);
    expect(ms).toBeLessThan(2 * 200 + 12 * LAP_MS);
  });

  it('overruns its budget by one kernel at most once somebody has run, and picks the best that did', async () => {
    const horse = fc.record({
      rates: fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 4 }),
      compileMs: fc.integer({ min: 0, max: 120 }),
      bad: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(horse, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 0, max: 100 }),
        async (entries, budgetMs) => {
          const horses = entries.map(({ rates, compileMs, bad }, i): [string, Horse] => [
            `k${i}`,
            { rates, compileMs, ...(bad && { fault: wrong(`k${i}`) }) },
          ]);
          const right = entries.filter(({ bad }) => !bad);
          const running = run(Object.fromEntries(horses), budgetMs);
          if (right.length === 0) {
            await expect(running).rejects.toMatchObject({ code: 'gpu-wrong' });
            return;
          }
          const { winner, rates, ms } = await running;
          expect(rates[winner]).toBe(Math.max(...Object.values(rates)));
          expect(horses.find(([name]) => name === winner)![1].fault).toBeUndefined();
          // Until the first right one has compiled, time is not limited; wrong ones may be at it before. Four
          // compile at a time: the fifth begins when one of the first four is done, the sixth at the second.
          const begins = [0, 0, 0, 0, ...ascending(entries.slice(0, 4).map(({ compileMs }) => compileMs))];
          const ready = entries.map(({ compileMs, bad }, i) => (bad ? Infinity : begins[i]! + compileMs));
          const first = Math.min(...ready) + 5 * entries.length;
          expect(ms).toBeLessThanOrEqual(Math.max(first, budgetMs) + 2 * (5 + LAP_MS));
        },
      ),
      { numRuns: 200 },
    );
  });
});

function ascending(values: number[]): number[] {
  return values.sort((a, b) => a - b);
}
