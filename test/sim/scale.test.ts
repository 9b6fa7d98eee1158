import { beforeAll, describe, expect, it } from 'vitest';
import { seededRng } from '../../src/core/rng.ts';
import { productBound } from '../../src/core/bound.ts';
import { churnBound } from './scale/bounds.ts';
import { Books } from './scale/books.ts';
import { weibull } from './scale/draws.ts';
import { Lane } from './scale/lane.ts';
import { type Report, reportOf } from './scale/report.ts';
import { ScaleRun } from './scale/scale.ts';
import { type ScenarioFlags, scenario } from './scale/scenarios.ts';
import { StripCache } from './scale/strip-cache.ts';
import { jobSpec } from './simulation.ts';
import { Timeline } from './timeline.ts';

const simulate = (name: string, flags: Partial<ScenarioFlags> = {}): { run: ScaleRun; report: Report } => {
  const seed = flags.seed ?? 1;
  const run = new ScaleRun(scenario(name, { ...flags, seed }), seed).run();
  return { run, report: reportOf(run, seed, 0) };
};

const SIDE = 256;

describe('a crowd that comes and goes, becomes slow and lies', () => {
  const crowd = (seed: number): { run: ScaleRun; report: Report } =>
    simulate('crowd', { seed, contributors: 120, rows: 60 * SIDE, cols: 60 * SIDE, k: 16_384, jobs: 2 });
  let first: { run: ScaleRun; report: Report };

  beforeAll(() => {
    first = crowd(1);
  });

  it('verifies and credits every cell exactly once, and the books balance', () => {
    const { report, run } = first;
    expect(report.cells).toBe(2 * 60 * 60);
    // The run has checked each event, each cell and all accounts; so much is left to say here.
    expect(run.desk.books.multiplyAdds).toBe(report.cells * SIDE * SIDE * 16_384);
    expect(run.desk.books.shards).toBe(run.tally.verified);
  });

  it('accounts for every lease', () => {
    const { tally } = first.run;
    const failed = Object.values(tally.failures).reduce((sum, count) => sum + count, 0);
    expect(tally.verified + failed).toBe(tally.leases);
    expect(failed).toBeGreaterThan(0);
  });

  it('accepts no forgery', () => {
    expect(first.report.forgeries.made).toBeGreaterThan(0);
    expect(first.report.forgeries.accepted).toBe(0);
  });

  it('is the same run again from the same seed, and another from another', () => {
    expect(crowd(1).report.trace).toBe(first.report.trace);
    expect(crowd(2).report.trace).not.toBe(first.report.trace);
  });

  it('beats no bound', () => {
    expect(first.report.rate_vs_bound).toBeLessThanOrEqual(1);
    expect(first.report.rate_vs_bound).toBeGreaterThan(0.01);
  });
});

describe('contributors that stay', () => {
  it.each([
    ['one', 64],
    ['five', 144],
    ['unequal', 192],
  ])('compute the product of scenario %s near the bounds', (name, cells) => {
    const { report } = simulate(name, { rows: cells * SIDE, cols: cells * SIDE });
    expect(report.rate_vs_bound).toBeLessThanOrEqual(1);
    expect(report.rate_vs_bound).toBeGreaterThan(0.8);
    expect(report.bytes_vs_bound).toBeLessThan(1.15);
    expect(report.wasted_work).toBeLessThan(0.01);
  });
});

