import { describe, expect, it } from 'vitest';
import { seededRng } from '../../src/core/rng.ts';
import { rectArea } from '../../src/coordinator/grid.ts';
import { Scheduler } from '../../src/coordinator/scheduler.ts';
import { type ActiveLease, type Capability, type JobSpec, rectWork } from '../../src/coordinator/work.ts';

const NOW = 1_800_000_000_000;

const spec = (id: string, fields: Partial<JobSpec> = {}): JobSpec => ({
  id,
  a: `a-${id}`,
  b: `b-${id}`,
  dtype: 'i8',
  rows: 256,
  cols: 256,
  k: 1024,
  project: 'any',
  priority: 0,
  createdMs: 0,
  ...fields,
});

const capability = (fields: Partial<Capability> = {}): Capability => ({
  operandBytes: 64 * 2 ** 20,
  resultBytes: 32 * 2 ** 20,
  rates: { i8: 1e9, f16: 0, f32: 0 },
  downBytesPerSecond: 0,
  upBytesPerSecond: 0,
  projects: [],
  ...fields,
});

function scheduler(jobs: readonly JobSpec[], peers: Record<string, Partial<Capability>>): Scheduler {
  const made = new Scheduler(seededRng(1));
  for (const job of jobs) made.addJob(job);
  for (const [peer, fields] of Object.entries(peers)) {
    made.join(peer, capability(fields));
    made.setHungry(peer, true);
  }
  return made;
}

/** When a copy of it may be given: a little after it should have been done. */
const late = ({ issuedMs, expectedMs }: ActiveLease): number => Math.ceil(issuedMs + 1.5 * expectedMs + 2001);

describe('which job a contributor is given', () => {
  it('is the most urgent, then the oldest', () => {
    const jobs = [
      spec('new', { createdMs: 9 }),
      spec('old', { createdMs: 3 }),
      spec('urgent', { priority: 1, createdMs: 99 }),
      spec('idle', { priority: -1 }),
    ];
    const planner = scheduler(jobs, { ann: {} });
    const order = jobs.map(() => planner.next('ann', NOW)?.job.id);
    expect(order).toEqual(['urgent', 'old', 'new', 'idle']);
    expect(planner.next('ann', NOW)).toBeUndefined();
  });

  it('is, of equally urgent ones, the one whose deadline is nearest', () => {
    const jobs = [
      spec('whenever', { createdMs: 1 }),
      spec('next week', { createdMs: 2, deadlineMs: NOW + 7e8 }),
      spec('tomorrow', { createdMs: 3, deadlineMs: NOW + 8e7 }),
      spec('urgent', { createdMs: 4, priority: 1 }),
    ];
    const planner = scheduler(jobs, { ann: {} });
    const order = jobs.map(() => planner.next('ann', NOW)?.job.id);
    expect(order).toEqual(['urgent', 'tomorrow', 'next week', 'whenever']);
  });

  it('is of a project that it chose, and nothing where it chose none of these', () => {
    const jobs = [spec('one', { project: 'physics', priority: 9 }), spec('two', { project: 'digits' })];
    const planner = scheduler(jobs, { ann: { projects: ['digits', 'music'] }, bob: { projects: ['music'] } });
    expect(planner.next('bob', NOW)).toBeUndefined();
    const lease = planner.next('ann', NOW);
    expect(lease?.job.id).toBe('two');
    expect(planner.next('ann', NOW)).toBeUndefined();
    // Not even as a copy, when it is late.
    expect(planner.next('bob', late(lease!))).toBeUndefined();
  });

  it('is of what it chose last, from the next one on; what it holds stays its own', () => {
    const jobs = [
      spec('one', { project: 'physics', priority: 9, rows: 1024 }),
      spec('two', { project: 'digits', rows: 1024 }),
    ];
    const planner = scheduler(jobs, { ann: { resultBytes: 0 }, bob: { resultBytes: 0 } });
    const first = planner.next('ann', NOW)!;
    expect(first.job.id).toBe('one');
    planner.choose('ann', ['digits']);
    expect(planner.lease(first.id)).toBe(first);
    expect(planner.next('ann', NOW)?.job.id).toBe('two');
    expect(planner.next('bob', NOW)?.job.id).toBe('one'); // others are not held up
    planner.choose('ann', ['knots']);
    expect(planner.next('ann', NOW)).toBeUndefined();
    planner.choose('ann', []);
    expect(planner.next('ann', NOW)?.job.id).toBe('one');
    planner.choose('nobody', ['digits']);
  });
});

