import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DENY_MS,
  MAX_WINDOW,
  NEW_STANDING,
  PAUSE_MS,
  type Standing,
  afterRejected,
  afterVerified,
  pauseLeft,
  roomFor,
  windowOf,
} from '../../src/coordinator/standing.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const NOW = 1_800_000_000_000;

const rejectedAt = (...times: number[]): Standing =>
  times.reduce((standing, time) => afterRejected(standing, time), NEW_STANDING);

describe('the window of a contributor', () => {
  it('is 1 for a stranger and doubles after every 8 verified in a row, up to 4', () => {
    let standing = NEW_STANDING;
    const windows: number[] = [];
    for (let verified = 0; verified < 40; verified++) {
      windows.push(windowOf(standing));
      standing = afterVerified(standing);
    }
    expect(windows).toEqual([
      ...Array.from({ length: 8 }, () => 1),
      ...Array.from({ length: 8 }, () => 2),
      ...Array.from({ length: 24 }, () => MAX_WINDOW),
    ]);
    expect(windowOf({ verifiedInARow: 1e9, rejections: [] })).toBe(MAX_WINDOW);
  });

  it('starts again at 1 after a rejection', () => {
    const trusted: Standing = { verifiedInARow: 100, rejections: [] };
    expect(windowOf(afterRejected(trusted, NOW))).toBe(1);
  });
});

describe('the room for further leases', () => {
  it('is one that computes and one on its way for a stranger', () => {
    const room = (leases: number, committed: number): number => roomFor(NEW_STANDING, { leases, committed });
    expect([room(0, 0), room(1, 0), room(1, 1), room(2, 1), room(2, 2)]).toEqual([1, 0, 1, 0, 0]);
  });

  it('is never more than the window has, whatever is in flight', () => {
    fc.assert(
      fc.property(fc.nat(40), fc.nat(20), fc.nat(20), (verifiedInARow, leases, x) => {
        const committed = Math.min(leases, x);
        const standing = { verifiedInARow, rejections: [] };
        const room = roomFor(standing, { leases, committed });
        expect(room).toBeGreaterThanOrEqual(0);
        if (room === 0) return;
        expect(leases - committed + room).toBeLessThanOrEqual(windowOf(standing));
        expect(leases + room).toBeLessThanOrEqual(MAX_WINDOW);
      }),
    );
  });
});

describe('the pause after failed checks', () => {
  it('is none after one', () => {
    expect(pauseLeft(NEW_STANDING, NOW)).toBe(0);
    expect(pauseLeft(rejectedAt(NOW), NOW)).toBe(0);
  });

  it('is an hour after two within a day, to the millisecond', () => {
    const standing = rejectedAt(NOW - 5000, NOW);
    expect(pauseLeft(standing, NOW)).toBe(PAUSE_MS);
    expect(pauseLeft(standing, NOW + PAUSE_MS - 1)).toBe(1);
    expect(pauseLeft(standing, NOW + PAUSE_MS)).toBe(0);
  });

  it('is none after two that are a day apart', () => {
    expect(pauseLeft(rejectedAt(NOW, NOW + DAY_MS), NOW + DAY_MS)).toBe(0);
    expect(pauseLeft(rejectedAt(NOW, NOW + DAY_MS - 1), NOW + DAY_MS - 1)).toBe(PAUSE_MS);
  });

  it('is 30 days after three within 30 days, and then all is forgotten', () => {
    const standing = rejectedAt(NOW - 20 * DAY_MS, NOW - 10 * DAY_MS, NOW);
    expect(pauseLeft(standing, NOW)).toBe(DENY_MS);
    // At that moment the first of the three is older than 30 days, but the pause was earned.
    expect(pauseLeft(standing, NOW + 9 * DAY_MS)).toBe(21 * DAY_MS);
    expect(pauseLeft(standing, NOW + DENY_MS)).toBe(0);
  });

  it('never counts what is 30 days old', () => {
    expect(pauseLeft(rejectedAt(NOW, NOW + DENY_MS), NOW + DENY_MS)).toBe(0);
    expect(rejectedAt(NOW, NOW + DENY_MS).rejections).toEqual([NOW + DENY_MS]);
  });

  it('only ever gets shorter while nothing happens', () => {
    const time = fc.integer({ min: 0, max: 60 * DAY_MS });
    fc.assert(
      fc.property(fc.array(time, { maxLength: 6 }), time, time, (times, a, b) => {
        const standing = rejectedAt(...times.map((ms) => NOW + ms).sort((x, y) => x - y));
        const start = standing.rejections.at(-1) ?? NOW;
        const [early, late] = [start + Math.min(a, b), start + Math.max(a, b)];
        const left = pauseLeft(standing, early);
        expect(left).toBeLessThanOrEqual(DENY_MS);
        expect(pauseLeft(standing, late)).toBeLessThanOrEqual(Math.max(0, left - (late - early)));
      }),
    );
  });
});
