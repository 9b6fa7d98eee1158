/** The GPU worker: owns the device. Speaks only to the session worker, over the port it is given. */
import { stopwatch } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { DeviceHistory } from '../gpu/history.ts';
import { shaders } from '../gpu/shaders.ts';
import { createWebGpuBackend } from '../gpu/webgpu.ts';
import { BackendServer } from './backend-server.ts';
import { expose } from './remote.ts';
import { openTuningStore } from './tuning-store.ts';

/** Outlives every device of this visit. */
const history = new DeviceHistory();
const tunings = { store: openTuningStore(), runtime: navigator.userAgent };

const server = new BackendServer(async (options) => {
  const gpu = (navigator as Partial<Navigator>).gpu;
  if (!gpu) throw new AppError('no-webgpu', 'This browser has no WebGPU.');
  return createWebGpuBackend({ gpu, shaders, clock: stopwatch, history, tunings, ...options });
});

addEventListener('message', (event: MessageEvent<{ port?: MessagePort }>) => {
  if (event.data.port) expose(server, event.data.port);
});
