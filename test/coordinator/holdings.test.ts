import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Holdings } from '../../src/coordinator/holdings.ts';
import { BLOCK_BYTES } from '../../src/matrix/blocks.ts';

const pages = (count: number): Holdings => new Holdings(count * BLOCK_BYTES);

describe('Holdings', () => {
  it('keeps the strips used last, as many as fit, whatever is added and evicted', () => {
    const step = fc.oneof(
      fc.record({ operand: fc.constantFrom('a', 'b'), row: fc.nat({ max: 5 }) }),
      fc.record({ evicted: fc.nat({ max: 7 }) }),
    );
    fc.assert(
      fc.property(fc.nat({ max: 12 }), fc.array(step, { maxLength: 40 }), (room, steps) => {
        const blocksOf = (operand: string): number => (operand === 'a' ? 2 : 3);
        const holdings = pages(room);
        let kept: { operand: string; row: number }[] = [];
        const used = (): number => kept.reduce((sum, strip) => sum + blocksOf(strip.operand), 0);
        for (const each of steps) {
          if ('evicted' in each) {
            holdings.evicted(each.evicted);
            for (let left = each.evicted; left > 0 && kept.length > 0;)
              left -= blocksOf(kept.shift()!.operand);
          } else {
            holdings.add(each.operand, each.row, blocksOf(each.operand));
            kept = kept.filter(({ operand, row }) => operand !== each.operand || row !== each.row);
            kept.push(each);
            while (used() > room) kept.shift();
          }
          for (const operand of ['a', 'b']) {
            for (let row = 0; row <= 5; row++) {
              const held = kept.some((strip) => strip.operand === operand && strip.row === row);
              expect(holdings.has(operand, row)).toBe(held);
            }
          }
        }
      }),
    );
  });

  it('holds nothing where not even one strip fits', () => {
    const holdings = pages(3);
    holdings.add('a', 0, 4);
    expect(holdings.has('a', 0)).toBe(false);
    holdings.add('a', 1, 3);
    expect(holdings.has('a', 1)).toBe(true);
  });
});
