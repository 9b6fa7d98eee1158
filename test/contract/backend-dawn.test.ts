import { systemClock } from '../../src/core/clock.ts';
import { openDawn } from '../../src/gpu/dawn.node.ts';
import { shaders } from '../../src/gpu/shaders.node.ts';
import { type WebGpuOptions, createWebGpuBackend } from '../../src/gpu/webgpu.ts';
import { describeBackend } from './backend.ts';
import type { MakeBackend } from './backend-cases.ts';

const make =
  (mask: NonNullable<WebGpuOptions['mask']>): MakeBackend =>
  async (memoryBytes) =>
    createWebGpuBackend({
      gpu: await openDawn(),
      shaders,
      memoryBytes,
      allowFallback: true,
      clock: systemClock,
      mask,
    });

describeBackend('Dawn in Node', make({}));
describeBackend(
  'Dawn in Node, without dot4 and with an arena of several buffers',
  make({ noDot4: true, bindingBytes: 3 * 2 ** 18 }),
);
