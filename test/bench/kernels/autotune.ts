/**
 * Is the kernel that the autotuner picks as fast as the best of the family would have been? Heats find the
 * fastest fixed kernels; the final times those and the autotuned backend. The best is the one with the least
 * median time: the least of many noisy ratios would always be below one.
 */
import { sleep, systemClock } from '../../../src/core/clock.ts';
import type { Backend } from '../../../src/gpu/backend.ts';
import { classOf } from '../../../src/gpu/kernels.ts';
import { DTYPES, type Dtype } from '../../../src/matrix/dtype.ts';
import type { Contestant } from '../peers/contestant.ts';
import { openFixed, ourContestant } from '../peers/ours.ts';
import { type Spread, speedup, spread } from '../statistics.ts';
import type { Extent } from './extent.ts';
import { type Outcome, race } from './race.ts';
import type { Size } from './task.ts';
import { variantsOf } from './variants.ts';

export interface AutotuneResult {
  readonly dtype: Dtype;
  readonly size: Size;
  /** Ms a product of the autotuned backend, and the kernel that it has chosen where it tells. */
  readonly autotuned: Spread;
  readonly chosen: string;
  readonly best: string;
  /** The rate of the autotuned backend relative to the best fixed kernel's, round by round. */
  readonly ratio: Spread;
  /** All fixed kernels, in the heats. */
  readonly heats: readonly Outcome[];
}

const AUTOTUNED = 'autotuned';
const FINALISTS = 2;
const SETTLINGS = 3;
const SETTLE_MS = 2000;

/** @param backend the autotuned one. */
export async function raceFamily(gpu: GPU, backend: Backend, extent: Extent): Promise<AutotuneResult[]> {
  const results: AutotuneResult[] = [];
  for (const dtype of DTYPES) {
    for (const size of extent.family.sizes) {
      const backends: Backend[] = [];
      try {
        const fixed = variantsOf(dtype, size).map((name): Contestant => ({
          ...ourContestant(name, dtype, backend),
          async prepare(task) {
            const only = await openFixed(gpu, extent.family.memoryBytes, name);
            backends.push(only);
            return ourContestant(name, dtype, only).prepare(task);
          },
        }));
        const mine = ourContestant(AUTOTUNED, dtype, backend);
        const chosen = classOf(size) === 'square' ? backend.info.kernels[dtype] : '';
        await settle(backend, dtype, size);
        results.push({ chosen, ...(await raceKernels(dtype, size, mine, fixed, extent)) });
      } finally {
        for (const only of backends) await only.destroy();
      }
    }
  }
  return results;
}

/** Lets the backend's own races for such shapes end, and its compilers: on a software adapter they share the processor. */
async function settle(backend: Backend, dtype: Dtype, { rows, cols, k }: Size): Promise<void> {
  for (let i = 0; i < SETTLINGS; i++) {
    await backend.abandon(await backend.open({ dtype, rows, cols, k }));
    await sleep(systemClock, SETTLE_MS);
  }
}

async function raceKernels(
  dtype: Dtype,
  size: Size,
  autotuned: Contestant,
  fixed: readonly Contestant[],
  { family }: Extent,
): Promise<Omit<AutotuneResult, 'chosen'>> {
  const heats = await race(size, fixed, family.heats);
  const fastest = byTime(heats).slice(0, FINALISTS);
  const finalists = fixed.filter(({ name }) => fastest.some((outcome) => outcome.name === name));
  const final = await race(size, [autotuned, ...finalists], family.final);
  const mine = final.find(({ name }) => name === AUTOTUNED)!;
  const [best] = byTime(final.filter((outcome) => outcome !== mine));
  return {
    dtype,
    size,
    autotuned: spread(mine.resident),
    best: best?.name ?? 'none',
    ratio: speedup(mine.resident, best?.resident ?? []),
    heats,
  };
}

/** Those that ran, the fastest first. */
function byTime(outcomes: readonly Outcome[]): Outcome[] {
  const ms = (outcome: Outcome): number => spread(outcome.resident).median;
  return outcomes.filter(({ resident }) => resident.length > 0).toSorted((a, b) => ms(a) - ms(b));
}
