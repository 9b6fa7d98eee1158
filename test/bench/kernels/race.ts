/** A race at one size: everybody is checked, then timed in interleaved rounds. */
import { type Rng, seededRng } from '../../../src/core/rng.ts';
import type { Dtype } from '../../../src/matrix/dtype.ts';
import type { Contestant, Entry } from '../peers/contestant.ts';
import { Judge } from './check.ts';
import { type Size, type Task, makeTask } from './task.ts';

export interface Plan {
  readonly rounds: number;
  /** Whoever is several times slower than the fastest of the number type takes part only in so many. @default rounds */
  readonly slowRounds?: number;
  /** Back-to-back products are as many as take about this long. */
  readonly targetMs: number;
  /** Measure (b) too. */
  readonly bytes: boolean;
}

/** One contestant's part in a race: times of the rounds, or why it has none. */
export interface Outcome {
  readonly name: string;
  readonly dtype: Dtype;
  readonly accumulator: string;
  /** Why it does not run or is wrong; absent when it ran. */
  readonly reason?: string;
  /** Largest error relative to Σ|a||b|; NaN where it was not compared. */
  readonly error: number;
  /** Ms a product, one a round: (a) resident and (b) bytes to bytes. */
  readonly resident: readonly number[];
  readonly bytes: readonly number[];
}

interface Runner {
  readonly contestant: Contestant;
  readonly entry: Entry;
  readonly error: number;
  /** Ms a product, roughly. */
  readonly ms: number;
  readonly reps: number;
  readonly resident: number[];
  readonly bytes: number[];
}

/** So many times slower than the fastest is not a close race: few rounds tell enough. */
const SLOW = 3;
const MAX_REPS = 200;
/** Contestants may keep every product of a batch until its end. */
const MAX_BATCH_BYTES = 2 ** 30;
const MAX_REASON = 160;

export async function race(size: Size, contestants: readonly Contestant[], plan: Plan): Promise<Outcome[]> {
  const runners: Runner[] = [];
  const failed = new Map<Contestant, string>();
  const judges = new Map<Dtype, { task: Task; judge: Judge }>();
  for (const contestant of contestants) {
    const { dtype } = contestant;
    if (!judges.has(dtype)) {
      const task = makeTask(dtype, size, 42);
      judges.set(dtype, { task, judge: new Judge(task) });
    }
    try {
      runners.push(await enter(contestant, judges.get(dtype)!, plan));
    } catch (error) {
      failed.set(contestant, reasonOf(error));
    }
  }
  const rng = seededRng(7);
  for (let round = 0; round < plan.rounds; round++) {
    const racing = runners.filter(
      (runner) => round < (plan.slowRounds ?? plan.rounds) || isClose(runner, runners),
    );
    // In a new order each time: what the one before leaves behind (heat, caches, a queue) evens out.
    for (const runner of shuffled(racing, rng)) {
      if (failed.has(runner.contestant)) continue;
      try {
        await timeRound(runner, plan);
      } catch (error) {
        failed.set(runner.contestant, reasonOf(error));
      }
    }
  }
  for (const { entry } of runners) await entry.end().catch(() => {});
  return contestants.map((contestant) => {
    const { name, dtype, accumulator } = contestant;
    const reason = failed.get(contestant);
    const runner = runners.find((runner) => runner.contestant === contestant);
    if (reason !== undefined || !runner) {
      return { name, dtype, accumulator, reason: reason ?? '', error: Number.NaN, resident: [], bytes: [] };
    }
    const { error, resident, bytes } = runner;
    return { name, dtype, accumulator, error, resident, bytes };
  });
}

function isClose({ ms, contestant }: Runner, runners: readonly Runner[]): boolean {
  const rivals = runners.filter((runner) => runner.contestant.dtype === contestant.dtype);
  return ms < SLOW * Math.min(...rivals.map((rival) => rival.ms));
}

function shuffled<T>(values: readonly T[], rng: Rng): T[] {
  const order = values.map((value) => ({ value, key: rng.float() }));
  return order.toSorted((a, b) => a.key - b.key).map(({ value }) => value);
}

/** Uploads, compiles, checks both products, and finds out how many make a batch. @throws why it may not race. */
async function enter(
  contestant: Contestant,
  { task, judge }: { task: Task; judge: Judge },
  plan: Plan,
): Promise<Runner> {
  const entry = await contestant.prepare(task);
  try {
    const products = [
      { path: 'resident', product: await entry.residentProduct?.() },
      { path: 'bytes', product: plan.bytes ? (await entry.bytes?.())?.() : undefined },
    ];
    let error = products.some(({ product }) => product) ? 0 : (entry.error ?? Number.NaN);
    for (const { path, product } of products) {
      if (!product) continue;
      const verdict = judge.judge(product, contestant.tolerance(task.k));
      if (!verdict.right) throw new Error(`wrong (${path}): ${verdict.why}`);
      error = Math.max(error, verdict.error);
    }
    // The products above were the warm-up.
    const { ms } = await timed(() => entry.resident(1));
    const fit = Math.floor(MAX_BATCH_BYTES / (task.rows * task.cols * 4));
    const reps = Math.max(1, Math.min(MAX_REPS, fit, Math.round(plan.targetMs / ms)));
    return { contestant, entry, error, ms, reps, resident: [], bytes: [] };
  } catch (error) {
    await entry.end().catch(() => {});
    throw error;
  }
}

async function timeRound({ entry, reps, resident, bytes }: Runner, plan: Plan): Promise<void> {
  const batch = await timed(() => entry.resident(reps));
  resident.push((batch.value ?? batch.ms) / reps);
  if (plan.bytes && entry.bytes) bytes.push((await timed(() => entry.bytes!())).ms);
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; ms: number }> {
  const start = performance.now();
  const value = await work();
  return { value, ms: performance.now() - start };
}

function reasonOf(error: unknown): string {
  const text = (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ');
  return text.length > MAX_REASON ? `${text.slice(0, MAX_REASON)}…` : text;
}
