import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { ROUTER_BYTES, Shaper, capacityBytes, pieceBytes } from './shaper.ts';

const WAY = { bytesPerSecond: 1000, delayMs: 10 };

describe('one way of a link', () => {
  it('lets bytes leave at its rate and arrive after its delay', () => {
    expect(new Shaper(WAY).send(100, 50)).toEqual({ leavesMs: 150, arrivesMs: 160 });
  });

  it('makes what comes while it is busy wait, and what comes later not', () => {
    const shaper = new Shaper(WAY);
    shaper.send(0, 100);
    expect(shaper.send(10, 100).leavesMs).toBe(200);
    expect(shaper.send(500, 100).leavesMs).toBe(600);
  });

  it('never carries more than its rate, however bytes come, and keeps their order', () => {
    const sends = fc.array(fc.tuple(fc.nat(100), fc.integer({ min: 1, max: 5000 })), { minLength: 1 });
    fc.assert(
      fc.property(sends, (list) => {
        const shaper = new Shaper(WAY);
        let now = 0;
        let sent = 0;
        let last = 0;
        for (const [wait, bytes] of list) {
          now += wait;
          sent += bytes;
          const { leavesMs, arrivesMs } = shaper.send(now, bytes);
          expect(arrivesMs).toBeGreaterThan(last);
          expect(leavesMs + 1e-6).toBeGreaterThanOrEqual(sent);
          last = arrivesMs;
        }
      }),
    );
  });

  it('holds what is on the way and a router’s buffer', () => {
    expect(capacityBytes(WAY)).toBe(ROUTER_BYTES + 20);
    expect(capacityBytes({ bytesPerSecond: 12.5e6, delayMs: 10 })).toBe(ROUTER_BYTES + 250_000);
  });

  it('sends in pieces of a few milliseconds', () => {
    expect(pieceBytes({ bytesPerSecond: 2.5e6, delayMs: 10 })).toBe(10_000);
    expect(pieceBytes({ bytesPerSecond: 1000, delayMs: 10 })).toBe(1460);
    expect(pieceBytes({ bytesPerSecond: 1e9, delayMs: 10 })).toBe(65_536);
  });
});
