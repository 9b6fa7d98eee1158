/** How often what goes wrong, drawn from the seed: a run is mild, or wild, in its own way. */
import { type Rng, randomInt } from '../../src/core/rng.ts';

export interface Faults {
  /** Probabilities of each message. */
  readonly drop: number;
  readonly duplicate: number;
  readonly reorder: number;
  /** Extra delay of a message that is late, milliseconds. */
  readonly delayMs: number;
  /** Probability that a disk operation fails before it has changed anything. */
  readonly disk: number;
  /** Probability that one takes up to seconds. */
  readonly slow: number;
  /** The coordinator dies so many times, each between any two steps. */
  readonly crashes: number;
  /** Statements to the database overtake each other, as over PostgreSQL's pool; else they take turns. */
  readonly overtaking: boolean;
}

export const NO_FAULTS: Faults = {
  drop: 0,
  duplicate: 0,
  reorder: 0,
  delayMs: 0,
  disk: 0,
  slow: 0,
  crashes: 0,
  overtaking: false,
};

export function someFaults(rng: Rng): Faults {
  const often = (most: number): number => (rng.float() < 0.6 ? most * rng.float() ** 2 : 0);
  return {
    drop: often(0.05),
    duplicate: often(0.2),
    reorder: often(0.3),
    delayMs: 1 + randomInt(rng, 20_000),
    disk: often(0.15),
    slow: often(0.1),
    crashes: rng.float() < 0.8 ? randomInt(rng, 7) : 0,
    overtaking: rng.float() < 0.5,
  };
}
