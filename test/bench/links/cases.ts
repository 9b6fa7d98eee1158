/** What is measured: links, jobs and GPUs, and how much slower than in earnest they run here. Pure. */
import {
  type BoundedProduct,
  type Limit,
  type ProductBound,
  productBound,
  receivedBytes,
} from '../../../src/core/bound.ts';
import { unreachable } from '../../../src/core/errors.ts';
import { splitMemory } from '../../../src/gpu/memory.ts';
import { BLOCK_BYTES, CELL } from '../../../src/matrix/blocks.ts';
import { DEFAULT_DISK_BYTES, DEFAULT_MEMORY_BYTES } from '../../../src/contributor/api.ts';

export interface ContributorSpec {
  /** Bytes a second. */
  readonly down: number;
  readonly up: number;
  readonly delayMs: number;
  /** Multiply-adds a second. */
  readonly rate: number;
  readonly memoryBytes: number;
}

export const JOBS = ['square', 'deep', 'thin', 'gram'] as const;
export type JobName = (typeof JOBS)[number];
export const LINKS = ['100/20', '1000/1000', 'unequal'] as const;
export type LinkName = (typeof LINKS)[number];
export const ENGINES = [1, 2, 5] as const;

export interface Case {
  /** `square/100-20/1`. */
  readonly name: string;
  readonly job: JobName;
  readonly link: LinkName;
  readonly rows: number;
  readonly cols: number;
  readonly k: number;
  readonly contributors: readonly ContributorSpec[];
  /** Seconds of the machine for one of the case. */
  readonly dilation: number;
}

const MEGABIT = 1e6 / 8;
/** Half of a round trip of 20 ms. */
const DELAY_MS = 10;
/** An integrated GPU of today, so that a home link is what limits. */
const USUAL_RATE = 2e11;
/** At 1000/1000 the GPU is to be the limit for this long: two cores cannot move five times 125 MB/s. */
const GPU_SECONDS = 22;
/** What two cores may be asked to encrypt, carry and decrypt at the bound, bytes a second. */
const MACHINE_BYTES_PER_SECOND = 20e6;

interface Sides {
  readonly rows: number;
  readonly cols: number;
  readonly k: number;
}

/** How much longer a case lasts than a short one: areas and seconds alike. */
const LENGTHS = { quick: 1 / 4, short: 1, long: 2 };
export type Length = keyof typeof LENGTHS;

/** In cells. Areas grow with the contributors, so that a case lasts about as long with any number of them. */
function sidesOf(job: JobName, contributors: number, length: Length): Sides {
  const scale = Math.sqrt(contributors * LENGTHS[length]);
  const square = (side: number, k: number): Sides => {
    const cells = Math.round(side * scale);
    return { rows: cells, cols: cells, k };
  };
  switch (job) {
    case 'square':
      return square(20, 8192);
    case 'deep':
      return square(9, 65_536);
    case 'gram':
      return square(18, 16_384);
    case 'thin':
      // What five need for as long as one would take minutes to upload here.
      return { rows: 2, cols: 160 * LENGTHS[length] * Math.min(contributors, 3), k: 8192 };
    default:
      return unreachable(job);
  }
}

const home = (down: number, up: number, rate = USUAL_RATE): ContributorSpec => ({
  down: down * MEGABIT,
  up: up * MEGABIT,
  delayMs: DELAY_MS,
  rate,
  memoryBytes: DEFAULT_MEMORY_BYTES,
});

function contributorsOf(link: LinkName, engines: number, work: number): readonly ContributorSpec[] {
  if (link === 'unequal')
    return [home(1000, 500, 2e10), home(100, 20), home(100, 20), home(50, 10), home(20, 5, 2e9)];
  const rate = work / engines / GPU_SECONDS;
  const one = link === '100/20' ? home(100, 20) : home(1000, 1000, rate);
  return Array.from({ length: engines }, () => one);
}

/** Bytes of an entry of C as the first version sent it; packed ones are fewer. */
const PLAIN_BYTES = 4;

const productOf = ({ rows, cols, k }: Case, cBytes: number): BoundedProduct => {
  return { rows, cols, k, aBytes: 1, bBytes: 1, cBytes };
};

/** What a contributor keeps of operands, on its GPU and on disk, bytes. */
const memoryOf = ({ memoryBytes }: Pick<ContributorSpec, 'memoryBytes'>): number =>
  Math.max(splitMemory(memoryBytes).operands * BLOCK_BYTES, DEFAULT_DISK_BYTES);

/** What the contributors' links, GPUs and memories allow. @param cBytes - of an entry of C on the wire */
export function boundOf(of: Case, cBytes: number): ProductBound {
  return productBound(
    productOf(of, cBytes),
    of.contributors.map(({ down, up, rate, ...rest }) => ({ down, up, rate, memory: memoryOf(rest) })),
  );
}

/** What each contributor's part of the bound takes longest on. */
export function limitsOf(of: Case, { areas }: ProductBound, cBytes: number): Limit[] {
  return of.contributors.map((spec, i) => {
    const area = areas[i]!;
    const seconds: Record<Limit, number> = {
      down: receivedBytes(productOf(of, cBytes), area, memoryOf(spec)) / spec.down,
      up: (area * cBytes) / spec.up,
      rate: (area * of.k) / spec.rate,
    };
    return (['down', 'up', 'rate'] as const).reduce((x, y) => (seconds[y] > seconds[x] ? y : x));
  });
}

export interface CaseOptions {
  readonly engines: readonly number[];
  readonly links: readonly LinkName[];
  readonly jobs: readonly JobName[];
  /** At the bound, a short case takes about 25 s, a long one 50. */
  readonly length: Length;
  /** @default as little as two cores allow */
  readonly dilation?: number | undefined;
}

export function casesOf(options: CaseOptions): Case[] {
  return options.links.flatMap((link) =>
    options.engines
      .filter((engines) => link !== 'unequal' || engines === 5)
      .flatMap((engines) => options.jobs.map((job) => caseOf(link, engines, job, options))),
  );
}

function caseOf(link: LinkName, engines: number, job: JobName, { length, dilation }: CaseOptions): Case {
  const sides = sidesOf(job, engines, length);
  const [rows, cols] = [sides.rows * CELL, sides.cols * CELL];
  const made: Case = {
    name: `${job}/${link.replace('/', '-')}/${engines}`,
    job,
    link,
    rows,
    cols,
    k: sides.k,
    contributors: contributorsOf(link, engines, rows * cols * sides.k),
    dilation: 1,
  };
  const { bytes, seconds } = boundOf(made, PLAIN_BYTES);
  return { ...made, dilation: dilation ?? Math.max(1, bytes / seconds / MACHINE_BYTES_PER_SECOND) };
}
