/**
 * Which kernel serves which number type and shape class: chosen by a race on this adapter, kept for the next
 * visit, and raced again when the kept choice cannot be trusted any more.
 */
import { type Clock, withDeadline } from '../core/clock.ts';
import { AppError, isAppError } from '../core/errors.ts';
import { DTYPES, type Dtype } from '../matrix/dtype.ts';
import { type ShapeClass, SHAPE_CLASSES } from './kernels.ts';
import { race } from './race.ts';

/** Where choices are kept between visits: IndexedDB in a browser (contributor/tuning-store.ts). */
export interface TuningStore {
  /** What was saved under this key, or undefined; it may be anything, and is checked here. */
  load(key: string): Promise<unknown>;
  save(key: string, choice: Choice): Promise<void>;
}

export interface Choice {
  readonly kernel: string;
  /** Multiply-adds per second of every kernel that ran, 0 for a wrong one. */
  readonly rates: Readonly<Record<string, number>>;
}

export interface TunerOptions {
  readonly clock: Clock;
  /** Kernels that may serve, the most promising first. */
  readonly candidates: (dtype: Dtype, shapes: ShapeClass) => readonly string[];
  /** Compiles it. @throws 'gpu-wrong' */
  readonly load: (kernel: string) => Promise<void>;
  /** Checks the known answers of one that is loaded. @throws 'gpu-wrong' */
  readonly prove: (kernel: string, dtype: Dtype) => Promise<void>;
  /** Calls back with a way to time kernels on such shapes. */
  readonly track: <T>(
    dtype: Dtype,
    shapes: ShapeClass,
    run: (lap: (kernel: string) => Promise<number>) => Promise<T>,
  ) => Promise<T>;
  /**
   * Speeds are the adapter's own: races mean something, and one that has changed says that its driver has. A software
   * adapter's are those of whatever else the processor does, and its compiler takes a second each. @default true
   */
  readonly steady?: boolean | undefined;
  /** Choices of earlier visits on this adapter with this build. */
  readonly kept?: { readonly store: TuningStore; readonly key: string } | undefined;
}

const STORE_MS = 1000;
/** A kept choice that is this many times faster or slower than it was is not trusted: the driver has changed. */
const DRIFT = 2;
/** The clock of an idle GPU is slow at first, and noise only ever makes a lap slower. */
const SLOW_LAPS = 3;

/** Kernels for which a race had no time. */
interface Latecomers {
  readonly rates: Record<string, number>;
  readonly waiting: string[];
  /** Compiled since. */
  readonly ready: string[];
}

export class Tuner {
  readonly #options: TunerOptions;
  readonly #chosen = new Map<string, string>();
  readonly #tuning = new Map<string, Promise<void>>();
  readonly #late = new Map<string, Latecomers>();

  constructor(options: TunerOptions) {
    this.#options = options;
  }

  /**
   * The kernel for such shards: the chosen one, else the one for square shards, which has given the known answers
   * here; the most promising one before there is any choice.
   */
  kernel(dtype: Dtype, shapes: ShapeClass): string {
    const first = this.#options.candidates(dtype, shapes)[0];
    const chosen = this.#chosen.get(placeOf(dtype, shapes)) ?? this.#chosen.get(placeOf(dtype, 'square'));
    const kernel = chosen ?? first;
    if (kernel === undefined) throw new AppError('internal', `no kernel for ${dtype} ${shapes}`);
    return kernel;
  }

