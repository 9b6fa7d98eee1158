/** The scheduler of one of several coordinators: it plans inside the plots that it holds. */
import { describe, expect, it } from 'vitest';
import { seededRng } from '../../src/core/rng.ts';
import { Grid, type Rect } from '../../src/coordinator/grid.ts';
import { cutPlots } from '../../src/coordinator/plots.ts';
import { Scheduler } from '../../src/coordinator/scheduler.ts';
import { type ActiveLease, type JobSpec, overlaps } from '../../src/coordinator/work.ts';

const NOW = 1_800_000_000_000;
const SIDE = 24;
const JOB: JobSpec = {
  id: 'job',
  a: 'a',
  b: 'b',
  dtype: 'i8',
  rows: SIDE * 256,
  cols: SIDE * 256,
  k: 2048,
  project: 'any',
  priority: 0,
  createdMs: 0,
};
const LEFT: Rect = { row: 0, col: 0, rows: SIDE, cols: SIDE / 2 };
const RIGHT: Rect = { ...LEFT, col: SIDE / 2 };

function join(scheduler: Scheduler, peers: number): void {
  for (let n = 0; n < peers; n++) {
    scheduler.join(`peer ${n}`, {
      operandBytes: 64 * 2 ** 20,
      resultBytes: 32 * 2 ** 20,
      rates: { i8: (1 + (n % 5)) * 1e10, f16: 0, f32: 0 },
      downBytesPerSecond: (1 + (n % 3)) * 2e6,
      upBytesPerSecond: (1 + (n % 4)) * 1e6,
      projects: [],
    });
    scheduler.setHungry(`peer ${n}`, true);
  }
}

/** Everybody computes, in turn, until nothing is left; some leave in between. Every lease in order. */
function played(scheduler: Scheduler, peers: number): Omit<ActiveLease, 'job'>[] {
  join(scheduler, peers);
  const rng = seededRng(3);
  const leases: Omit<ActiveLease, 'job'>[] = [];
  for (let round = 0; round < 400; round++) {
    const now = NOW + 1000 * round;
    for (let n = 0; n < peers; n++) {
      const peer = `peer ${n}`;
      const lease = scheduler.heldBy(peer) < 2 ? scheduler.next(peer, now) : undefined;
      if (lease) leases.push({ ...lease, job: undefined } as never);
    }
    for (const { id, rect } of scheduler.leases()) if (rng.float() < 0.4) scheduler.verified('job', rect, id);
    if (round === 5) scheduler.leave('peer 1');
    if (round === 5) join(scheduler, peers);
  }
  expect(scheduler.progressOf('job')).toEqual({ verified: SIDE * SIDE, open: 0, total: SIDE * SIDE });
  return leases;
}

describe('a coordinator that is alone', () => {
  it('plans as one that shares with nobody, lease for lease', () => {
    const plain = new Scheduler(seededRng(1));
    plain.addJob(JOB);
    const alone = new Scheduler(seededRng(1), { shares: true });
    alone.addJob(JOB);
    expect(alone.confine('job', undefined)).toBe(true);
    const holder = new Scheduler(seededRng(1), { shares: true });
    holder.addJob(JOB);
    holder.confine('job', cutPlots(SIDE, SIDE));
    const wanted = played(plain, 6);
    expect(wanted.length).toBeGreaterThan(20);
    expect(played(alone, 6)).toEqual(wanted);
    expect(played(holder, 6)).toEqual(wanted);
  });
});

