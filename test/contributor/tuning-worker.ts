/** One visit: opens the GPU as the GPU worker does, counting what is saved. */
import { openTuningStore } from '../../src/contributor/tuning-store.ts';
import { stopwatch } from '../../src/core/clock.ts';
import { shaders } from '../../src/gpu/shaders.ts';
import type { TuningStore } from '../../src/gpu/tuner.ts';
import { createWebGpuBackend } from '../../src/gpu/webgpu.ts';
import type { Visit } from './tuning-page.ts';

async function visit(runtime: string): Promise<Visit> {
  let races = 0;
  const inner = openTuningStore();
  const store: TuningStore = {
    load: (key) => inner.load(key),
    save: (key, choice) => {
      races += 1;
      return inner.save(key, choice);
    },
  };
  const backend = await createWebGpuBackend({
    gpu: navigator.gpu,
    shaders,
    memoryBytes: 16 * 2 ** 20,
    allowFallback: true,
    clock: stopwatch,
    tunings: { store, runtime },
    // Two each are enough of a race.
    kernels: (name) => /^(i8-fma|i8-unpack|f16|f16-bits)\/register-32$|^f32\/register-/.test(name),
  });
  await backend.selfTest();
  const { kernels } = backend.info;
  await backend.destroy();
  return { kernels, races };
}

addEventListener('message', ({ data }: MessageEvent<string>) => {
  const tell = (report: Visit | string): void => globalThis.postMessage(report, { transfer: [] });
  visit(data).then(tell, (error: unknown) => tell(String(error)));
});
