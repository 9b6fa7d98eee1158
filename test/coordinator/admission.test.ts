import { describe, expect, it } from 'vitest';
import { Admission } from '../../src/coordinator/admission.ts';
import { threadLoad } from '../../src/coordinator/thread-load.ts';
import { FakeClock } from '../helpers/fake-clock.ts';

const { signal } = new AbortController();

function admission(options: { bytes?: number; busyBytes?: number } = {}) {
  const clock = new FakeClock();
  const load = { busy: false };
  const gate = new Admission({ bytes: 100, busyBytes: 20, isBusy: () => load.busy, clock, ...options });
  const came: string[] = [];
  const releases = new Map<string, () => void>();
  const ask = async (name: string, bytes: number, order: number): Promise<void> => {
    releases.set(name, await gate.acquire(bytes, order, signal));
    came.push(name);
  };
  return { gate, clock, load, came, ask, release: (name: string) => releases.get(name)!() };
}

describe('the admission of results', () => {
  it('lets as many in as there is room for, while the thread has time', async () => {
    const { came, ask, clock } = admission();
    for (const name of ['a', 'b', 'c']) void ask(name, 40, 0);
    await clock.advance(0);
    expect(came).toEqual(['a', 'b']);
  });

  it('lets only a few in while the thread is busy, and always one', async () => {
    const { came, ask, clock, load, release } = admission();
    load.busy = true;
    for (const name of ['large', 'b', 'c', 'd']) void ask(name, name === 'large' ? 60 : 10, 0);
    await clock.advance(0);
    expect(came).toEqual(['large']);
    release('large');
    await clock.advance(0);
    expect(came).toEqual(['large', 'b', 'c']);
  });

  it('goes on when the thread has time again, though nothing is released', async () => {
    const { came, ask, clock, load } = admission();
    load.busy = true;
    for (const name of ['a', 'b', 'c']) void ask(name, 15, 0);
    await clock.advance(1000);
    expect(came).toEqual(['a']);
    load.busy = false;
    await clock.advance(100);
    expect(came).toEqual(['a', 'b', 'c']);
    expect(clock.pending).toBe(0);
  });

  it('lets on first what was begun first', async () => {
    const { came, ask, clock, release } = admission({ busyBytes: 100 });
    void ask('1', 100, 1);
    for (const [name, order] of [
      ['3', 3],
      ['2', 2],
      ['1 again', 1],
      ['3 again', 3],
    ] as const)
      void ask(name, 50, order);
    await clock.advance(0);
    release('1');
    await clock.advance(0);
    expect(came).toEqual(['1', '1 again', '2']);
    release('2');
    release('1 again');
    await clock.advance(0);
    expect(came).toEqual(['1', '1 again', '2', '3', '3 again']);
  });

  it('keeps no place for those who stop waiting', async () => {
    const { gate, came, ask, clock, release } = admission();
    void ask('a', 100, 0);
    const stop = new AbortController();
    const gone = gate.acquire(100, 0, stop.signal);
    void ask('b', 1, 1);
    stop.abort();
    await expect(gone).rejects.toMatchObject({ code: 'aborted' });
    await clock.advance(0);
    expect(came).toEqual(['a']);
    release('a');
    release('a'); // once, however often it is said
    await clock.advance(0);
    expect(came).toEqual(['a', 'b']);
    await expect(gate.acquire(1, 0, stop.signal)).rejects.toMatchObject({ code: 'aborted' });
    await expect(gate.acquire(101, 0, signal)).rejects.toMatchObject({ code: 'too-large' });
  });
});

it('calls a thread busy that had no time to spare for a tenth of a second', () => {
  const at = { active: 0, idle: 0 };
  const isBusy = threadLoad((now, last) => {
    const from = (now && last) ?? { active: 0, idle: 0 };
    const [active, idle] = [at.active - from.active, at.idle - from.idle];
    return { active, idle, utilization: active / (active + idle) };
  });
  at.active += 60;
  expect(isBusy()).toBe(false);
  at.active += 60;
  expect(isBusy()).toBe(true);
  at.idle += 50;
  expect(isBusy()).toBe(true);
  at.idle += 60;
  expect(isBusy()).toBe(false);
});
