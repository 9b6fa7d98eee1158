/** Whether memory has grown, said of samples that jump by what happens to be in flight. */
import { spread } from '../bench/statistics.ts';

export interface HeapSample {
  /** Minutes since the page was started. */
  readonly minute: number;
  /** Bytes in use after a collection of garbage: JavaScript objects, and the buffers that they hold. */
  readonly page: number;
  readonly session: number;
  readonly gpu: number;
  /** Shards verified by then. */
  readonly shards: number;
}

export const PLACES = ['page', 'session', 'gpu'] as const;
export type Place = (typeof PLACES)[number];

export interface Growth {
  readonly place: Place;
  readonly early: number;
  readonly late: number;
  /** 0.05 is 5 %; shrinking is negative. */
  readonly share: number;
  readonly tooMuch: boolean;
}

export const MOST_GROWTH = 0.05;
/** Until caches and just-in-time code have what they need. */
const WARM_MINUTES = 5;

/** Short runs, which only show that this works, warm up for a third of their time. */
export function warmMinutes(total: number): number {
  return Math.min(WARM_MINUTES, total / 3);
}

/**
 * Lower quartiles of the first and of the last third of the samples after the warm-up: what is in flight at a look
 * (a few blocks of 256 KiB beside 5 MiB) comes and goes, a leak raises the floor. Fewer than three samples say
 * nothing, and count as growth that is not known to be small.
 */
export function growthOf(samples: readonly HeapSample[], totalMinutes: number): Growth[] {
  const warm = samples.filter(({ minute }) => minute >= warmMinutes(totalMinutes));
  const third = Math.floor(warm.length / 3);
  return PLACES.map((place) => {
    const floor = (some: readonly HeapSample[]): number => spread(some.map((each) => each[place])).low;
    const early = floor(warm.slice(0, third));
    const late = third === 0 ? Number.NaN : floor(warm.slice(-third));
    const share = late / early - 1;
    return { place, early, late, share, tooMuch: !(share <= MOST_GROWTH) };
  });
}
