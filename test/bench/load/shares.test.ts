import type { Profiler } from 'node:inspector';
import { expect, it } from 'vitest';
import { sharesOf } from './shares.ts';

const node = (
  id: number,
  functionName: string,
  url: string,
  children: number[] = [],
): Profiler.ProfileNode => ({
  id,
  callFrame: { functionName, url, scriptId: '0', lineNumber: 0, columnNumber: 0 },
  children,
});

it('counts a sample for the nearest caller that says what it is', () => {
  const shares = sharesOf({
    nodes: [
      node(1, '(root)', '', [2, 5, 6]),
      node(2, 'query', 'file:///app/node_modules/kysely/dist/x.js', [3]),
      node(3, 'wasm-function[7]', 'wasm://wasm/1', [4]),
      node(4, 'memcpy', ''),
      node(5, '(idle)', ''),
      node(6, 'somewhere', 'file:///app/src/core/async.ts'),
    ],
    startTime: 0,
    endTime: 10,
    samples: [3, 4, 5, 6],
    timeDeltas: [3, 1, 4, 2],
  });
  expect(shares).toMatchObject({ database: 0.4, idle: 0.4, other: 0.2, crypto: 0 });
});
