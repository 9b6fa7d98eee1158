import { expect, it } from 'vitest';
import { SOURCES } from '../../src/gpu/kernels.ts';
import { shaders } from '../../src/gpu/shaders.node.ts';
import { tuningKey } from '../../src/gpu/tuning-key.ts';

const HERE = ['nvidia|ampere||', 'a browser 1.0'];

it('is short, and the same for the same adapter, browser and build', async () => {
  const key = await tuningKey(HERE, shaders);
  expect(key).toMatch(/^[0-9a-f]{32}$/);
  expect(await tuningKey([...HERE], { ...shaders })).toBe(key);
});

it('is another one as soon as the adapter, the browser or a letter of a shader changes', async () => {
  const others: Promise<string>[] = [
    tuningKey(HERE, shaders),
    tuningKey(['nvidia|ada||', HERE[1]!], shaders),
    tuningKey([HERE[0]!, 'a browser 1.1'], shaders),
    tuningKey(['nvidia|ampere||a', ' browser 1.0'], shaders),
    ...SOURCES.map((name) => tuningKey(HERE, { ...shaders, [name]: `${shaders[name]} ` })),
  ];
  expect(new Set(await Promise.all(others)).size).toBe(4 + SOURCES.length);
});
