/**
 * Runs one target: inputs by seed and index, each in bounded time, all of them in bounded memory.
 * A failure names the seed and the index, which make the same input again.
 */
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Rng, seededRng } from '../../src/core/rng.ts';
import type { Target } from './target.ts';

export interface FuzzOptions {
  readonly seed: number;
  /** Inputs to try. */
  readonly frames: number;
  /** Ends it earlier, but not before `atLeast` inputs. @default no limit */
  readonly seconds?: number;
  /** @default 0 */
  readonly atLeast?: number;
  /** The first index. @default 0 */
  readonly from?: number;
  /** @default what the target says */
  readonly maxInputMs?: number;
  /** Is told at each tenth how many inputs have been tried. */
  readonly onProgress?: (done: number) => void;
}

export interface FuzzReport {
  readonly type: string;
  readonly frames: number;
  readonly accepted: number;
  readonly refused: number;
  readonly framesPerSecond: number;
  /** The slowest input, milliseconds, and its index. */
  readonly slowestMs: number;
  readonly slowest: number;
  /** Resident memory after the last input over that after the first 5,000 or tenth, MiB; 0 for fewer. */
  readonly rssGrowthMiB: number;
}

/** What an input did that it must not. */
export class FuzzFailure extends Error {
  constructor(type: string, seed: number, index: number, input: string, cause: unknown) {
    const what = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    super(
      `${type} ${seed}:${index} — ${what}\n  replay: npm run fuzz -- --type ${type} --replay ${seed}:${index}\n  input: ${input}`,
      { cause },
    );
    this.name = 'FuzzFailure';
  }
}

const MAX_INPUT_MS = 250;
/**
 * Caches, compiled code and the heap's young half have their size by then; the allocator, which keeps what the
 * worst moment needed, has it within a tenth of a long run (up-commit: 152 MiB at 5,000 inputs, 264 at 105,000
 * and 261 at 1,000,000). What leaks goes on growing.
 */
const WARM_UP_FRAMES = 5000;
const WARM_UP_SHARE = 0.1;
const COLLECTIONS = 5;
export const MAX_RSS_GROWTH_MIB = 64;

/** The n-th input's own randomness: any input can be made without those before it. */
export function rngOf(seed: number, index: number): Rng {
  let mixed = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d);
  return seededRng(mixed ^ (mixed >>> 15));
}

/** @throws FuzzFailure at the first input that breaks a promise; Error when memory grew too much. */
export async function fuzz(target: Target, options: FuzzOptions): Promise<FuzzReport> {
  const {
    seed,
    frames,
    seconds = Infinity,
    atLeast = 0,
    from = 0,
    maxInputMs = target.maxInputMs ?? MAX_INPUT_MS,
  } = options;
  const started = performance.now();
  let accepted = 0;
  let done = 0;
  let slowestMs = 0;
  let slowest = from;
  let before: number | undefined;
  const warmUp = seconds < Infinity ? WARM_UP_FRAMES : Math.max(WARM_UP_FRAMES, WARM_UP_SHARE * frames);
  const inTime = (): boolean => done < atLeast || performance.now() - started < seconds * 1000;
  while (done < frames && inTime()) {
    const index = from + done;
    const input = target.make(rngOf(seed, index));
    const start = performance.now();
    try {
      const outcome = target.check(input);
      if (typeof outcome === 'boolean' ? outcome : await outcome) accepted += 1;
      let ms = performance.now() - start;
      // The machine may have been busy with something else: only what is slow every time is slow.
      for (let again = 0; again < 2 && ms > maxInputMs; again++) {
        const restart = performance.now();
        await target.check(input);
        ms = Math.min(ms, performance.now() - restart);
      }
      if (ms > maxInputMs) throw new Error(`took ${Math.round(ms)} ms`);
      if (ms > slowestMs) [slowestMs, slowest] = [ms, index];
    } catch (error) {
      throw new FuzzFailure(target.name, seed, index, target.show(input), error);
    }
    done += 1;
    if (done % Math.ceil(frames / 10) === 0) options.onProgress?.(done);
    if (before === undefined && done >= warmUp) before = await residentMiB();
  }
  const wallSeconds = (performance.now() - started) / 1000;
  await target.finish?.();
  const rssGrowthMiB = before === undefined ? 0 : Math.max(0, (await residentMiB()) - before);
  if (rssGrowthMiB > MAX_RSS_GROWTH_MIB)
    throw new Error(`${target.name}: resident memory grew by ${rssGrowthMiB.toFixed(1)} MiB`);
  return {
    type: target.name,
    frames: done,
    accepted,
    refused: done - accepted,
    framesPerSecond: Math.round(done / wallSeconds),
    slowestMs: Number(slowestMs.toFixed(2)),
    slowest,
    rssGrowthMiB: Number(rssGrowthMiB.toFixed(1)),
  };
}

/** One input again. @throws FuzzFailure as `fuzz` does. */
export async function replay(target: Target, seed: number, index: number): Promise<boolean> {
  const report = await fuzz(target, { seed, frames: 1, from: index });
  return report.accepted === 1;
}

let collectGarbage: (() => void) | undefined;

function collect(): void {
  if (!collectGarbage) {
    setFlagsFromString('--expose-gc');
    collectGarbage = runInNewContext('gc') as () => void;
  }
  collectGarbage();
}

/** The least after some collections: what is left is kept, or not given back. Sweepers work beside us. */
async function residentMiB(): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < COLLECTIONS; i++) {
    collect();
    await setImmediate();
    least = Math.min(least, process.memoryUsage.rss() / 2 ** 20);
  }
  return least;
}

/** What is reachable: unlike resident memory, not larger for a heap that has grown its young half. */
export function liveMiB(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}
