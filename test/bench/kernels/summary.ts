/** From the races to the figures of the last line. Every ratio is "how many times faster ours is". */
import type { Dtype } from '../../../src/matrix/dtype.ts';
import { type Spread, geometricMean, rounded, speedup } from '../statistics.ts';
import type { AutotuneResult } from './autotune.ts';
import type { IdleResult } from './idle.ts';
import type { Outcome } from './race.ts';
import { type Size, nameOf } from './task.ts';

export const OURS: Record<Dtype, string> = { i8: 'ours i8', f16: 'ours f16', f32: 'ours f32' };

export interface SizeResult {
  readonly size: Size;
  readonly outcomes: readonly Outcome[];
}

type Way = 'resident' | 'bytes';

/** Ours against one other, at one size; undefined where either did not run. */
export function against(
  { outcomes }: SizeResult,
  ours: string,
  other: string,
  way: Way = 'resident',
): Spread | undefined {
  const times = (wanted: string) => outcomes.find(({ name }) => name === wanted)?.[way] ?? [];
  const ratio = speedup(times(ours), times(other));
  return Number.isNaN(ratio.median) ? undefined : ratio;
}

/** The smallest ratio against any peer of the dtype: the best peer's. */
function againstBestPeer(result: SizeResult, dtype: Dtype, way: Way): number {
  const peers = result.outcomes.filter(
    (outcome) =>
      outcome.dtype === dtype && outcome.name !== OURS[dtype] && !outcome.name.startsWith('cuBLAS'),
  );
  return least(peers.map(({ name }) => against(result, OURS[dtype], name, way)?.median));
}

/** NaN where there is none. */
function least(values: readonly (number | undefined)[]): number {
  const known = values.filter((value) => value !== undefined && !Number.isNaN(value)) as number[];
  return known.length === 0 ? Number.NaN : Math.min(...known);
}

export interface Measured {
  readonly adapter: string;
  readonly results: readonly SizeResult[];
  readonly autotune: readonly AutotuneResult[];
  readonly idle: readonly IdleResult[];
  readonly cublas: boolean;
}

/** Who did not take part, and why; with the sizes where it is not so at all of them. */
function absences(results: readonly SizeResult[]): Record<string, string> {
  const sizesOf = new Map<string, string[]>();
  for (const { size, outcomes } of results) {
    for (const { name, reason } of outcomes) {
      if (reason === undefined) continue;
      const key = `${name}: ${reason}`;
      sizesOf.set(key, [...(sizesOf.get(key) ?? []), nameOf(size)]);
    }
  }
  return Object.fromEntries(
    Array.from(sizesOf, ([key, sizes]) => {
      const at = key.indexOf(': ');
      const everywhere = sizes.length === results.length;
      return [everywhere ? key.slice(0, at) : `${key.slice(0, at)} (${sizes.join(', ')})`, key.slice(at + 2)];
    }),
  );
}

/** The JSON of the last line. Headline figures are the worst size's; the autotuner's is the mean over its products. */
export function summarise({ adapter, results, autotune, idle, cublas }: Measured): Record<string, unknown> {
  const perSize = (ratio: (result: SizeResult) => number | undefined) =>
    Object.fromEntries(results.map((result) => [nameOf(result.size), rounded(ratio(result) ?? Number.NaN)]));
  const worst = (ratio: (result: SizeResult) => number | undefined) => rounded(least(results.map(ratio)));
  const versus = (ours: string, other: string) => (result: SizeResult) =>
    against(result, ours, other)?.median;
  const peer = (way: Way) => (result: SizeResult) => againstBestPeer(result, 'f32', way);
  const errors = results.flatMap(({ outcomes }) =>
    outcomes.filter(({ name }) => name.startsWith('ours')).map(({ error }) => error),
  );
  return {
    bench: 'kernels',
    adapter,
    f32_vs_best_peer: worst(peer('resident')),
    i8_vs_own_f32: worst(versus(OURS.i8, OURS.f32)),
    f16_vs_own_f32: worst(versus(OURS.f16, OURS.f32)),
    autotune_vs_best_fixed: rounded(geometricMean(autotune.map(({ ratio }) => ratio.median))),
    autotune_vs_best_fixed_worst: rounded(least(autotune.map(({ ratio }) => ratio.median))),
    max_rel_error: rounded(Math.max(...errors.filter((error) => !Number.isNaN(error)))),
    idle: rounded(Math.max(...idle.map(({ idle }) => idle))),
    ...(cublas
      ? {
          f32_vs_cublas: worst(versus(OURS.f32, 'cuBLAS f32')),
          i8_vs_cublas: worst(versus(OURS.i8, 'cuBLAS i8')),
        }
      : {}),
    sizes: {
      f32_vs_best_peer: perSize(peer('resident')),
      f32_vs_best_peer_bytes: perSize(peer('bytes')),
      i8_vs_own_f32: perSize(versus(OURS.i8, OURS.f32)),
      f16_vs_own_f32: perSize(versus(OURS.f16, OURS.f32)),
      ...(cublas
        ? {
            f32_vs_cublas: perSize(versus(OURS.f32, 'cuBLAS f32')),
            f16_vs_cublas: perSize(versus(OURS.f16, 'cuBLAS f16')),
            i8_vs_cublas: perSize(versus(OURS.i8, 'cuBLAS i8')),
          }
        : {}),
      autotune_vs_best_fixed: Object.fromEntries(
        autotune.map(({ dtype, size, ratio }) => [`${dtype} ${nameOf(size)}`, rounded(ratio.median)]),
      ),
      idle: Object.fromEntries(idle.map(({ dtype, idle }) => [dtype, rounded(idle)])),
    },
    absent: absences(results),
  };
}
