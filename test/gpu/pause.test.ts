/** A pause lets no slice begin, and loses nothing. */
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import type { Clock } from '../../src/core/clock.ts';
import type { Backend, KRange, ShardShape } from '../../src/gpu/backend.ts';
import { createCpuBackend } from '../../src/gpu/cpu.ts';
import { Duty } from '../../src/gpu/duty.ts';
import { FakeClock } from '../helpers/fake-clock.ts';

const never = new AbortController().signal;

describe('a duty cycle that is paused', () => {
  it('gives no turn until it goes on, at full and at half intensity', async () => {
    for (const share of [1, 0.5]) {
      const clock = new FakeClock();
      const duty = new Duty(clock);
      duty.share = share;
      duty.paused = true;
      let turns = 0;
      void duty.turn(never).then(() => (turns += 1));
      await clock.advance(60_000);
      expect(turns).toBe(0);
      expect(clock.pending).toBe(0);
      duty.paused = false;
      await clock.advance(0);
      expect(turns).toBe(1);
    }
  });

  it('does not make up for the pause afterwards, nor for a rest within it', async () => {
    const clock = new FakeClock();
    const duty = new Duty(clock);
    duty.share = 0.5;
    duty.spent(40);
    let turns = 0;
    void duty.turn(never).then(() => (turns += 1));
    await clock.advance(10);
    duty.paused = true;
    await clock.advance(60_000);
    duty.paused = false;
    await clock.advance(0);
    expect(turns).toBe(1);
    await clock.advance(40); // the slice
    duty.spent(40);
    void duty.turn(never).then(() => (turns += 1));
    await clock.advance(39);
    expect(turns).toBe(1);
    await clock.advance(1);
    expect(turns).toBe(2);
  });

  it('lets go of whoever stops waiting', async () => {
    const duty = new Duty(new FakeClock());
    duty.paused = true;
    const stop = new AbortController();
    const turn = duty.turn(stop.signal);
    stop.abort();
    await expect(turn).rejects.toMatchObject({ code: 'aborted' });
    await expect(duty.turn(stop.signal)).rejects.toMatchObject({ code: 'aborted' });
  });
});

const SHAPE: ShardShape = { dtype: 'i8', rows: 256, cols: 256, k: 4096 };

/** A shard that is being computed, and how many slices it has had. */
async function computing(): Promise<{
  backend: Backend;
  shard: number;
  range: KRange;
  slices: () => number;
  turns: () => Promise<void>;
}> {
  let slices = 0;
  const clock: Clock = {
    now: () => systemClock.now(),
    after: (ms, callback) => {
      if (ms === 0) slices += 1;
      return systemClock.after(ms, callback);
    },
  };
  const backend = createCpuBackend({ memoryBytes: 64 * 1024 * 1024, clock });
  const shard = await backend.open(SHAPE);
  const hashes = Array.from({ length: 4 }, (_, i) => `${i}`.padStart(64, '0'));
  for (const hash of await backend.reserve(shard, hashes)) {
    await backend.put(shard, hash, new Uint8Array(256 * 1024).fill(1));
  }
  const lists = hashes.map((hash) => [hash]);
  const turns = async (): Promise<void> => {
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve));
  };
  return { backend, shard, range: { from: 0, to: 4, a: lists, b: lists }, slices: () => slices, turns };
}

describe('a backend that is paused', () => {
  it('stops within one slice and goes on with the same shard', async () => {
    const { backend, shard, range, slices, turns } = await computing();
    const done = backend.accumulate(shard, range);
    await new Promise((resolve) => setTimeout(resolve));
    await backend.setPaused(true);
    const before = slices();
    await turns();
    expect(slices() - before).toBeLessThanOrEqual(1);
    await backend.setPaused(false);
    await done;
    const [cell] = await backend.close(shard);
    expect(new Int32Array(cell!.buffer).every((value) => value === 4096)).toBe(true);
  });

  it('can still be stopped, abandoned and destroyed: nothing hangs', async () => {
    const { backend, shard, range } = await computing();
    await backend.setPaused(true);
    const stop = new AbortController();
    const stopped = backend.accumulate(shard, range, stop.signal);
    const behind = backend.accumulate(shard, range, stop.signal);
    stop.abort();
    await expect(behind).rejects.toMatchObject({ code: 'aborted' });
    await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
    await backend.abandon(shard);
    const other = await backend.open(SHAPE);
    expect(await backend.reserve(other, range.a.flat())).toEqual([]);
    const waiting = backend.accumulate(other, range);
    waiting.catch(() => {});
    await backend.destroy();
    await expect(waiting).rejects.toMatchObject({ code: 'closed' });
  });
});
