/**
 * Which of several kernels is fastest here, found out within a budget of time. Pure: what proves a kernel right
 * and what times it are given.
 */
import { type Clock, withDeadline } from '../core/clock.ts';
import { AppError, isAppError } from '../core/errors.ts';

export interface RaceOptions {
  /** The most promising first: of those that are compiled they run first. At least one. */
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
/** Of the time, for first laps; the rest is for the finals. */
const QUALIFYING = 0.7;
/** Kernels that compile while one runs: more would take the processor away from it on a small machine. */
const COMPILING = 4;

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
  const qualified = clock.now() + QUALIFYING * budgetMs;
  // Compilers work side by side. Once somebody has run, those still compiling when time is up stay out.
  const queue = Array.from(entrants);
  const waiting: Entrant[] = [];
  const next = (): void => {
    const kernel = queue.shift();
    if (kernel !== undefined) waiting.push(new Entrant(kernel, load(kernel)));
  };
  for (let i = 0; i < COMPILING; i++) next();
  let refusal: unknown;
  while (waiting.length > 0) {
    const left = best() > 0 ? qualified - clock.now() : Infinity;
    if (left <= 0 || !(await within(clock, left, waiting))) break;
    const first = waiting.findIndex(({ ready }) => ready);
    const { kernel, loaded } = waiting.splice(first, 1)[0]!;
    next();
    try {
      await loaded;
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
  const winner = best() > 0 ? entrants.find((kernel) => rates.get(kernel) === best()) : undefined;
  if (winner === undefined) throw refusal ?? new AppError('internal', 'nothing ran in the race');
  return { winner, rates: Object.fromEntries(rates) };
}

class Entrant {
  readonly kernel: string;
  readonly loaded: Promise<void>;
  /** Compiled, or refused. */
  ready = false;

  constructor(kernel: string, loaded: Promise<void>) {
    this.kernel = kernel;
    this.loaded = loaded;
    const end = (): void => {
      this.ready = true;
    };
    loaded.then(end, end);
  }
}

/** Whether one of them is ready within `ms`. */
async function within(clock: Clock, ms: number, waiting: readonly Entrant[]): Promise<boolean> {
  const some = Promise.race(waiting.map(({ loaded }) => loaded)).then(
    () => true,
    () => true,
  );
  return ms === Infinity ? some : withDeadline(clock, ms, 'compiling', some).catch(() => false);
}
