import { describe, expect, it } from 'vitest';
import type { Rect } from '../../src/coordinator/grid.ts';
import type { JobSpec } from '../../src/coordinator/work.ts';
import { Simulation } from './simulation.ts';

const MIN_DEADLINE_MS = 30_000;
const MAX_DEADLINE_MS = 15 * 60_000;

function job(id: string, rows: number, cols: number, fields: Partial<JobSpec> = {}): JobSpec {
  const [a, b] = [`${id}a`.padEnd(64, '0'), `${id}b`.padEnd(64, '0')];
  return {
    id,
    a,
    b,
    dtype: 'i8',
    rows,
    cols,
    k: 40_000,
    project: 'p',
    priority: 0,
    createdMs: 0,
    ...fields,
  };
}

const JOBS = [
  job('one', 256 * 12 - 3, 256 * 9),
  job('two', 256 * 5, 256 * 20 - 100, { k: 130_000, createdMs: 1 }),
  job('urgent', 700, 700, { priority: 5, createdMs: 2 }),
];

const run = (seed: number, check?: (simulation: Simulation) => void): Simulation =>
  new Simulation({ seed, jobs: JOBS, contributors: 12, ...(check && { check }) }).run();

function cells({ row, col, rows, cols }: Rect): string[] {
  return Array.from({ length: rows * cols }, (_, i) => `${row + Math.floor(i / cols)},${col + (i % cols)}`);
}

/** Everything that must hold between any two events. */
function checkRules({ scheduler, contributors, unfinished, verified }: Simulation): void {
  const holders = new Map<string, Set<string>>();
  for (const lease of scheduler.leases()) {
    for (const cell of cells(lease.rect)) {
      const key = `${lease.job.id} ${cell}`;
      const peers = holders.get(key) ?? new Set();
      if (peers.has(lease.peer)) throw new Error(`${lease.peer} holds ${key} twice`);
      holders.set(key, peers.add(lease.peer));
      if (peers.size > 2) throw new Error(`${key} is leased to ${Array.from(peers).join()}`);
    }
    const lasts = lease.deadlineMs - lease.issuedMs;
    if (lasts < MIN_DEADLINE_MS || lasts > MAX_DEADLINE_MS) throw new Error(`a lease lasts ${lasts} ms`);
  }
  let open = 0;
  for (const id of unfinished) {
    const progress = scheduler.progressOf(id)!;
    const leased = Array.from(holders.keys()).filter((key) => key.startsWith(`${id} `)).length;
    const done = verified.get(id)!.flatMap(cells).length;
    if (progress.verified !== done) throw new Error('the scheduler counts other verified cells');
    if (progress.open + progress.verified + leased !== progress.total) throw new Error('cells were lost');
    open += progress.open;
  }
  const starving = contributors.some(({ name, present }) => present && scheduler.leasesOf(name).length === 0);
  if (open > 0 && starving) throw new Error('a contributor without work, and open cells');
}

describe('the scheduler among contributors that come, go, stall, decline and lie', () => {
  it('ends every job, each cell verified exactly once and leased to two at most, over 40 seeds', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const { verified, granted, log } = run(seed, checkRules);
      for (const { id, rows, cols } of JOBS) {
        const done = verified.get(id)!.flatMap(cells);
        expect(new Set(done).size).toBe(done.length);
        expect(done.length).toBe(Math.ceil(rows / 256) * Math.ceil(cols / 256));
      }
      expect(new Set(granted.map((lease) => lease.id)).size).toBe(granted.length);
      expect(log.filter((line) => line.endsWith('is done'))).toHaveLength(JOBS.length);
    }
  });

  it('meets every kind of trouble in these runs', () => {
    const log = Array.from({ length: 40 }, (_, i) => run(i + 1).log).flat();
    for (const trouble of ['expires', 'declines', 'is wrong with', 'leaves 2 leases', 'is too late with'])
      expect(log.some((line) => line.includes(trouble))).toBe(true);
    expect(log.some((line) => /instead of .+/.test(line))).toBe(true);
  });

  it('replays event for event from the same seed, and differs for another', () => {
    for (const seed of [7, 8, 9]) expect(run(seed).log).toEqual(run(seed).log);
    expect(run(7).log).not.toEqual(run(8).log);
  });

  it('does the urgent job first', () => {
    const { granted } = run(3);
    const [first] = granted;
    expect(first!.job.id).toBe('urgent');
  });
});