describe('a late lease', () => {
  it('is copied once, to somebody else, when nothing is open', () => {
    const planner = scheduler([spec('job')], { ann: {}, bob: {}, cid: {} });
    const first = planner.next('ann', NOW)!;
    expect(planner.next('bob', NOW + 1000)).toBeUndefined();
    expect(planner.next('ann', late(first))).toBeUndefined();
    const copy = planner.next('bob', late(first))!;
    expect(copy).toMatchObject({ rect: first.rect, peer: 'bob' });
    expect(copy.id).not.toBe(first.id);
    expect(planner.next('cid', copy.issuedMs + 1)).toBeUndefined();
  });

  it('is copied again when the copy is late as well: the two may be in league', () => {
    const planner = scheduler([spec('job')], { ann: {}, bob: {}, cid: {}, dot: {} });
    const first = planner.next('ann', NOW)!;
    const copy = planner.next('bob', late(first))!;
    planner.commit(copy.id); // and then its result does not come
    expect(planner.next('cid', late(copy) - 2)).toBeUndefined();
    const now = late(copy);
    expect(planner.next('ann', now)).toBeUndefined();
    expect(planner.next('bob', now)).toBeUndefined();
    const third = planner.next('cid', now)!;
    expect(third.rect).toEqual(first.rect);
    expect(planner.next('dot', now + 1)).toBeUndefined();
    expect(planner.verified('job', third.rect, third.id)).toEqual([first, copy]);
  });

  it('is not copied by somebody who would need longer than it has taken already', () => {
    const sloth = { rates: { i8: 1e4, f16: 0, f32: 0 } }; // 6,711 s for a cell
    const planner = scheduler([spec('job')], { ann: {}, bob: sloth, cid: {} });
    const first = planner.next('ann', NOW)!;
    expect(planner.next('bob', late(first))).toBeUndefined();
    expect(planner.next('cid', late(first))).toMatchObject({ rect: first.rect });
  });

  it.each(['ann', 'bob'])('ends for both when %s is first, and the other is returned', (winner) => {
    const planner = scheduler([spec('job')], { ann: {}, bob: {} });
    const first = planner.next('ann', NOW)!;
    const copy = planner.next('bob', late(first))!;
    const [won, lost] = winner === 'ann' ? [first, copy] : [copy, first];
    expect(planner.verified('job', won.rect, won.id)).toEqual([lost]);
    expect(planner.leases()).toEqual([]);
    expect(planner.progressOf('job')).toEqual({ verified: 1, open: 0, total: 1 });
    expect(planner.isUnverified('job', lost.rect)).toBe(false);
  });

  it('is copied also when its result is on its way, once that takes too long', () => {
    const planner = scheduler([spec('job')], { ann: {}, bob: {}, cat: {} });
    const first = planner.next('ann', NOW)!;
    planner.commit(first.id);
    expect(planner.next('bob', late(first) - 2)).toBeUndefined();
    const copy = planner.next('bob', late(first));
    expect(copy).toMatchObject({ peer: 'bob', rect: first.rect });
    expect(planner.next('cat', late(first) + 1)).toBeUndefined(); // one copy is enough
    planner.release(copy!.id);
    expect(planner.expire(first.deadlineMs + 1)).toEqual([]);
    planner.release(first.id);
    expect(planner.next('bob', late(first))?.rect).toEqual(first.rect);
  });

  it('is copied within minutes also when its holder claims to be slower than anybody', () => {
    const planner = scheduler([spec('job')], { sloth: { rates: { i8: 1e-300, f16: 0, f32: 0 } }, bob: {} });
    const first = planner.next('sloth', NOW)!;
    expect(first.deadlineMs - NOW).toBe(15 * 60_000);
    expect(planner.next('bob', NOW + 2 * 60_000)).toMatchObject({ peer: 'bob', rect: first.rect });
  });
});