describe('the bound for those who come and go', () => {
  const product = { rows: 30_000, cols: 20_000, k: 9_000, aBytes: 1, bBytes: 1, cBytes: 4 };
  const capacity = { down: 12.5e6, up: 2.5e6, rate: 1e12, memory: 5e8 };
  const stay = { fromMs: 0, toMs: Infinity };

  it('is the product’s bound where all stay', () => {
    const capacities = [capacity, { ...capacity, up: 1e6 }, { ...capacity, down: 2e6 }];
    const known = productBound(product, capacities);
    const found = churnBound(
      product,
      capacities.map((each) => ({ ...stay, capacity: each })),
    );
    expect(found.seconds).toBeCloseTo(known.seconds, 6);
    expect(found.bytes / known.bytes).toBeCloseTo(1, 9);
  });

  it('is later when somebody comes late, and never where all are gone before', () => {
    const whole = churnBound(product, [{ ...stay, capacity }]);
    const late = churnBound(product, [{ fromMs: 60_000, toMs: Infinity, capacity }]);
    expect(late.seconds).toBeCloseTo(whole.seconds + 60, 6);
    const gone = churnBound(product, [{ fromMs: 0, toMs: (whole.seconds * 1000) / 2, capacity }]);
    expect(gone).toEqual({ seconds: Infinity, bytes: Infinity });
  });
});

describe('a lane', () => {
  const piece = (id: string, ms: number, done: () => void) => ({
    id,
    begin: () => ({ ms, amount: ms * 10 }),
    done,
  });

  it('serves in order, and counts what is half done', () => {
    const timeline = new Timeline();
    const lane = new Lane(timeline);
    const done: string[] = [];
    lane.push(piece('a', 100, () => done.push('a')));
    lane.push(piece('b', 50, () => done.push('b')));
    timeline.in(120, () => {
      expect(lane.moved).toBe(1200);
    });
    while (timeline.step());
    expect(done).toEqual(['a', 'b']);
    expect([timeline.elapsed, lane.moved]).toEqual([150, 1500]);
  });

  it('goes on with the next when a piece is given up, and never reports that piece', () => {
    const timeline = new Timeline();
    const lane = new Lane(timeline);
    const done: string[] = [];
    for (const id of ['a', 'b', 'c']) lane.push(piece(id, 100, () => done.push(`${id} ${timeline.elapsed}`)));
    lane.drop('b');
    timeline.in(40, () => {
      lane.drop('a');
    });
    while (timeline.step());
    expect(done).toEqual(['c 140']);
    expect(lane.moved).toBe(1400);
  });
});

describe('the strips that a contributor holds', () => {
  it('go in the order of their last use', () => {
    const cache = new StripCache(100);
    cache.use([
      [1, 40],
      [2, 40],
    ]);
    expect(cache.use([[1, 40]])).toBe(0);
    expect(cache.use([[3, 40]])).toBe(40);
    expect([1, 2, 3].filter((strip) => cache.has(strip))).toEqual([1, 3]);
  });

  it('are none whole after a lease that needs more than fit', () => {
    const cache = new StripCache(100);
    cache.use([[1, 40]]);
    expect(
      cache.use([
        [2, 60],
        [3, 60],
      ]),
    ).toBe(40);
    expect([1, 2, 3].some((strip) => cache.has(strip))).toBe(false);
  });
});

describe('the books', () => {
  const job = jobSpec('j', 2 * SIDE, 2 * SIDE);
  const lease = (id: string, row: number) => ({
    id,
    job,
    peer: 'c0',
    rect: { row, col: 0, rows: 1, cols: 2 },
  });

  it('refuse a second credit for a shard or for a cell', () => {
    const books = new Books();
    books.open(job, true);
    books.credit(lease('x', 0));
    expect(() => {
      books.credit(lease('x', 1));
    }).toThrow('shard x is credited twice');
    expect(() => {
      books.credit(lease('y', 0));
    }).toThrow('cell 0,0 of j is credited twice');
  });

  it('refuse to close while a cell is missing', () => {
    const books = new Books();
    books.open(job, false);
    books.credit(lease('x', 0));
    expect(() => {
      books.check();
    }).toThrow('cells that nobody was credited for');
    books.credit(lease('y', 1));
    books.check();
  });
});

describe('the length of a stay', () => {
  it('has the median of its distribution', () => {
    const rng = seededRng(5);
    const stays = Array.from({ length: 20_001 }, () => weibull(rng, 41.9, 0.59)).sort((a, b) => a - b);
    expect(stays[10_000]! / (41.9 * Math.LN2 ** (1 / 0.59))).toBeCloseTo(1, 1);
  });
});
