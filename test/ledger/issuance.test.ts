import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { halvings, minted } from '../../src/ledger/issuance.ts';

const CAP = 1_000_000n;

describe('the issuance curve', () => {
  it.each([
    [0n, 0n],
    [1n, 0n],
    [499_999n, 0n],
    [500_000n, 1n],
    [749_999n, 1n],
    [750_000n, 2n],
    [875_000n, 3n],
    [937_500n, 4n],
    [999_999n, 19n],
    [CAP, undefined],
  ])('has halved at %s of a million %s times', (issued, times) => {
    expect(halvings({ cap: CAP, issued })).toBe(times);
  });

  it.each([
    ['all of it before half is issued', 0n, 1000n, 1000n],
    ['a half between a half and three quarters', 500_000n, 1000n, 500n],
    ['a quarter from three quarters on', 750_000n, 1000n, 250n],
    ['both parts of work that crosses a threshold', 499_900n, 1000n, 100n + 450n],
    ['nothing for less than the rate asks for', 750_000n, 3n, 0n],
    ['the work rounded down', 750_000n, 7n, 1n],
    ['nothing at the cap', CAP, 10n ** 12n, 0n],
    ['what is left of the supply, and no more, for all the work in the world', 0n, 10n ** 30n, CAP],
  ])('mints %s', (_, issued, work, credit) => {
    expect(minted({ cap: CAP, issued }, work)).toBe(credit);
  });

  it.each([1n, 2n, 3n, 5n, 7n])('reaches a cap of %s microcredits and stops there', (cap) => {
    let issued = 0n;
    for (let n = 0; n < 100; n++) issued += minted({ cap, issued }, 8n);
    expect(issued).toBe(cap);
  });

  it.each([
    [0n, 0n],
    [10n, 11n],
    [10n, -1n],
    [-1n, 0n],
  ])('refuses a cap of %s with %s issued', (cap, issued) => {
    expect(() => minted({ cap, issued }, 1n)).toThrow('microcredits');
  });

  const supply = fc
    .tuple(fc.bigInt({ min: 1n, max: 2n ** 53n - 1n }), fc.bigInt({ min: 0n, max: 2n ** 53n - 1n }))
    .map(([cap, issued]) => ({ cap, issued: issued % (cap + 1n) }));
  const work = fc.bigInt({ min: 0n, max: 2n ** 60n });

  it('never passes its cap, whatever is done in whatever order', () => {
    fc.assert(
      fc.property(supply, fc.array(work), ({ cap, issued }, all) => {
        let now = issued;
        for (const each of all) {
          const credit = minted({ cap, issued: now }, each);
          expect(credit >= 0n && credit <= each).toBe(true);
          now += credit;
          expect(now <= cap).toBe(true);
        }
      }),
    );
  });

  it('never mints more for less work, nor more for the same work later', () => {
    fc.assert(
      fc.property(supply, work, work, ({ cap, issued }, a, b) => {
        const [less, more] = a < b ? [a, b] : [b, a];
        expect(minted({ cap, issued }, less) <= minted({ cap, issued }, more)).toBe(true);
        const later = issued + minted({ cap, issued }, a);
        expect(minted({ cap, issued: later }, b) <= minted({ cap, issued }, b)).toBe(true);
      }),
    );
  });

  it('never mints more for work that is split', () => {
    fc.assert(
      fc.property(supply, fc.array(work, { maxLength: 8 }), ({ cap, issued }, parts) => {
        const whole = minted(
          { cap, issued },
          parts.reduce((sum, part) => sum + part, 0n),
        );
        let now = issued;
        for (const part of parts) now += minted({ cap, issued: now }, part);
        expect(now - issued <= whole).toBe(true);
      }),
    );
  });

  it('needs one more of work for one more of credit, as often doubled as it has halved', () => {
    fc.assert(
      fc.property(supply, ({ cap, issued }) => {
        const times = halvings({ cap, issued });
        fc.pre(times !== undefined);
        expect(minted({ cap, issued }, 1n << times)).toBe(1n);
        expect(minted({ cap, issued }, (1n << times) - 1n)).toBe(0n);
      }),
    );
  });
});
