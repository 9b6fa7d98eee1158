import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/core/errors.ts';
import { seededRng } from '../../src/core/rng.ts';
import { type ConnectionState, Reconnector, STABLE_MS, retryDelayMs } from '../../src/net/reconnect.ts';
import { FakeClock } from '../helpers/fake-clock.ts';

const refused = new AppError('unreachable', 'refused');

interface Bench {
  readonly clock: FakeClock;
  readonly states: ConnectionState[];
  readonly reconnector: Reconnector<number>;
  /** What the next tries do: an error, or how long the session lasts. */
  readonly plan: (AppError | number)[];
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

function bench(plan: (AppError | number)[], otherwise: AppError | number = refused): Bench {
  const clock = new FakeClock();
  const states: ConnectionState[] = [];
  const stop = new AbortController();
  const reconnector = new Reconnector<number>({
    clock,
    rng: seededRng(1),
    async connect() {
      const next = plan.shift() ?? otherwise;
      if (next instanceof AppError) throw next;
      return next;
    },
    session: (lastsMs) =>
      new Promise((resolve) => {
        clock.after(lastsMs, resolve);
        stop.signal.addEventListener('abort', () => resolve());
      }),
    onState: (state) => states.push(state),
  });
  return { clock, states, reconnector, plan, stop, done: reconnector.run(stop.signal) };
}

describe('the delay before a retry', () => {
  it('is a random share of 1, 2, 4 … 60 s, for any attempt and any dice', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), fc.integer(), (attempt, seed) => {
        const delay = retryDelayMs(attempt, seededRng(seed), refused);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(Math.min(60_000, 1000 * 2 ** (attempt - 1)));
      }),
    );
  });

  it('spreads a crowd over the whole span', () => {
    const delays = Array.from({ length: 1000 }, (_, seed) => retryDelayMs(20, seededRng(seed)));
    for (let tenth = 0; tenth < 10; tenth++) {
      const within = delays.filter((delay) => delay >= tenth * 6000 && delay <= (tenth + 1) * 6000);
      expect(within.length).toBeGreaterThan(50);
    }
  });

  it('is 30 to 60 s after a wrong PeerId, from the first', () => {
    for (let seed = 0; seed < 100; seed++) {
      const delay = retryDelayMs(1, seededRng(seed), new AppError('wrong-peer', 'other key'));
      expect(delay).toBeGreaterThanOrEqual(30_000);
      expect(delay).toBeLessThanOrEqual(60_000);
    }
  });
});

describe('the reconnect loop', () => {
  it('gets through an outage of ten minutes, saying each time why and how long it waits', async () => {
    const { clock, states, plan, stop, done } = bench([]);
    await clock.advance(10 * 60_000);
    const waits = states.filter((state) => state.state === 'waiting');
    expect(waits.length).toBeGreaterThan(8);
    expect(waits.every((wait) => wait.error === refused && wait.retryInMs! <= 60_000)).toBe(true);
    expect(waits.map((wait) => wait.attempt)).toEqual(waits.map((_, i) => i + 1));
    plan.push(3_600_000);
    await clock.advance(60_000);
    expect(states.at(-1)?.state).toBe('connected');
    stop.abort();
    await done;
  });

  it('starts again at 1 s after a connection that lasted, twice', async () => {
    const { clock, states, stop, done } = bench([refused, refused, refused, STABLE_MS, STABLE_MS], STABLE_MS);
    await clock.advance(60_000);
    const after = states.filter((_, i) => i > 0 && states[i - 1]?.state === 'connected');
    expect(after.length).toBeGreaterThan(2);
    for (const wait of after) {
      expect(wait).toMatchObject({ state: 'waiting', attempt: 1, error: { code: 'closed' } });
      expect(wait.retryInMs).toBeLessThanOrEqual(1000);
    }
    stop.abort();
    await done;
  });

  it('slows down for connections that end at once', async () => {
    const { clock, states, stop, done } = bench([], 0);
    await clock.advance(30 * 60_000);
    const tries = states.filter((state) => state.state === 'connected').length;
    expect(tries).toBeLessThan(120);
    stop.abort();
    await done;
  });

  it('tries at once when woken, and only while it waits', async () => {
    const { clock, states, reconnector, stop, done } = bench([refused, refused, 100_000]);
    await clock.advance(0);
    reconnector.wake();
    await clock.advance(0);
    reconnector.wake();
    reconnector.wake();
    await clock.advance(0);
    expect(states.map((state) => state.state)).toEqual([
      'connecting',
      'waiting',
      'connecting',
      'waiting',
      'connecting',
      'connected',
    ]);
    reconnector.wake();
    await clock.advance(10);
    expect(states).toHaveLength(6);
    stop.abort();
    await done;
    expect(states).toHaveLength(6);
  });

  it('stops in the middle of a wait, and never starts when stopped before', async () => {
    const first = bench([]);
    await first.clock.advance(1);
    first.stop.abort();
    await first.done;
    expect(first.clock.pending).toBe(0);
    const { reconnector, states } = bench([], 0);
    await reconnector.run(AbortSignal.abort());
    expect(states.filter((state) => state.state === 'connecting')).toHaveLength(1);
  });
});
