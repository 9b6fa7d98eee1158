import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type DataMeter,
  NO_DATA,
  countBytes,
  dayBytes,
  localTime,
  parseMeter,
  serializeMeter,
} from '../../src/contributor/data-meter.ts';

const count = (...steps: [day: string, bytes: number][]): DataMeter =>
  steps.reduce((meter, [day, bytes]) => countBytes(meter, day, bytes), NO_DATA);

describe('the bytes of a day', () => {
  it('add up, and begin anew at midnight', () => {
    expect(dayBytes(NO_DATA)).toBe(0);
    expect(dayBytes(count(['2026-03-01', 5], ['2026-03-01', 7]))).toBe(12);
    expect(dayBytes(count(['2026-03-01', 5], ['2026-03-02', 0]))).toBe(0);
    expect(dayBytes(count(['2026-12-31', 5], ['2027-01-01', 3]))).toBe(3);
  });

  it('are not forgotten when the clock goes back, and not kept for longer than the day that it is', () => {
    const ahead = count(['2026-03-01', 5], ['2031-03-02', 7]);
    const back = countBytes(ahead, '2026-03-01', 1);
    expect(dayBytes(back)).toBe(13);
    expect(dayBytes(countBytes(back, '2026-03-02', 0))).toBe(0);
    const first = count(['2031-01-01', 9], ['2026-03-01', 0]);
    expect(dayBytes(first)).toBe(9);
    expect(dayBytes(countBytes(first, '2026-03-02', 2))).toBe(2);
  });

  it('never become fewer within a day, whatever bytes are said to have moved', () => {
    fc.assert(
      fc.property(fc.array(fc.double()), (moves) => {
        let meter = NO_DATA;
        for (const bytes of moves) {
          const next = countBytes(meter, '2026-03-01', bytes);
          expect(dayBytes(next)).toBeGreaterThanOrEqual(dayBytes(meter));
          meter = next;
        }
      }),
    );
  });

  it('are all there again when a clock that wandered for a week comes back', () => {
    const day = fc.integer({ min: 1, max: 8 }).map((date) => `2026-03-0${date}`);
    fc.assert(
      fc.property(fc.array(fc.tuple(day, fc.nat(100)), { maxLength: 20 }), fc.nat(100), (wander, spent) => {
        const start = count(['2026-03-01', spent]);
        const end = wander.reduce((meter, [on, bytes]) => countBytes(meter, on, bytes), start);
        const moved = wander.reduce((sum, [, bytes]) => sum + bytes, spent);
        expect(end.days.length).toBeLessThanOrEqual(8);
        expect(dayBytes(countBytes(end, '2026-03-01', 0))).toBe(moved);
      }),
    );
    const there = count(['2026-03-01', 50], ['2026-03-02', 0], ['2026-03-01', 0]);
    expect(dayBytes(there)).toBe(50);
  });

  it('outlive a reload, and nothing that was kept can break them', () => {
    const meter = count(['2026-03-01', 5], ['2026-03-02', 7]);
    expect(parseMeter(serializeMeter(meter))).toEqual(meter);
    for (const text of [null, undefined, '', '{', 'null', '{"version":1}', '{"version":9,"days":[]}']) {
      expect(parseMeter(text)).toEqual(NO_DATA);
    }
    const odd = { version: 1, days: [{ day: 'today', bytes: 5 }, null, { day: '2026-03-01', bytes: -5 }, 7] };
    expect(parseMeter(JSON.stringify(odd))).toEqual(NO_DATA);
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(dayBytes(parseMeter(JSON.stringify({ version: 1, days: value })))).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('the local time', () => {
  it('is that of the machine', () => {
    const noon = new Date(2026, 0, 5, 12, 34, 56);
    expect(localTime(noon.getTime())).toEqual({ day: '2026-01-05', minuteOfDay: 12 * 60 + 34 });
    const late = new Date(2026, 10, 30, 23, 59, 59);
    expect(localTime(late.getTime())).toEqual({ day: '2026-11-30', minuteOfDay: 1439 });
  });
});
