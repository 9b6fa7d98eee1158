/** Runs the backend contract inside a browser's dedicated worker, where production computes too. */
import { systemClock } from '../../src/core/clock.ts';
import { shaders } from '../../src/gpu/shaders.ts';
import { createWebGpuBackend } from '../../src/gpu/webgpu.ts';
import { runBackendCases } from './backend-cases.ts';

async function run(mask: { noDot4: boolean }): Promise<void> {
  const { gpu } = navigator;
  const report = await runBackendCases((memoryBytes) =>
    createWebGpuBackend({ gpu, shaders, memoryBytes, allowFallback: true, clock: systemClock, mask }),
  ).catch((error: unknown) => ({ passed: 0, failed: [`the suite did not run: ${String(error)}`] }));
  globalThis.postMessage(report, { transfer: [] });
}

addEventListener('message', (event: MessageEvent<{ noDot4: boolean }>) => void run(event.data));
