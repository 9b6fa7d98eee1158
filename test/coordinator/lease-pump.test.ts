import { describe, expect, it } from 'vitest';
import { seededRng } from '../../src/core/rng.ts';
import { LeasePump } from '../../src/coordinator/lease-pump.ts';
import { Scheduler } from '../../src/coordinator/scheduler.ts';
import { NEW_STANDING } from '../../src/coordinator/standing.ts';
import type { ActiveLease, JobSpec } from '../../src/coordinator/work.ts';
import { FakeClock } from '../helpers/fake-clock.ts';

const JOB: JobSpec = {
  id: 'job',
  a: 'a',
  b: 'b',
  dtype: 'i8',
  rows: 256 * 40,
  cols: 256 * 40,
  k: 1024,
  project: 'any',
  priority: 0,
  createdMs: 0,
};
const CAPABILITY = {
  operandBytes: 2 ** 26,
  resultBytes: 2 ** 25,
  rates: { i8: 1e9, f16: 0, f32: 0 },
  downBytesPerSecond: 0,
  upBytesPerSecond: 0,
  projects: [],
};

interface Member {
  readonly peer: string;
  readonly standing: typeof NEW_STANDING;
  wanted: number;
  room(): number;
}

/** A crowd of which nobody wants anything yet. */
function crowd(count: number, jobs: readonly JobSpec[] = [JOB]) {
  const clock = new FakeClock();
  const scheduler = new Scheduler(seededRng(1));
  for (const job of jobs) scheduler.addJob(job);
  const sessions = new Map<string, Member>();
  for (let i = 0; i < count; i++) {
    const peer = `p${i}`;
    scheduler.join(peer, CAPABILITY);
    sessions.set(peer, { peer, standing: NEW_STANDING, wanted: 0, room: () => sessions.get(peer)!.wanted });
  }
  let asked = 0;
  const held = { all: false };
  const granted: ActiveLease[] = [];
  const idle: string[] = [];
  const pump = new LeasePump<Member>({
    sessions,
    scheduler: {
      held: (peer) => scheduler.held(peer),
      next: (peer, now) => {
        asked += 1;
        return scheduler.next(peer, now);
      },
    },
    clock,
    mayLease: () => !held.all,
    grant: (session, lease) => {
      session.wanted -= 1;
      granted.push(lease);
    },
    idle: ({ peer }) => idle.push(peer),
  });
  const want = (i: number, leases = 1): Member => {
    const member = sessions.get(`p${i}`)!;
    member.wanted = leases;
    return member;
  };
  return { clock, pump, want, sessions, granted, idle, held, asked: () => asked };
}

describe('offering work', () => {
  it('waits while nobody may be given anything, and goes on for all who wanted some', async () => {
    const { pump, want, granted, held } = crowd(3);
    held.all = true;
    pump.run(want(0));
    pump.run(want(1));
    await Promise.resolve();
    expect(granted).toEqual([]);
    held.all = false;
    pump.run();
    await Promise.resolve();
    expect(granted.map(({ peer }) => peer)).toEqual(['p0', 'p1']);
  });

  it('asks everybody at once while they are few, one lease each in turn', async () => {
    const { pump, want, granted, clock } = crowd(3);
    want(0, 2);
    want(2, 2);
    pump.run();
    await clock.advance(0);
    expect(granted.map(({ peer }) => peer)).toEqual(['p0', 'p2', 'p0', 'p2']);
  });

  it('asks whoever made room at once, and a crowd ten times a second at most', async () => {
    const { pump, want, granted, idle, clock, asked } = crowd(500, []);
    pump.run();
    await clock.advance(0);
    for (let i = 0; i < 500; i++) want(i);
    for (let event = 0; event < 1000; event++) {
      pump.run(want(7));
      await clock.advance(0);
    }
    expect(granted).toEqual([]);
    expect(asked()).toBe(1000);
    expect(new Set(idle)).toEqual(new Set(['p7']));
    await clock.advance(100);
    expect(asked()).toBe(1500);
    await clock.advance(1000);
    expect(asked()).toBe(1500);
  });

  it('gives a crowd what has become open within a tenth of a second', async () => {
    const { pump, want, granted, clock } = crowd(200);
    pump.run();
    await clock.advance(0);
    want(3);
    pump.run(want(150));
    await clock.advance(0);
    expect(granted.map(({ peer }) => peer)).toEqual(['p150']);
    await clock.advance(100);
    expect(granted.map(({ peer }) => peer)).toEqual(['p150', 'p3']);
  });

  it('asks nobody who has left or was replaced, and nobody at all once it is closed', async () => {
    const { pump, want, sessions, granted, clock } = crowd(100);
    pump.run();
    await clock.advance(0);
    const gone = want(5);
    sessions.delete('p5');
    pump.run(gone);
    want(6);
    pump.close();
    pump.run(want(8));
    await clock.advance(1000);
    expect(granted).toEqual([]);
  });
});
