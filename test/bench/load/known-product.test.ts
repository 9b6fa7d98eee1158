import { expect, it } from 'vitest';
import { multiplyReference } from '../../../src/matrix/reference.ts';
import { K, blockOf, stripOf, tagIn, tagOf } from './known-product.ts';

it('knows every block of the product', () => {
  for (const [s, t] of [
    [0, 0],
    [3, 5],
  ] as const) {
    const [a, b] = [stripOf('a', s), stripOf('b', t)];
    const exact = multiplyReference('i8', a, b, 256, 256, K);
    expect(tagIn(new Uint8Array(a.buffer))).toEqual(tagOf('a', s));
    expect(new Int32Array(blockOf(tagOf('a', s), tagOf('b', t)).buffer)).toEqual(exact);
  }
});

it('has blocks that differ', () => {
  const sums = new Set<number>();
  for (let s = 0; s < 40; s++)
    for (let t = 0; t < 40; t++) sums.add(new Int32Array(blockOf(tagOf('a', s), tagOf('b', t)).buffer)[0]!);
  expect(sums.size).toBeGreaterThan(1400);
});
