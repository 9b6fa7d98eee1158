import { describe, expect, it } from 'vitest';
import { seededRng } from '../../src/core/rng.ts';
import { AddressOrder } from '../../src/net/address-order.ts';

const ALL = ['one', 'two', 'three'];

describe('the addresses of a network', () => {
  it('are tried in every order, so that contributors spread', () => {
    const rng = seededRng(1);
    const first = Array.from({ length: 300 }, () => new AddressOrder(ALL, rng).next()[0]!);
    for (const address of ALL) {
      const share = first.filter((each) => each === address).length / first.length;
      expect(share).toBeGreaterThan(0.25);
      expect(share).toBeLessThan(0.42);
    }
  });

  it('are all tried each time, the ones that failed last', () => {
    const order = new AddressOrder(ALL, seededRng(2));
    order.failed('two');
    for (let again = 0; again < 20; again++) {
      const next = order.next();
      expect(next.toSorted()).toEqual(ALL.toSorted());
      expect(next[2]).toBe('two');
    }
    order.failed('one');
    expect(order.next()[0]).toBe('three');
  });

  it('may lead there again once another one has', () => {
    const order = new AddressOrder(ALL, seededRng(3));
    order.failed('two');
    order.worked();
    expect(Array.from({ length: 20 }, () => order.next()[0])).toContain('two');
  });
});
