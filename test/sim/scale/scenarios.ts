/** The runs that have a name, and what flags change of them. */
import type { Rng } from '../../../src/core/rng.ts';
import { seededRng } from '../../../src/core/rng.ts';
import { DEFAULT_DISK_BYTES } from '../../../src/contributor/api.ts';
import type { JobSpec } from '../../../src/coordinator/work.ts';
import { jobSpec } from '../simulation.ts';
import { type Case, ENGINES, JOBS, LINKS, casesOf } from '../../bench/links/cases.ts';
import { MBIT, type Profile, type Stay, memoryOf, somebody, someStay } from './population.ts';

export interface Scenario {
  readonly name: string;
  readonly jobs: readonly JobSpec[];
  readonly profiles: readonly Profile[];
  readonly stay: (rng: Rng) => Stay;
  /** Half are there when the jobs come, the others join within this; 0: all are there. */
  readonly joinMs: number;
  /** Bytes of an entry of C on the wire. */
  readonly entryBytes: number;
}

export interface ScenarioFlags {
  readonly seed: number;
  readonly contributors?: number;
  /** Of each job's C. */
  readonly rows?: number;
  readonly cols?: number;
  readonly k?: number;
  readonly jobs?: number;
  readonly churn?: boolean;
  readonly entryBytes?: number;
}

interface Shape {
  readonly contributors: number;
  readonly rows: number;
  readonly cols: number;
  readonly k: number;
  readonly jobs: number;
  readonly churn: boolean;
  readonly joinMs: number;
  /** A and B are one operand. */
  readonly isGram?: boolean;
  readonly profile: (rng: Rng, i: number) => Profile;
}

const CELL = 256;
const ALWAYS: Stay = { ms: Infinity, end: 'finishes', slow: undefined };

/** Tried and known: what these runs show is the plan, not how trust grows. */
function known(name: string, down: number, up: number, rate: number): Profile {
  return {
    name,
    down: down * MBIT,
    up: up * MBIT,
    rttMs: 20,
    rate,
    claimedRate: rate,
    ...memoryOf(2 ** 29),
    cacheBytes: 1.375 * 2 ** 30,
    knowsLink: true,
    verifiedInARow: 24,
    forges: 0,
  };
}

/** One quick, two usual, one slow, one very slow. */
const UNEQUAL = [
  [1000, 500, 3.5e12],
  [100, 20, 1e12],
  [100, 20, 1e12],
  [50, 10, 0.4e12],
  [20, 5, 0.05e12],
] as const;

const SHAPES: Record<string, Shape> = {
  one: still(1, 64, () => [100, 20, 1e12]),
  five: still(5, 144, () => [100, 20, 1e12]),
  unequal: still(5, 320, (i) => UNEQUAL[i % UNEQUAL.length]!),
  // Operands are the larger part: what is fetched twice shows.
  deep: still(5, 48, () => [100, 20, 1e12], 65_536),
  // Few contributors and half an hour: most of them come and go several times.
  churn: {
    contributors: 60,
    rows: 768 * CELL,
    cols: 768 * CELL,
    k: 16_384,
    jobs: 1,
    churn: true,
    joinMs: 5 * 60_000,
    profile: (rng, i) => somebody(rng, `c${i}`),
  },
  crowd: {
    contributors: 10_000,
    rows: 1000 * CELL,
    cols: 1000 * CELL,
    k: 65_536,
    jobs: 1,
    churn: true,
    joinMs: 30_000,
    profile: (rng, i) => somebody(rng, `c${i}`),
  },
};

// Those of `npm run bench -- links` in simulated time: deep/unequal/5.
for (const each of casesOf({ engines: ENGINES, links: LINKS, jobs: JOBS, length: 'long' }))
  SHAPES[each.name] = benched(each);

export const SCENARIOS: readonly string[] = Object.keys(SHAPES);

/** Nobody has met these before: their GPUs are known by their word, their links not at all. */
function benched({ rows, cols, k, job, contributors }: Case): Shape {
  return {
    contributors: contributors.length,
    rows,
    cols,
    k,
    jobs: 1,
    churn: false,
    joinMs: 0,
    isGram: job === 'gram',
    profile: (_, i) => {
      const { down, up, delayMs, rate, memoryBytes } = contributors[i % contributors.length]!;
      return {
        ...known(`c${i}`, down / MBIT, up / MBIT, rate),
        rttMs: 2 * delayMs,
        ...memoryOf(memoryBytes),
        cacheBytes: DEFAULT_DISK_BYTES,
        knowsLink: false,
      };
    },
  };
}

function still(
  contributors: number,
  side: number,
  machine: (i: number) => readonly [down: number, up: number, rate: number],
  k = 8192,
): Shape {
  return {
    contributors,
    rows: side * CELL,
    cols: side * CELL,
    k,
    jobs: 1,
    churn: false,
    joinMs: 0,
    profile: (_, i) => known(`c${i}`, ...machine(i)),
  };
}

/** Packed i32 entries of uniform i8 operands take 21.00 bits at K = 8192, and half a bit more for twice the K (measured). */
function packedBytes(k: number): number {
  return (21 + 0.5 * Math.log2(k / 8192)) / 8;
}

/** @throws Error for a name that is none. */
export function scenario(name: string, flags: ScenarioFlags): Scenario {
  const shape = SHAPES[name];
  if (!shape) throw new Error(`there is no scenario ${name}: ${SCENARIOS.join(', ')}`);
  const shaped = { ...shape, ...flags };
  const { seed, contributors, rows, cols, k, jobs, churn, entryBytes = packedBytes(k) } = shaped;
  const rng = seededRng(seed * 7 + 3);
  return {
    name,
    jobs: Array.from({ length: jobs }, (_, i) => {
      const spec = jobSpec(`job${i}`, rows, cols, { k, createdMs: i });
      return shape.isGram ? { ...spec, b: spec.a } : spec;
    }),
    profiles: Array.from({ length: contributors }, (_, i) => shape.profile(rng, i)),
    stay: churn ? someStay : () => ALWAYS,
    joinMs: churn ? shape.joinMs : 0,
    entryBytes,
  };
}
