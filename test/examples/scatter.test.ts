import { expect, it } from 'vitest';
import { scatterSvg } from '../../src/examples/scatter.ts';

it('A scatter holds every point once, in the colour of its digit, inside the frame', () => {
  const svg = scatterSvg(Float64Array.of(-1, 0, 5), Float64Array.of(2, 2, 9), [3, 3, 7], 'three points');
  const paths = [...svg.matchAll(/<path d="([^"]*)"/g)].map(([, d]) => d);
  expect(paths).toHaveLength(10);
  expect(paths[3]).toBe('M60.0 840.0h0M190.0 840.0h0');
  expect(paths[7]).toBe('M840.0 60.0h0');
  expect(svg).toContain('three points');
});

it('A scatter of points that are all the same has no division by zero in it', () => {
  expect(scatterSvg(Float64Array.of(1, 1), Float64Array.of(2, 2), [0, 1], 'two')).not.toContain('NaN');
});
