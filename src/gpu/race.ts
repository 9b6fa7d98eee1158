/**
 * Which of several kernels is fastest here, found out within a budget of time. Pure: what proves a kernel right
 * and what times it are given.
 */
import type { Clock } from '../core/clock.ts';
import { AppError, isAppError } from '../core/errors.ts';

export interface RaceOptions {
  /** The most promising first: when time runs out, the last ones have not run. At least one. */
  readonly entrants: readonly string[];
  /** Compiles a kernel. @throws 'gpu-wrong' when the adapter refuses it. */
  readonly load: (kernel: string) => Promise<void>;
  /** Checks its known answers. @throws 'gpu-wrong' when it must not serve. */
  readonly prove: (kernel: string) => Promise<void>;
  /** Runs it for a few slices; resolves to multiply-adds per second. */
  readonly lap: (kernel: string) => Promise<number>;
  readonly budgetMs: number;
  readonly clock: Clock;
}

export interface RaceResult {
  readonly winner: string;
  /** Best multiply-adds per second of each that ran; 0 for one that is wrong here. */
  readonly rates: Readonly<Record<string, number>>;
}

/** Who comes within this share of the best runs again. */
const CLOSE = 0.75;
const FINALS = 2;

/**
 * One lap each, then two more for those that are close. Noise only ever makes a lap slower, so the best lap of
 * each counts.
 * @throws 'gpu-wrong', the last one's, when none is right; whatever else `prove` and `lap` throw, at once.
 */
export async function race(options: RaceOptions): Promise<RaceResult> {
  const { entrants, load, prove, lap, budgetMs, clock } = options;
  const late = clock.now() + budgetMs;
  const rates = new Map<string, number>();
  const best = (): number => Math.max(0, ...rates.values());
  // Compilers work side by side. Once somebody has run, those still compiling when time is up stay out.
  const loading = entrants.map((kernel) => ({ kernel, loaded: load(kernel) }));
  for (const { loaded } of loading) loaded.catch(() => {});
  let refusal: unknown;
  for (const { kernel, loaded } of loading) {
    if (best() > 0 && clock.now() >= late) break;
    try {
      if (best() === 0) await loaded;
      else if (!(await within(clock, late - clock.now(), loaded))) continue;
      await prove(kernel);
    } catch (error) {
      if (!isAppError(error, 'gpu-wrong')) throw error;
      refusal = error;
      rates.set(kernel, 0);
      continue;
    }
    rates.set(kernel, await lap(kernel));
  }
  const finalists = Array.from(rates.keys()).filter((kernel) => rates.get(kernel)! > CLOSE * best());
  for (let round = 0; round < FINALS && finalists.length > 1; round++) {
    for (const kernel of finalists) {
      if (clock.now() >= late) break;
      rates.set(kernel, Math.max(rates.get(kernel)!, await lap(kernel)));
    }
  }
  const winner = Array.from(rates.keys()).find(
    (kernel) => rates.get(kernel)! > 0 && rates.get(kernel) === best(),
  );
  if (winner === undefined) throw refusal ?? new AppError('internal', 'nothing ran in the race');
  return { winner, rates: Object.fromEntries(rates) };
}

/** Whether the work succeeded within `ms`; rejects as it does. */
async function within(clock: Clock, ms: number, work: Promise<void>): Promise<boolean> {
  let cancel = (): void => {};
  const late = new Promise<boolean>((resolve) => {
    cancel = clock.after(ms, () => {
      resolve(false);
    });
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    cancel();
  }
}
