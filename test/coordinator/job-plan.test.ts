import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { productBound } from '../../src/core/bound.ts';
import { seededRng } from '../../src/core/rng.ts';
import { rectArea } from '../../src/coordinator/grid.ts';
import { Scheduler } from '../../src/coordinator/scheduler.ts';
import type { ActiveLease, Capability, JobSpec } from '../../src/coordinator/work.ts';

const NOW = 1_800_000_000_000;
const MBIT = 125_000;

const spec = (fields: Partial<JobSpec> = {}): JobSpec => ({
  id: 'job',
  a: 'a',
  b: 'b',
  dtype: 'i8',
  rows: 256 * 24,
  cols: 256 * 24,
  k: 8192,
  project: 'any',
  priority: 0,
  createdMs: 0,
  ...fields,
});

const capability = (down: number, up: number, rate: number): Capability => ({
  operandBytes: 2 ** 30,
  resultBytes: 2 ** 29,
  rates: { i8: rate, f16: 0, f32: 0 },
  downBytesPerSecond: down,
  upBytesPerSecond: up,
  projects: [],
});

const HOME = capability(100 * MBIT, 20 * MBIT, 1e12);

/** All take and finish leases in turn, the quickest most often, until nothing is given any more. */
function play(job: JobSpec, peers: Record<string, Capability>): { leases: ActiveLease[]; strips: number } {
  const scheduler = new Scheduler(seededRng(1));
  scheduler.addJob(job);
  const free: Record<string, number> = {};
  for (const [peer, each] of Object.entries(peers)) {
    scheduler.join(peer, each);
    scheduler.setHungry(peer, true);
    free[peer] = NOW;
  }
  const leases: ActiveLease[] = [];
  const held = new Set<string>();
  for (;;) {
    const [peer, now] = Object.entries(free).toSorted((x, y) => x[1] - y[1])[0]!;
    for (const done of scheduler.leasesOf(peer)) scheduler.verified(job.id, done.rect, done.id);
    const lease = scheduler.next(peer, now);
    if (!lease) {
      if (scheduler.progressOf(job.id)!.open === 0) break;
      free[peer] = now + 1000;
      continue;
    }
    leases.push(lease);
    free[peer] = now + 1000 * lease.seconds;
    for (let r = 0; r < lease.rect.rows; r++) held.add(`${peer} ${job.a} ${lease.rect.row + r}`);
    for (let c = 0; c < lease.rect.cols; c++) held.add(`${peer} ${job.b} ${lease.rect.col + c}`);
  }
  return { leases, strips: held.size };
}