describe('the end of a lease', () => {
  it('opens its cells at the deadline, not before, and a late result still counts', () => {
    const planner = scheduler([spec('job')], { ann: {}, bob: {} });
    const lease = planner.next('ann', NOW)!;
    expect(planner.expire(lease.deadlineMs - 1)).toEqual([]);
    expect(planner.expire(lease.deadlineMs)).toEqual([lease]);
    expect(planner.expire(lease.deadlineMs)).toEqual([]);
    const again = planner.next('bob', lease.deadlineMs)!;
    expect(again.rect).toEqual(lease.rect);
    expect(planner.verified('job', lease.rect, lease.id)).toEqual([again]);
  });

  it('opens what a contributor held when it leaves, except what it has committed', () => {
    const planner = scheduler([spec('job', { rows: 512 })], { ann: {}, bob: {} });
    const [kept, lost] = [planner.next('ann', NOW)!, planner.next('ann', NOW)!];
    planner.commit(kept.id);
    expect(planner.leave('ann')).toEqual([lost]);
    expect(planner.leases()).toEqual([kept]);
    expect(planner.progressOf('job')).toEqual({ verified: 0, open: 1, total: 2 });
    expect(planner.next('bob', NOW)?.rect).toEqual(lost.rect);
  });

  it('comes with the end of its job', () => {
    const planner = scheduler([spec('job'), spec('other')], { ann: {} });
    const [lease] = [planner.next('ann', NOW)!, planner.next('ann', NOW)!];
    expect(planner.removeJob('job')).toEqual([lease]);
    expect(planner.leases()).toHaveLength(1);
    expect(planner.verified('job', lease.rect, lease.id)).toEqual([]);
    expect(planner.isUnverified('job', lease.rect)).toBe(false);
    expect(planner.progressOf('job')).toBeUndefined();
  });

  it('may come twice', () => {
    const planner = scheduler([spec('job')], { ann: {} });
    const lease = planner.next('ann', NOW)!;
    expect(planner.release(lease.id)).toBe(lease);
    expect(planner.release(lease.id)).toBeUndefined();
    expect(planner.progressOf('job')?.open).toBe(1);
  });
});

describe('a job that is taken up again', () => {
  it('never leases what was verified before', () => {
    const planner = scheduler([], { ann: {} });
    const verified = { row: 0, col: 1, rows: 1, cols: 1 };
    planner.addJob(spec('job', { rows: 512, cols: 512 }), [verified]);
    const cells: string[] = [];
    for (let lease = planner.next('ann', NOW); lease; lease = planner.next('ann', NOW)) {
      expect(rectArea(lease.rect)).toBeLessThan(4);
      cells.push(`${lease.rect.row},${lease.rect.col} ${lease.rect.rows}×${lease.rect.cols}`);
    }
    expect(cells.join()).not.toContain('0,1 ');
    expect(planner.progressOf('job')).toEqual({ verified: 1, open: 0, total: 4 });
  });
});

describe('what a contributor is given', () => {
  it('grows with what it turned out to do, and shrinks with it', () => {
    const wide = spec('job', { rows: 256 * 32, cols: 256 * 32, k: 100_000 });
    const sizes = [0, 1e13, 1e8].map((rate) => {
      const planner = scheduler([wide], { ann: { rates: { i8: 1e10, f16: 0, f32: 0 } } });
      planner.receives('ann', 1e9);
      for (let i = 0; i < 50; i++) planner.measured('ann', 'i8', { rate, up: 1e9 });
      return rectArea(planner.next('ann', NOW)!.rect);
    });
    expect(sizes[1]).toBeGreaterThan(sizes[0]!);
    expect(sizes[2]).toBeLessThan(sizes[0]!);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -5, 0])('does not change with a sample of %s', (rate) => {
    const wide = spec('job', { rows: 256 * 32, cols: 256 * 32 });
    const lease = (samples: number): ActiveLease => {
      const planner = scheduler([wide], { ann: {} });
      for (let i = 0; i < samples; i++) {
        planner.receives('ann', rate);
        planner.measured('ann', 'i8', { rate, up: rate });
      }
      return planner.next('ann', NOW)!;
    };
    expect(lease(5)).toEqual(lease(0));
  });

  it('is nothing for somebody unknown, which is a mistake of ours', () => {
    expect(() => scheduler([spec('job')], {}).next('nobody', NOW)).toThrow('unknown contributor');
  });
});

it('rectWork counts the rows and columns that exist', () => {
  const job = { rows: 700, cols: 256, k: 1 };
  expect(rectWork(job, { row: 1, col: 0, rows: 2, cols: 1 })).toEqual({ rows: 444, cols: 256 });
  expect(rectWork(job, { row: 0, col: 0, rows: 2, cols: 1 })).toEqual({ rows: 512, cols: 256 });
});
