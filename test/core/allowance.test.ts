import { describe, expect, it } from 'vitest';
import { Allowance } from '../../src/core/allowance.ts';
import type { Clock } from '../../src/core/clock.ts';

const clockAt = (time: { now: number }): Clock => ({ now: () => time.now, after: () => () => {} });

describe('an allowance', () => {
  it('lets a burst pass, then so many a second, however long the pause was', () => {
    const time = { now: 5000 };
    const allowance = new Allowance(clockAt(time), { burst: 3, perSecond: 2 });
    const taken = (tries: number): number =>
      Array.from({ length: tries }, () => allowance.take()).filter(Boolean).length;
    expect(taken(10)).toBe(3);
    time.now += 499;
    expect(taken(1)).toBe(0);
    time.now += 1;
    expect(taken(10)).toBe(1);
    time.now += 3_600_000;
    expect(taken(10)).toBe(3);
  });

  it('gives nothing and takes nothing for a clock that is set back', () => {
    const time = { now: 5000 };
    const allowance = new Allowance(clockAt(time), { burst: 1, perSecond: 1 });
    expect(allowance.take()).toBe(true);
    time.now = 0;
    expect(allowance.take()).toBe(false);
    time.now = 1000;
    expect(allowance.take()).toBe(true);
  });
});