describe('the plan of a job', () => {
  it.each([
    ['one', [HOME]],
    ['two equal', [HOME, HOME]],
    ['five equal', [HOME, HOME, HOME, HOME, HOME]],
    [
      'very unequal',
      [capability(1000 * MBIT, 500 * MBIT, 1e11), HOME, HOME, capability(50 * MBIT, 10 * MBIT, 1e10)],
    ],
  ])('fetches within 15 %% of the bound for %s', (_, capabilities) => {
    const peers = Object.fromEntries(capabilities.map((each, i) => [`p${i}`, each]));
    const { strips } = play(spec(), peers);
    const speeds = capabilities.map((each) => ({
      down: each.downBytesPerSecond,
      up: each.upBytesPerSecond,
      rate: each.rates.i8,
    }));
    const product = { rows: 6144, cols: 6144, k: 8192, aBytes: 1, bBytes: 1, cBytes: 0.75 * 4 };
    const results = 6144 * 6144 * product.cBytes;
    const bytes = strips * 256 * 8192 + results;
    expect(bytes / productBound(product, speeds).bytes).toBeLessThan(1.15);
  });

  it('needs half of the strips for X·Xᵀ that two operands need', () => {
    expect(play(spec({ b: 'a' }), { ann: HOME }).strips).toBe(24);
    expect(play(spec(), { ann: HOME }).strips).toBe(48);
  });

  it('lets leases last 5 to 60 s, but the first ones, which measure, and the last', () => {
    const { leases } = play(spec(), { ann: HOME, bob: HOME });
    const middle = leases.slice(2, -8);
    expect(middle.length).toBeGreaterThan(0);
    for (const { seconds } of middle) expect(seconds).toBeLessThanOrEqual(60);
    expect(leases.reduce((sum, { rect }) => sum + rectArea(rect), 0)).toBe(24 * 24);
  });

  it('takes whole rows of territory where the columns are made from a seed', () => {
    const seeded = spec({ seeded: { a: false, b: true } });
    const peers = { ann: HOME, bob: HOME, cid: HOME };
    const { leases } = play(seeded, peers);
    const rowsOf = new Map<number, Set<string>>();
    for (const { peer, rect } of leases) {
      for (let row = rect.row; row < rect.row + rect.rows; row++) {
        rowsOf.set(row, (rowsOf.get(row) ?? new Set()).add(peer));
      }
    }
    const fetched = Array.from(rowsOf.values()).reduce((sum, { size }) => sum + size, 0);
    expect(fetched).toBeLessThanOrEqual(24 + 2); // a row at each border may be helped out with
  });

  it('does not give a slow contributor what a quick one will have done before', () => {
    const scheduler = new Scheduler(seededRng(1));
    scheduler.addJob(spec({ rows: 256 * 4, cols: 256 * 4 }));
    scheduler.join('quick', capability(1000 * MBIT, 1000 * MBIT, 1e13));
    scheduler.join('slow', capability(MBIT / 10, MBIT / 10, 1e6));
    for (const peer of ['quick', 'slow']) scheduler.setHungry(peer, true);
    expect(scheduler.next('quick', NOW)).toBeDefined();
    expect(scheduler.next('slow', NOW)).toBeUndefined();
  });

  it('knows what was possible for those who took part, of what is verified', () => {
    const scheduler = new Scheduler(seededRng(1));
    scheduler.addJob(spec());
    for (const peer of ['ann', 'idle']) {
      scheduler.join(peer, HOME);
      scheduler.setHungry(peer, true);
    }
    const lease = scheduler.next('ann', NOW)!;
    expect(scheduler.boundOf('job')).toBeUndefined();
    scheduler.verified('job', lease.rect, lease.id);
    scheduler.delivered('job', 'ann', 0.75);
    const entries = rectArea(lease.rect) * 256 * 256;
    const bound = scheduler.boundOf('job')!;
    expect(bound.startedMs).toBe(NOW);
    expect(bound.seconds).toBeCloseTo((entries * 3) / (20 * MBIT), 3);
    expect(bound.bytes).toBeCloseTo(2 * Math.sqrt(entries) * 8192 + entries * 3, -2);
    expect(scheduler.boundOf('none')).toBeUndefined();
  });

  it.each(['computes', 'has committed'])(
    'does not wait for somebody quick who %s and does not deliver',
    (how) => {
      const scheduler = new Scheduler(seededRng(1));
      scheduler.addJob(spec({ rows: 256 * 40, cols: 256 }));
      scheduler.join('claims', capability(1000 * MBIT, 1000 * MBIT, 1e15));
      scheduler.join('honest', HOME);
      for (const peer of ['claims', 'honest']) scheduler.setHungry(peer, true);
      const stalled = scheduler.next('claims', NOW)!;
      if (how === 'has committed') scheduler.commit(stalled.id);
      for (let now = NOW; now < NOW + 30_000; now += 1000) {
        const lease = scheduler.next('honest', now);
        if (lease) scheduler.verified('job', lease.rect, lease.id);
      }
      expect(scheduler.progressOf('job')).toMatchObject({ open: 0 });
    },
  );

  it('gives all of it to whoever goes on asking, whatever the others do', () => {
    const speed = fc.constantFrom(1e4, 1e6, 1e8);
    const peer = fc.record({
      capability: fc.tuple(speed, speed, fc.constantFrom(1e8, 1e10, 1e12)),
      fate: fc.constantFrom('leaves', 'silent', 'declines', 'commits' as const),
      leases: fc.nat(4),
    });
    fc.assert(
      fc.property(
        fc.array(peer, { maxLength: 6 }),
        peer,
        fc.integer({ min: 1, max: 7 }),
        (others, last, side) => {
          const scheduler = new Scheduler(seededRng(1));
          scheduler.addJob(spec({ rows: 256 * side, cols: 256 * 5 }));
          const all = [...others, last];
          all.forEach((each, i) => {
            scheduler.join(`p${i}`, capability(...each.capability));
            scheduler.setHungry(`p${i}`, true);
          });
          let now = NOW;
          others.forEach(({ fate, leases }, i) => {
            for (let n = 0; n < leases; n++) {
              const lease = scheduler.next(`p${i}`, (now += 1000));
              if (lease && fate === 'declines') scheduler.release(lease.id);
              if (lease && fate === 'commits') scheduler.commit(lease.id);
            }
            if (fate === 'leaves') scheduler.leave(`p${i}`);
          });
          const me = `p${others.length}`;
          for (let turn = 0; turn < 2000; turn++) {
            now += 30_000;
            scheduler.expire(now);
            const lease = scheduler.next(me, now);
            if (lease) scheduler.verified('job', lease.rect, lease.id);
            const { verified, total } = scheduler.progressOf('job')!;
            if (verified === total) return;
          }
          expect(scheduler.progressOf('job')).toMatchObject({ verified: side * 5 });
        },
      ),
    );
  });

  it('ends with short leases, also for somebody whose links turned out quicker than they were taken for', () => {
    const scheduler = new Scheduler(seededRng(1));
    scheduler.addJob(spec({ rows: 512, cols: 256 * 160 }));
    scheduler.join('new', capability(0, 0, 1e12));
    scheduler.setHungry('new', true);
    const leases: ActiveLease[] = [];
    for (let now = NOW; ;) {
      const lease = scheduler.next('new', now);
      if (!lease) break;
      leases.push(lease);
      now += 1000 * lease.seconds;
      scheduler.verified('job', lease.rect, lease.id);
      scheduler.receives('new', 100 * MBIT);
      scheduler.measured('new', 'i8', { rate: 1e12, up: 20 * MBIT });
    }
    const seconds = leases.map((lease) => lease.seconds);
    expect(Math.max(...seconds.slice(4))).toBeGreaterThan(2);
    expect(Math.max(...seconds.slice(-3))).toBeLessThan(1.5);
  });
});
