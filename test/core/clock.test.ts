import { describe, expect, it } from 'vitest';
import { sleep, withDeadline } from '../../src/core/clock.ts';
import { FakeClock } from '../helpers/fake-clock.ts';

const never = (): Promise<never> => new Promise(() => {});

/** What a promise that must fail was rejected with. */
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'it did not fail',
    (error: unknown) => error,
  );

describe('sleep', () => {
  it('ends when its time has passed and not a millisecond before', async () => {
    const clock = new FakeClock();
    let awake = false;
    const slept = sleep(clock, 100).then(() => {
      awake = true;
    });
    await clock.advance(99);
    expect(awake).toBe(false);
    await clock.advance(1);
    await slept;
    expect(awake).toBe(true);
  });

  it('rejects at once, leaving no timer, when the signal fired before', async () => {
    const clock = new FakeClock();
    await expect(sleep(clock, 100, AbortSignal.abort('enough'))).rejects.toMatchObject({
      code: 'aborted',
      cause: 'enough',
    });
    expect(clock.pending).toBe(0);
  });

  it('rejects, leaving no timer, when the signal fires meanwhile', async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const slept = failure(sleep(clock, 100, controller.signal));
    await clock.advance(50);
    controller.abort();
    expect(await slept).toMatchObject({ code: 'aborted' });
    expect(clock.pending).toBe(0);
  });

  it('can sleep a second time with the same signal, and an abort after the end does no harm', async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    for (let round = 0; round < 2; round++) {
      const slept = sleep(clock, 10, controller.signal);
      await clock.advance(10);
      await slept;
    }
    controller.abort();
    expect(clock.pending).toBe(0);
  });
});

describe('withDeadline', () => {
  it('settles as the work does and leaves no timer', async () => {
    const clock = new FakeClock();
    expect(await withDeadline(clock, 100, 'the work', Promise.resolve(5))).toBe(5);
    const failing = withDeadline(clock, 100, 'the work', Promise.reject(new Error('broken')));
    await expect(failing).rejects.toThrow('broken');
    expect(clock.pending).toBe(0);
  });

  it('rejects with a timeout that names the work', async () => {
    const clock = new FakeClock();
    const late = failure(withDeadline(clock, 100, 'the dial', never()));
    await clock.advance(100);
    expect(await late).toMatchObject({ code: 'timeout', message: 'the dial took longer than 100 ms' });
  });

  it('keeps two deadlines on one piece of work apart', async () => {
    const clock = new FakeClock();
    const work = Promise.withResolvers<string>();
    const short = failure(withDeadline(clock, 10, 'short', work.promise));
    const long = withDeadline(clock, 20, 'long', work.promise);
    await clock.advance(10);
    expect(await short).toMatchObject({ code: 'timeout' });
    work.resolve('done');
    expect(await long).toBe('done');
    expect(clock.pending).toBe(0);
  });

  it('swallows a failure of the work that comes after the deadline', async () => {
    const clock = new FakeClock();
    const work = Promise.withResolvers<string>();
    const late = failure(withDeadline(clock, 10, 'it', work.promise));
    await clock.advance(10);
    expect(await late).toMatchObject({ code: 'timeout' });
    work.reject(new Error('an unhandled rejection would fail this run'));
    await clock.advance(1);
  });
});
