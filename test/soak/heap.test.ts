import { expect, it } from 'vitest';
import { codeBytes } from './heap.ts';

it('counts the bytes of compiled code, wherever its fields stand', () => {
  const meta = {
    node_fields: ['self_size', 'name', 'type'],
    node_types: ['number', 'string', ['hidden', 'object', 'code', 'native']],
  };
  const nodes = [10, 0, 1, 200, 0, 2, 3000, 0, 3, 40_000, 0, 2];
  expect(codeBytes({ snapshot: { meta }, nodes })).toBe(40_200);
});
