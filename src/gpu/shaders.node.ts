/** The shader text for Node, from the repo's shaders folder. */
import { readFileSync } from 'node:fs';
import { SOURCES, type Shaders, type SourceName } from './kernels.ts';

const read = (name: SourceName): string =>
  readFileSync(new URL(`../../shaders/${name}.wgsl`, import.meta.url), 'utf8');

export const shaders = Object.fromEntries(SOURCES.map((name) => [name, read(name)])) as Shaders;
