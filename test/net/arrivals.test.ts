import { describe, expect, it } from 'vitest';
import { Arrivals } from '../../src/net/arrivals.ts';
import { FakeClock } from '../helpers/fake-clock.ts';

describe('how fast blocks arrive', () => {
  it('is told by the spaces between them, not by the round trip before the first', async () => {
    const clock = new FakeClock();
    const arrivals = new Arrivals(clock);
    for (let train = 0; train < 3; train++) {
      await clock.advance(400);
      arrivals.add(1000);
      await clock.advance(10);
      arrivals.add(1000);
      await clock.advance(10);
      arrivals.add(1000);
      arrivals.end();
    }
    expect(arrivals).toMatchObject({ bytes: 6000, ms: 60 });
  });

  it('is not told by single blocks', async () => {
    const clock = new FakeClock();
    const arrivals = new Arrivals(clock);
    for (let i = 0; i < 3; i++) {
      await clock.advance(50);
      arrivals.add(1000);
      arrivals.end();
      arrivals.end();
    }
    expect(arrivals).toMatchObject({ bytes: 0, ms: 0 });
  });

  it('never takes longer for a clock that is set back', async () => {
    let now = 1000;
    const arrivals = new Arrivals({ now: () => now, after: () => () => {} });
    arrivals.add(1);
    now = 500;
    arrivals.add(1);
    now = 510;
    arrivals.add(1);
    expect(arrivals).toMatchObject({ bytes: 2, ms: 10 });
  });
});
