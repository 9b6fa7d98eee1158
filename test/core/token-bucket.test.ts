import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../../src/core/token-bucket.ts';
import { FakeClock } from '../helpers/fake-clock.ts';

const KIB = 1024;
const BLOCK = 256 * KIB;

/** Somebody who always wants the next piece; returns when each was given, ms since the start. */
function mover(
  bucket: TokenBucket,
  clock: FakeClock,
  sizes: Iterable<number>,
): { at: number; bytes: number }[] {
  const start = clock.now();
  const moved: { at: number; bytes: number }[] = [];
  const run = async (): Promise<void> => {
    for (const bytes of sizes) {
      await bucket.take(bytes);
      moved.push({ at: clock.now() - start, bytes });
    }
  };
  void run();
  return moved;
}

function* repeat(bytes: number): Generator<number> {
  for (;;) yield bytes;
}

/** The most within any stretch of `ms`. */
function mostWithin(moved: readonly { at: number; bytes: number }[], ms: number): number {
  const sums = moved.map(({ at }) =>
    moved.filter((other) => other.at >= at && other.at < at + ms).reduce((sum, { bytes }) => sum + bytes, 0),
  );
  return Math.max(0, ...sums);
}

describe('a rate', () => {
  it.each([1, 3, 10].map((mib) => [mib * KIB * KIB]))(
    'of %i bytes a second is kept to within a tenth over ten seconds, and used',
    async (rate) => {
      const clock = new FakeClock();
      const bucket = new TokenBucket(clock);
      bucket.rate = rate;
      await clock.advance(60_000); // what nobody used is not saved up
      const moved = mover(bucket, clock, repeat(BLOCK));
      await clock.advance(30_000);
      expect(mostWithin(moved, 10_000)).toBeLessThanOrEqual(1.1 * 10 * rate);
      const all = moved.reduce((sum, { bytes }) => sum + bytes, 0);
      expect(all).toBeGreaterThan(0.97 * 30 * rate);
    },
  );

  it('lets a piece through that is larger than a second of it', async () => {
    const clock = new FakeClock();
    const bucket = new TokenBucket(clock);
    bucket.rate = 128 * KIB;
    const moved = mover(bucket, clock, repeat(BLOCK));
    await clock.advance(10_000);
    expect(moved.map(({ at }) => at)).toEqual([2000, 4000, 6000, 8000, 10_000]);
  });

  it('is exceeded over no stretch by more than half a second and a piece', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: BLOCK }), { minLength: 1, maxLength: 40 });
    const rates = fc.integer({ min: 128 * KIB, max: 4 * KIB * KIB });
    await fc.assert(
      fc.asyncProperty(sizes, rates, fc.nat(5000), async (pieces, rate, idle) => {
        const clock = new FakeClock();
        const bucket = new TokenBucket(clock);
        bucket.rate = rate;
        await clock.advance(idle);
        const moved = mover(bucket, clock, pieces);
        await clock.advance(2000);
        for (const ms of [100, 1000]) {
          expect(mostWithin(moved, ms)).toBeLessThanOrEqual((rate * (ms + 500)) / 1000 + BLOCK);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('of nothing stands still until there is one again, and without one nobody waits', async () => {
    const clock = new FakeClock();
    const bucket = new TokenBucket(clock);
    expect(bucket.tryTake(BLOCK)).toBe(true);
    bucket.rate = 0;
    expect(bucket.tryTake(1)).toBe(false);
    const moved = mover(bucket, clock, [BLOCK, BLOCK]);
    await clock.advance(3_600_000);
    expect(moved).toEqual([]);
    expect(clock.pending).toBe(0);
    bucket.rate = undefined;
    await clock.advance(0);
    expect(moved).toHaveLength(2);
  });

  it('that changes counts for those who wait already', async () => {
    const clock = new FakeClock();
    const bucket = new TokenBucket(clock);
    bucket.rate = BLOCK / 100;
    const moved = mover(bucket, clock, [BLOCK]);
    await clock.advance(50_000); // half of it
    bucket.rate = BLOCK;
    await clock.advance(500);
    expect(moved).toEqual([{ at: 50_500, bytes: BLOCK }]);
  });
});

describe('those who wait', () => {
  it('come in their order, and nobody slips past them', async () => {
    const clock = new FakeClock();
    const bucket = new TokenBucket(clock);
    bucket.rate = 1000;
    const order: string[] = [];
    void bucket.take(1000).then(() => order.push('large'));
    void bucket.take(1).then(() => order.push('small'));
    await clock.advance(900);
    expect(bucket.tryTake(1)).toBe(false);
    expect(order).toEqual([]);
    await clock.advance(101);
    expect(order).toEqual(['large', 'small']);
  });

  it('may give up, and hold nobody up then', async () => {
    const clock = new FakeClock();
    const bucket = new TokenBucket(clock);
    bucket.rate = 1000;
    const stop = new AbortController();
    const given = bucket.take(1_000_000, stop.signal);
    const next = mover(bucket, clock, [10]);
    await clock.advance(100);
    stop.abort();
    await expect(given).rejects.toMatchObject({ code: 'aborted' });
    await expect(bucket.take(1, stop.signal)).rejects.toMatchObject({ code: 'aborted' });
    await clock.advance(10);
    expect(next).toHaveLength(1);
  });

  it('get at once what others took and did not move, and wait for what they moved beyond it', async () => {
    const clock = new FakeClock();
    const bucket = new TokenBucket(clock);
    bucket.rate = 1000;
    await clock.advance(500);
    expect(bucket.tryTake(500)).toBe(true);
    const moved = mover(bucket, clock, [400, 100]);
    bucket.giveBack(450);
    await clock.advance(0);
    expect(moved).toHaveLength(1);
    bucket.giveBack(-950);
    await clock.advance(999);
    expect(moved).toHaveLength(1);
    await clock.advance(1);
    expect(moved).toHaveLength(2);
  });

  it('are served by a clock that is set back, too', async () => {
    const clock = new FakeClock();
    const times = [1000, 1000, 0, 500, 1000];
    const bucket = new TokenBucket({
      now: () => times.shift() ?? 3000,
      after: (ms, done) => clock.after(ms, done),
    });
    bucket.rate = 1000;
    const moved = mover(bucket, clock, [800]);
    await clock.advance(5000);
    expect(moved).toHaveLength(1);
  });
});
