/**
 * The WebGPU device behind the Backend interface. Memory is ours to keep: WebGPU never says how much there
 * is, so what the caller grants is split at creation into pages of operands, results and one staging buffer.
 */
import type { Clock } from '../core/clock.ts';
import { isAppError, throwIfAborted } from '../core/errors.ts';
import { Arena, pagesPerBuffer } from './arena.ts';
import type { Backend } from './backend.ts';
import { Completion } from './completion.ts';
import { type OpenedDevice, openDevice } from './device.ts';
import { Dispatcher } from './dispatch.ts';
import { DeviceHistory } from './history.ts';
import { DOT4_FEATURE, type Shaders } from './kernels.ts';
import { Lifeline } from './lifeline.ts';
import { splitMemory } from './memory.ts';
import { PagedBackend } from './paged-backend.ts';
import { Pipelines } from './pipelines.ts';
import { Readback } from './readback.ts';
import type { TuningStore } from './tuner.ts';
import { tuningKey } from './tuning-key.ts';
import { WebGpuCompute } from './webgpu-compute.ts';

export interface WebGpuOptions {
  readonly gpu: GPU;
  readonly shaders: Shaders;
  /** GPU memory that the backend may use; it makes do with less when the device refuses. */
  readonly memoryBytes: number;
  /** Take a software adapter: for tests, and for whoever insists. */
  readonly allowFallback: boolean;
  /** Best one that knows fractions of a millisecond (`stopwatch`): slices are timed by it. */
  readonly clock: Clock;
  /** What devices before this one taught; it learns from this one. */
  readonly history?: DeviceHistory;
  /** Keeps the kernels chosen here; `runtime` tells browsers and their versions apart (the user agent). */
  readonly tunings?: { readonly store: TuningStore; readonly runtime: string };
  /** Consider only these kernels: for benches and tests. */
  readonly kernels?: (name: string) => boolean;
  /** Pretends that the adapter has less, to test what happens then. */
  readonly mask?: { readonly noDot4?: boolean; readonly bindingBytes?: number };
  readonly signal?: AbortSignal;
}

/** Below this the device is asked for no less: blocks would be fetched again and again. */
const LEAST_MEMORY_BYTES = 16 * 1024 * 1024;

/**
 * Opens the device and makes the arena. Run `selfTest` before use: it finds the kernels that are right and fast.
 * @throws AppError 'no-webgpu', 'software-adapter', 'out-of-memory', 'gpu-lost', 'aborted'
 */
export async function createWebGpuBackend(options: WebGpuOptions): Promise<Backend> {
  const { gpu, allowFallback, signal } = options;
  throwIfAborted(signal);
  splitMemory(options.memoryBytes);
  const opened = await openDevice(gpu, allowFallback, signal);
  try {
    for (let bytes = options.memoryBytes; ; bytes /= 2) {
      try {
        return await build(opened, bytes, options);
      } catch (error) {
        if (!isAppError(error, 'out-of-memory') || bytes / 2 < LEAST_MEMORY_BYTES) throw error;
      }
    }
  } catch (error) {
    opened.device.destroy();
    throw error;
  }
}

async function build(
  opened: OpenedDevice,
  memoryBytes: number,
  { gpu, shaders, clock, mask, signal, tunings, kernels, history = new DeviceHistory() }: WebGpuOptions,
): Promise<Backend> {
  const { device } = opened;
  const lifeline = new Lifeline(device);
  const pages = splitMemory(memoryBytes);
  const completion = new Completion(device.queue, clock);
  const arena = await lifeline.race(
    Arena.create(device, pages.operands, pagesPerBuffer(device.limits, mask?.bindingBytes)),
  );
  await lifeline.race(completion.calibrate());
  const pipelines = new Pipelines(device, shaders);
  const layout = pipelines.bindGroupLayout;
  const dispatcher = new Dispatcher({ device, lifeline, completion, clock, layout, arena: arena.buffers });
  const readback = new Readback({ device, lifeline, completion, maxPages: pages.staging });
  const dot4 = !mask?.noDot4 && (gpu.wgslLanguageFeatures?.has(DOT4_FEATURE) ?? false);
  lifeline.onLost(() => {
    history.lost(dispatcher.running);
  });
  const compute = new WebGpuCompute({
    opened,
    lifeline,
    arena,
    pipelines,
    dispatcher,
    readback,
    pages,
    history,
    allowed: kernels ?? (() => true),
    dot4,
  });
  const kept = tunings && {
    store: tunings.store,
    key: await tuningKey([opened.identity, tunings.runtime], shaders),
  };
  throwIfAborted(signal);
  return new PagedBackend(compute, { clock, kept: history.losses > 0 ? undefined : kept });
}
