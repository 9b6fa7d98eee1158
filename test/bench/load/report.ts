/** What a run comes to, for people and for scripts. Pure. */
import { rounded, spread } from '../statistics.ts';
import type { Costs, Paced, Pressed } from './scene.ts';

export interface LoadReport {
  readonly bench: 'load';
  readonly database: 'embedded' | 'postgres';
  readonly contributors: number;
  readonly rss_mb: number | null;
  readonly rss_per_contributor_kb: number | null;
  readonly lease_p50_ms: number | null;
  readonly lease_p99_ms: number | null;
  readonly leases: number;
  /** Of C's blocks in memory, when more is delivered than can be checked. */
  readonly verified_mb_s: number | null;
  readonly verified_shards_s: number | null;
  /** The same without verification and database, and what their sockets move with nothing else done. */
  readonly bare_mb_s: number | null;
  readonly moved_mb_s: number | null;
  /** Verified of bare, and of moved. */
  readonly vs_transport: number | null;
  readonly vs_moved: number | null;
}

export interface LoadFigures {
  readonly contributors: number;
  /** Resident bytes without contributors, and with all of them connected. */
  readonly base: number;
  readonly idle: number;
  readonly paced: Paced;
  readonly pressed: readonly Pressed[];
  readonly postgres: boolean;
}

const MEBI = 2 ** 20;

export function loadReport({ contributors, base, idle, paced, pressed, postgres }: LoadFigures): LoadReport {
  const median = (of: (run: Pressed) => number): number | null => rounded(spread(pressed.map(of)).median);
  return {
    bench: 'load',
    database: postgres ? 'postgres' : 'embedded',
    contributors,
    rss_mb: rounded(Math.max(paced.rssBytes, ...pressed.map(({ rssBytes }) => rssBytes)) / MEBI),
    rss_per_contributor_kb: rounded((idle - base) / contributors / 1024),
    lease_p50_ms: rounded(quantile(paced.leaseMs, 0.5)),
    lease_p99_ms: rounded(quantile(paced.leaseMs, 0.99)),
    leases: paced.leaseMs.length,
    verified_mb_s: median(({ verified }) => verified / 1e6),
    verified_shards_s: median(({ shardsPerSecond }) => shardsPerSecond),
    bare_mb_s: median(({ bare }) => bare / 1e6),
    moved_mb_s: median(({ moved }) => moved / 1e6),
    vs_transport: median(({ verified, bare }) => verified / bare),
    vs_moved: median(({ verified, moved }) => verified / moved),
  };
}

/** NaN for none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export function printLoad(report: LoadReport, paced: Paced, pressed: readonly Pressed[]): void {
  console.table([report]);
  const runs: [string, Costs][] = [
    ['paced', paced.costs],
    ...pressed.map(({ costs }): [string, Costs] => ['pressed', costs]),
  ];
  process.stdout.write('\nprocessor seconds of the coordinator a second, by thread\n');
  console.table(runs.map(([crowd, { threads }]) => ({ crowd, ...fixed(threads, 2) })));
  process.stdout.write('\nits main thread: share of the time\n');
  console.table(runs.map(([crowd, { shares }]) => ({ crowd, ...fixed(shares, 3) })));
}

const fixed = (numbers: object, digits: number): object =>
  Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, Number(value).toFixed(digits)]));