  /** Known answers of every kernel that was chosen; what is wrong by now is raced for again. */
  async proveChosen(dtype: Dtype, budgetMs: number): Promise<void> {
    for (const shapes of SHAPE_CLASSES) {
      const place = placeOf(dtype, shapes);
      const kernel = this.#chosen.get(place);
      if (kernel === undefined || (await this.#isRight(kernel, dtype))) continue;
      this.#chosen.delete(place);
      const candidates = this.#options.candidates(dtype, shapes);
      await this.#once(place, () => this.#race(dtype, shapes, candidates, budgetMs));
    }
  }

  /**
   * Chooses unless there is a choice, and lets those run against it that have been compiled since; who asks
   * meanwhile waits. @throws 'gpu-wrong' when none is right.
   */
  async tune(dtype: Dtype, shapes: ShapeClass, budgetMs: number): Promise<void> {
    const place = placeOf(dtype, shapes);
    const chosen = this.#chosen.get(place);
    const late = this.#late.get(place);
    if (chosen === undefined) await this.#once(place, () => this.#choose(dtype, shapes, budgetMs));
    else if (late && late.ready.length > 0) {
      const entrants = [chosen, ...late.ready];
      await this.#once(place, () => this.#race(dtype, shapes, entrants, budgetMs, late.rates));
    }
  }

  /**
   * Compiles, one after the other, what the next races want: those for which earlier ones had no time, and the
   * most promising ones for shapes that have not come up yet. A slow compiler costs nobody's race.
   */
  async compileAhead(): Promise<void> {
    for (const { rates, waiting, ready } of Array.from(this.#late.values())) {
      for (let kernel = waiting.shift(); kernel !== undefined; kernel = waiting.shift()) {
        try {
          await this.#options.load(kernel);
          ready.push(kernel);
        } catch (error) {
          if (!isAppError(error, 'gpu-wrong')) throw error;
          rates[kernel] = 0;
        }
      }
    }
    for (const dtype of DTYPES) {
      for (const shapes of SHAPE_CLASSES) {
        const [first] = this.#options.candidates(dtype, shapes);
        if (first === undefined || this.#chosen.has(placeOf(dtype, shapes))) continue;
        await this.#options.load(first).catch((error: unknown) => {
          if (!isAppError(error, 'gpu-wrong')) throw error; // the race will say so
        });
      }
    }
  }

  async #once(place: string, choose: () => Promise<void>): Promise<void> {
    let tuning = this.#tuning.get(place);
    if (!tuning) {
      tuning = choose().finally(() => this.#tuning.delete(place));
      this.#tuning.set(place, tuning);
    }
    await tuning;
  }

  async #choose(dtype: Dtype, shapes: ShapeClass, budgetMs: number): Promise<void> {
    const candidates = this.#options.candidates(dtype, shapes);
    if (candidates.length === 1) {
      await this.#check(candidates[0]!, dtype);
      this.#chosen.set(placeOf(dtype, shapes), candidates[0]!);
      return;
    }
    const kept = await this.#load(dtype, shapes);
    if (!kept || !candidates.includes(kept.kernel) || !(await this.#stillHolds(kept, dtype, shapes))) {
      const { steady = true } = this.#options;
      if (steady) return this.#race(dtype, shapes, candidates, budgetMs);
      return this.#firstRight(dtype, shapes, candidates, budgetMs);
    }
    const place = placeOf(dtype, shapes);
    this.#chosen.set(place, kept.kernel);
    // Those for which there was no time then, if any, run against the winner once they are compiled.
    const waiting = candidates.filter((kernel) => kept.rates[kernel] === undefined);
    if (waiting.length > 0) this.#late.set(place, { rates: { ...kept.rates }, waiting, ready: [] });
  }

  /** Compiles what will be asked for first, so that several do so side by side. Never rejects: `tune` will. */
  async prepare(dtype: Dtype, shapes: ShapeClass): Promise<void> {
    const { candidates, load, steady = true } = this.#options;
    const kept = await this.#load(dtype, shapes);
    const able = candidates(dtype, shapes);
    const kernel = able.find((name) => name === kept?.kernel) ?? (steady ? undefined : able[0]);
    if (kernel !== undefined) await load(kernel).catch(() => {});
  }

  /** Where a race says little: all others run later, once they are compiled. */
  async #firstRight(
    dtype: Dtype,
    shapes: ShapeClass,
    candidates: readonly string[],
    budgetMs: number,
  ): Promise<void> {
    const rates: Record<string, number> = {};
    let refusal: unknown;
    for (const kernel of candidates) {
      try {
        return await this.#race(dtype, shapes, [kernel], budgetMs, rates);
      } catch (error) {
        if (!isAppError(error, 'gpu-wrong')) throw error;
        rates[kernel] = 0;
        refusal = error;
      }
    }
    throw refusal ?? new AppError('internal', `no kernel for ${dtype} ${shapes}`);
  }

  /** Whether the kept kernel is right and as fast as it was. */
  async #stillHolds({ kernel, rates }: Choice, dtype: Dtype, shapes: ShapeClass): Promise<boolean> {
    if (!(await this.#isRight(kernel, dtype))) return false;
    if (this.#options.steady === false) return true;
    const then = rates[kernel]!;
    return this.#options.track(dtype, shapes, async (lap) => {
      let rate = 0;
      for (let n = 0; n < SLOW_LAPS && rate * DRIFT < then; n++) rate = Math.max(rate, await lap(kernel));
      return rate * DRIFT >= then && rate <= then * DRIFT;
    });
  }

  async #isRight(kernel: string, dtype: Dtype): Promise<boolean> {
    try {
      await this.#check(kernel, dtype);
      return true;
    } catch (error) {
      if (!isAppError(error, 'gpu-wrong')) throw error;
      return false;
    }
  }

  async #check(kernel: string, dtype: Dtype): Promise<void> {
    await this.#options.load(kernel);
    await this.#options.prove(kernel, dtype);
  }

  async #race(
    dtype: Dtype,
    shapes: ShapeClass,
    entrants: readonly string[],
    budgetMs: number,
    earlier: Choice['rates'] = {},
  ): Promise<void> {
    const { clock, load, prove, track, kept } = this.#options;
    const { winner, rates } = await track(dtype, shapes, (lap) =>
      race({ entrants, load, prove: (kernel) => prove(kernel, dtype), lap, budgetMs, clock }),
    );
    const place = placeOf(dtype, shapes);
    this.#chosen.set(place, winner);
    const all = { ...earlier, ...rates };
    const waiting = this.#options.candidates(dtype, shapes).filter((kernel) => all[kernel] === undefined);
    if (waiting.length > 0) this.#late.set(place, { rates: all, waiting, ready: [] });
    else this.#late.delete(place);
    // A full disk or a private window costs a race at the next visit, nothing more.
    await this.#inTime(kept?.store.save(`${kept.key}/${place}`, { kernel: winner, rates: all }));
  }

  async #load(dtype: Dtype, shapes: ShapeClass): Promise<Choice | undefined> {
    const { kept } = this.#options;
    const found = await this.#inTime(kept?.store.load(`${kept.key}/${placeOf(dtype, shapes)}`));
    return isChoice(found) ? found : undefined;
  }

  /** What the store says within a second, if anything: the GPU waits for no disk. */
  #inTime(work: Promise<unknown> = Promise.resolve()): Promise<unknown> {
    return withDeadline(this.#options.clock, STORE_MS, 'the tuning store', work).catch(() => undefined);
  }
}

const placeOf = (dtype: Dtype, shapes: ShapeClass): string => `${dtype}/${shapes}`;

function isChoice(value: unknown): value is Choice {
  const { kernel, rates } = (value ?? {}) as Partial<Record<keyof Choice, unknown>>;
  if (typeof kernel !== 'string' || typeof rates !== 'object' || rates === null) return false;
  const speeds: unknown[] = Object.values(rates);
  return (
    speeds.every((rate) => typeof rate === 'number' && Number.isFinite(rate)) &&
    ((rates as Record<string, number>)[kernel] ?? 0) > 0
  );
}
