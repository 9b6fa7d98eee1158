/** The shader text for Node, from the repo's shaders folder. */
import { readFileSync } from 'node:fs';
import type { KernelName, Shaders } from './kernels.ts';

const read = (name: KernelName): string =>
  readFileSync(new URL(`../../shaders/${name}.wgsl`, import.meta.url), 'utf8');

export const shaders: Shaders = {
  'i8-dot4': read('i8-dot4'),
  'i8-unpack': read('i8-unpack'),
  f32: read('f32'),
  f16: read('f16'),
  'f16-bits': read('f16-bits'),
};