describe('a coordinator that shares', () => {
  const sharing = (seed = 1): Scheduler => {
    const scheduler = new Scheduler(seededRng(seed), { shares: true });
    scheduler.addJob(JOB);
    join(scheduler, 4);
    return scheduler;
  };
  const take = (scheduler: Scheduler, now = NOW): ActiveLease[] => {
    const leases: ActiveLease[] = [];
    for (let lease = scheduler.next('peer 0', now); lease; lease = scheduler.next('peer 0', now))
      leases.push(lease);
    return leases;
  };

  it('leases nothing before it holds something, and then nothing else', () => {
    const scheduler = sharing();
    expect(scheduler.next('peer 0', NOW)).toBeUndefined();
    scheduler.confine('job', [LEFT]);
    const leases = take(scheduler);
    expect(leases.reduce((sum, { rect }) => sum + rect.rows * rect.cols, 0)).toBe((SIDE * SIDE) / 2);
    expect(leases.every(({ rect }) => rect.col + rect.cols <= SIDE / 2)).toBe(true);
    expect(scheduler.confine('job', [LEFT, RIGHT])).toBe(true);
    expect(take(scheduler).every(({ rect }) => rect.col >= SIDE / 2)).toBe(true);
  });

  it('does not lease out again what it gave away, when a lease in it ends', () => {
    const scheduler = sharing();
    scheduler.confine('job', [LEFT]);
    const [lease] = take(scheduler);
    scheduler.confine('job', [RIGHT]);
    scheduler.release(lease!.id);
    expect(take(scheduler).every(({ rect }) => rect.col >= SIDE / 2)).toBe(true);
    expect(scheduler.tally('job', lease!.rect).leased).toBe(0);
  });

  it('leaves the cells of a lease alone that another gave, until its deadline', () => {
    const giver = sharing();
    giver.confine('job', [LEFT]);
    const lease = giver.next('peer 2', NOW)!;
    const taker = sharing(2);
    taker.confine('job', [LEFT]);
    expect(taker.adopt(lease)).toBe(true);
    expect(taker.adopt(lease)).toBe(false);
    const before = take(taker);
    expect(before.length).toBeGreaterThan(0);
    expect(before.some(({ rect }) => overlaps(rect, lease.rect))).toBe(false);
    expect(taker.expire(lease.deadlineMs).some(({ id }) => id === lease.id)).toBe(true);
    expect(taker.adopted()).toEqual([]);
    expect(take(taker, lease.deadlineMs).some(({ rect }) => overlaps(rect, lease.rect))).toBe(true);
  });

  it('counts what another has verified, ends its own leases there, and tells no bound it cannot know', () => {
    const scheduler = sharing();
    scheduler.confine('job', [LEFT]);
    const lease = scheduler.next('peer 0', NOW)!;
    scheduler.delivered('job', 'peer 0', 1);
    expect(scheduler.boundOf('job')).toBeDefined();
    expect(scheduler.verified('job', lease.rect, 'another', true).map(({ id }) => id)).toEqual([lease.id]);
    expect(scheduler.progressOf('job')?.verified).toBe(lease.rect.rows * lease.rect.cols);
    expect(scheduler.boundOf('job')).toBeUndefined();
  });
});

describe('a grid of which a part is away', () => {
  it('counts its own cells, opens what comes back, and tells of each cell', () => {
    const open = new Set(Array.from({ length: 12 }, (_, i) => i));
    const grid = new Grid(3, 4, {
      onOpen: (index, change) => {
        if (change === 1) open.add(index);
        else expect(open.delete(index)).toBe(true);
      },
    });
    const top: Rect = { row: 0, col: 0, rows: 1, cols: 4 };
    grid.lease({ row: 1, col: 0, rows: 1, cols: 2 });
    grid.confine([top]);
    expect([grid.ourCells, grid.openCells, open.size]).toEqual([4, 4, 4]);
    expect(grid.isUnverified({ row: 0, col: 0, rows: 3, cols: 4 })).toBe(true);
    grid.release({ row: 1, col: 0, rows: 1, cols: 2 });
    expect(grid.openCells).toBe(4);
    grid.verify({ row: 2, col: 0, rows: 1, cols: 4 });
    grid.confine(undefined);
    expect([grid.ourCells, grid.openCells, grid.verifiedCells, open.size]).toEqual([12, 8, 4, 8]);
  });
});
