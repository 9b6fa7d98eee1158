/** Runs the backend contract inside a browser's dedicated worker, where production computes too. */
import { systemClock } from '../../src/core/clock.ts';
import { DOT4_FEATURE } from '../../src/gpu/kernels.ts';
import { shaders } from '../../src/gpu/shaders.ts';
import { type WebGpuOptions, createWebGpuBackend } from '../../src/gpu/webgpu.ts';
import type { Report, Wish } from './backend-browser.ts';
import { runBackendCases } from './backend-cases.ts';
import { KERNEL_BYTES, kernelsFor, runKernels } from './kernels-cases.ts';

const { gpu } = navigator;

const make = (change: Pick<WebGpuOptions, 'memoryBytes' | 'kernels' | 'mask'>) =>
  createWebGpuBackend({ gpu, shaders, allowFallback: true, clock: systemClock, ...change });

async function runEach(dot4: boolean): Promise<Report> {
  const kernels = kernelsFor({ dot4 });
  const runs = runKernels(kernels, (allowed) => make({ memoryBytes: KERNEL_BYTES, kernels: allowed }));
  const faults = await Promise.all(runs.values());
  return { passed: faults.filter(({ length }) => length === 0).length, failed: faults.flat() };
}

async function run({ suite, noDot4 }: Wish): Promise<void> {
  const report = await (
    suite === 'kernels'
      ? runEach(gpu.wgslLanguageFeatures.has(DOT4_FEATURE))
      : runBackendCases((memoryBytes) => make({ memoryBytes, mask: { noDot4 } }))
  ).catch((error: unknown) => ({ passed: 0, failed: [`the suite did not run: ${String(error)}`] }));
  globalThis.postMessage(report, { transfer: [] });
}

addEventListener('message', (event: MessageEvent<Wish>) => void run(event.data));
