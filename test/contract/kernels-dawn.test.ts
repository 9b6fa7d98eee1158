import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { openDawn } from '../../src/gpu/dawn.node.ts';
import { DOT4_FEATURE, KERNELS } from '../../src/gpu/kernels.ts';
import { shaders } from '../../src/gpu/shaders.node.ts';
import { type WebGpuOptions, createWebGpuBackend } from '../../src/gpu/webgpu.ts';
import { KERNEL_BYTES, kernelsFor, runKernels } from './kernels-cases.ts';

/** Software adapters take seconds to compile a kernel, on machines that do other things too. */
const TIMEOUT_MS = 120_000;
/** Three pages a buffer: operands and results lie in several. */
const SEVERAL_BUFFERS = { bindingBytes: 3 * 2 ** 18 };
/** One of each loop that differs in how it meets the edge of a buffer, the quickest to compile. */
const IN_SEVERAL = ['i8-fma/register-32', 'f16-bits/flat', 'f32/register-8x8', 'f32/tall-deep'];

let gpu: GPU;
let whole: ReturnType<typeof runKernels>;
let cut: ReturnType<typeof runKernels>;

beforeAll(async () => {
  gpu = await openDawn();
  const make = (mask: NonNullable<WebGpuOptions['mask']>) => (kernels: (name: string) => boolean) =>
    createWebGpuBackend({
      gpu,
      shaders,
      memoryBytes: KERNEL_BYTES,
      allowFallback: true,
      clock: systemClock,
      kernels,
      mask,
    });
  whole = runKernels(kernelsFor({ dot4: gpu.wgslLanguageFeatures.has(DOT4_FEATURE) }), make({}));
  cut = runKernels(
    KERNELS.filter(({ name }) => IN_SEVERAL.includes(name)),
    make(SEVERAL_BUFFERS),
  );
});
afterAll(() => Promise.all([...whole.values(), ...cut.values()]), TIMEOUT_MS);

describe('every kernel, on ragged shapes: Dawn in Node', () => {
  it.each(KERNELS)(
    '$name computes the product',
    async ({ name, needs }) => {
      const faults = whole.get(name);
      if (faults) expect(await faults).toEqual([]);
      else expect(needs).toBe('dot4');
    },
    TIMEOUT_MS,
  );

  it.each(IN_SEVERAL)(
    '%s computes it from an arena of several buffers',
    async (name) => {
      expect(await cut.get(name)).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
