import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RateLimit, addressKey } from '../../src/coordinator/rate-limit.ts';
import { FakeClock } from '../helpers/fake-clock.ts';

const RATE = { burst: 3, perSecond: 2 };
const takes = (limit: RateLimit, key: string, count: number): number =>
  Array.from({ length: count }, () => limit.take(key)).filter(Boolean).length;

describe('a rate limit', () => {
  it('lets a burst pass, then the rate, and never more than another burst after a pause', async () => {
    const clock = new FakeClock();
    const limit = new RateLimit(clock, RATE);
    expect(takes(limit, 'a', 10)).toBe(3);
    await clock.advance(1000);
    expect(takes(limit, 'a', 10)).toBe(2);
    await clock.advance(60_000);
    expect(takes(limit, 'a', 10)).toBe(3);
  });

  it('counts each by itself', () => {
    const limit = new RateLimit(new FakeClock(), RATE);
    expect(takes(limit, 'a', 10)).toBe(3);
    expect(takes(limit, 'b', 10)).toBe(3);
  });

  it('says after how long one more is allowed', async () => {
    for (const perSecond of [0.1, 0.5, 2, 100]) {
      const clock = new FakeClock();
      const limit = new RateLimit(clock, { burst: 1, perSecond });
      limit.take('a');
      expect(limit.take('a')).toBe(false);
      await clock.advance(1000 * limit.retryAfterS);
      expect(limit.take('a')).toBe(true);
    }
  });

  it('remembers no more than it was told to, and forgets those that it has not seen for longest', () => {
    const limit = new RateLimit(new FakeClock(), RATE, 100);
    expect(takes(limit, 'busy', 3)).toBe(3);
    for (let i = 0; i < 10_000; i++) {
      limit.take(`flood ${i}`);
      expect(limit.take('busy')).toBe(false); // still known: it is seen all the time
      expect(limit.size).toBeLessThanOrEqual(100);
    }
  });
});

describe('who counts as one', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::9', '2001:db8:1:2::/64'],
    ['2001:db8::9', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['unknown', 'unknown'],
    ['', ''],
  ])('%s is %s', (address, key) => {
    expect(addressKey(address)).toBe(key);
  });

  it('is a short key for any text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (text) => {
        expect(addressKey(text).length).toBeLessThanOrEqual(64);
      }),
    );
  });
});
