/** How long the rests of an intensity are, and what ends them. */
import { describe, expect, it } from 'vitest';
import { Duty } from '../../src/gpu/duty.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { lateClock } from './late-clock.ts';

const never = new AbortController().signal;

describe('a rest', () => {
  interface Rig {
    readonly clock: FakeClock;
    readonly duty: Duty;
    /** A slice that starts now and takes `ms`. */
    readonly slice: (ms: number) => Promise<void>;
  }

  function setUp(share: number, lateness: (due: number) => number = () => 0): Rig {
    const clock = new FakeClock();
    const duty = new Duty(lateClock(clock, lateness));
    duty.share = share;
    const slice = async (ms: number): Promise<void> => {
      await clock.advance(ms);
      duty.spent(ms);
    };
    return { clock, duty, slice };
  }

  /** A rest of 900 ms begins. */
  async function resting(share = 0.1): Promise<Rig> {
    const rig = setUp(share);
    await rig.slice(900 / (1 / share - 1));
    return rig;
  }

  /** How long this turn takes, up to `most`. */
  async function turnMs(clock: FakeClock, duty: Duty, most = 60_000): Promise<number> {
    const asked = clock.now();
    let got: number | undefined;
    void duty.turn(never).then(() => (got = clock.now() - asked));
    await clock.advance(most);
    return got ?? Infinity;
  }

  it('ends at once when the signal fires, leaving no timer, and lets nobody through', async () => {
    const { clock, duty } = await resting();
    const stop = new AbortController();
    const refused = [1, 2].map(() =>
      expect(duty.turn(stop.signal)).rejects.toMatchObject({ code: 'aborted' }),
    );
    await clock.advance(10);
    stop.abort();
    await Promise.all(refused);
    expect(clock.pending).toBe(0);
    await expect(duty.turn(stop.signal)).rejects.toMatchObject({ code: 'aborted' });
    expect(await turnMs(clock, duty)).toBe(890);
  });

  it('is shortened at once by a higher share, for everybody who waits', async () => {
    const { clock, duty } = await resting();
    const passed: number[] = [];
    const start = clock.now();
    for (let waiter = 0; waiter < 3; waiter++) {
      void duty.turn(never).then(() => passed.push(clock.now() - start));
    }
    await clock.advance(450);
    duty.share = 0.5;
    await clock.advance(49);
    expect(passed).toEqual([]);
    await clock.advance(1);
    expect(passed).toEqual([500, 500, 500]);
    expect(clock.pending).toBe(0);
  });

  it('ends at full intensity, and one after it is as long as the lower share asks', async () => {
    const { clock, duty, slice } = await resting(0.05);
    const turn = duty.turn(never);
    await clock.advance(1);
    duty.share = 1;
    await turn;
    expect(clock.pending).toBe(0);
    await slice(40);
    expect(await turnMs(clock, duty, 0)).toBe(0);
    duty.share = 0.05;
    expect(await turnMs(clock, duty, 0)).toBe(0);
    await slice(40);
    expect(await turnMs(clock, duty)).toBe(760);
  });

  it('is lengthened at once by a lower share', async () => {
    const { clock, duty } = await resting(0.5);
    await clock.advance(800);
    duty.share = 0.1;
    expect(await turnMs(clock, duty)).toBe(900);
  });

  it('is as long as the share asks when that was set in the middle of a slice', async () => {
    const { clock, duty, slice } = setUp(1);
    await clock.advance(20);
    duty.share = 0.5;
    await clock.advance(20);
    duty.spent(40);
    expect(await turnMs(clock, duty, 40)).toBe(40);
    await slice(30);
    expect(await turnMs(clock, duty)).toBe(30);
  });

  it('counts every slice that was in flight when the share was lowered', async () => {
    const { clock, duty, slice } = setUp(1);
    await clock.advance(40);
    duty.share = 0.5;
    duty.spent(40);
    await slice(40);
    expect(await turnMs(clock, duty)).toBe(80);
  });

  it('is not followed by a burst, however long nobody wanted a slice', async () => {
    const { clock, duty, slice } = await resting();
    await clock.advance(60_000);
    expect(await turnMs(clock, duty, 1)).toBe(0);
    await slice(35);
    expect(await turnMs(clock, duty)).toBeCloseTo(315, 0);
  });

  it('that was overslept by a minute is made up for by a second', async () => {
    const { clock, duty, slice } = setUp(0.5, () => 60_000);
    await slice(100);
    expect(await turnMs(clock, duty, 60_100)).toBe(60_100);
    for (let made = 0; made < 1000; made += 100) {
      await slice(100);
      expect(await turnMs(clock, duty, 0)).toBe(0);
    }
    await slice(100);
    expect(await turnMs(clock, duty, 60_099)).toBe(Infinity);
  });

  it('that was overslept is not made up for after a pause, nor at another share', async () => {
    for (const between of [
      ({ clock }: Rig) => clock.advance(101),
      async ({ duty }: Rig) => {
        duty.share = 0.4;
        duty.share = 0.5;
      },
    ]) {
      let late = 500;
      const rig = setUp(0.5, () => late);
      await rig.slice(100);
      expect(await turnMs(rig.clock, rig.duty, 600)).toBe(600);
      late = 0;
      await between(rig);
      expect(await turnMs(rig.clock, rig.duty, 0)).toBe(0);
      await rig.slice(100);
      expect(await turnMs(rig.clock, rig.duty, 100)).toBe(100);
    }
  });

  it('is late once, however many wait for it', async () => {
    let late = 300;
    const { clock, duty, slice } = setUp(0.5, () => late);
    await slice(100);
    const turns = [1, 2, 3].map(() => duty.turn(never));
    await clock.advance(400);
    await Promise.all(turns);
    late = 0;
    await slice(300);
    expect(await turnMs(clock, duty, 0)).toBe(0);
    await slice(100);
    expect(await turnMs(clock, duty)).toBe(100);
  });

  it('is no longer than it was when the clock is set back, nor endless after a machine slept in a slice', async () => {
    const inner = new FakeClock();
    let back = 0;
    const duty = new Duty({ now: () => inner.now() - back, after: (ms, done) => inner.after(ms, done) });
    duty.share = 0.5;
    await inner.advance(100);
    duty.spent(100);
    back = 3_600_000;
    expect(await turnMs(inner, duty)).toBe(100);
    duty.spent(-3_600_000);
    expect(await turnMs(inner, duty, 0)).toBe(0);
    duty.share = 1;
    back = 7_200_000;
    expect(await turnMs(inner, duty, 0)).toBe(0);
    duty.share = 0.05;
    expect(await turnMs(inner, duty, 0)).toBe(0);
    await inner.advance(8 * 3_600_000);
    duty.spent(8 * 3_600_000);
    expect(await turnMs(inner, duty)).toBe(38_000);
  });

  it.each([0.049, 1.01, -1, 0, NaN, Infinity])('is not known for a share of %d', (share) => {
    const { duty } = setUp(0.5);
    expect(() => {
      duty.share = share;
    }).toThrow('between 0.05 and 1');
    expect(duty.share).toBe(0.5);
  });
});
