/**
 * The WebGPU device behind the Backend interface. Memory is ours to keep: WebGPU never says how much there
 * is, so what the caller grants is split at creation into pages of operands, results and one staging buffer.
 */
import type { Clock } from '../core/clock.ts';
import { AppError, throwIfAborted } from '../core/errors.ts';
import { BLOCK_BYTES } from '../matrix/blocks.ts';
import { DTYPES, type Dtype } from '../matrix/dtype.ts';
import type { Backend, BackendInfo, BackendStats, ShardShape } from './backend.ts';
import { Arena, allocatePages, pagesPerBuffer } from './arena.ts';
import { Completion } from './completion.ts';
import type { Compute, Stop } from './compute.ts';
import { type OpenedDevice, openDevice } from './device.ts';
import { Dispatcher } from './dispatch.ts';
import { USAGE } from './gpu-constants.ts';
import { DOT4_FEATURE, KERNELS, type KernelName, type Shaders, firstRight } from './kernels.ts';
import { Lifeline } from './lifeline.ts';
import { type MemorySplit, splitMemory } from './memory.ts';
import { PagedBackend } from './paged-backend.ts';
import { Pipelines } from './pipelines.ts';
import { type PagedRange, planGroups } from './plan.ts';
import { Readback } from './readback.ts';
import { cellCount, unpackCell } from './repack.ts';
import { Pace } from './slices.ts';

export interface WebGpuOptions {
  readonly gpu: GPU;
  readonly shaders: Shaders;
  /** GPU memory that the backend may use. */
  readonly memoryBytes: number;
  /** Take a software adapter: for tests, and for whoever insists. */
  readonly allowFallback: boolean;
  readonly clock: Clock;
  /** Pretends that the adapter has less, to test what happens then. */
  readonly mask?: { readonly noDot4?: boolean; readonly bindingBytes?: number };
  readonly signal?: AbortSignal;
}

/**
 * Opens the device, makes the arena and compiles the preferred kernels. Run `selfTest` before use.
 * @throws AppError 'no-webgpu', 'software-adapter', 'out-of-memory', 'gpu-wrong', 'gpu-lost', 'aborted'
 */
export async function createWebGpuBackend(options: WebGpuOptions): Promise<Backend> {
  const { gpu, shaders, clock, mask, signal } = options;
  throwIfAborted(signal);
  const pages = splitMemory(options.memoryBytes);
  const opened = await openDevice(gpu, options.allowFallback, signal);
  const { device } = opened;
  const lifeline = new Lifeline(device);
  try {
    const perBuffer = pagesPerBuffer(device.limits, mask?.bindingBytes);
    const completion = new Completion(device.queue, clock);
    const arena = await lifeline.race(Arena.create(device, pages.operands, perBuffer));
    await lifeline.race(completion.calibrate());
    const pipelines = new Pipelines(device, shaders);
    const layout = pipelines.bindGroupLayout;
    const dispatcher = new Dispatcher({ device, lifeline, completion, clock, layout, arena: arena.buffers });
    const readback = new Readback({ device, lifeline, completion, maxPages: pages.staging });
    const dot4 = !mask?.noDot4 && gpu.wgslLanguageFeatures?.has(DOT4_FEATURE);
    const compute = new WebGpuCompute({
      opened,
      lifeline,
      arena,
      pipelines,
      dispatcher,
      readback,
      pages,
      dot4,
    });
    for (const dtype of DTYPES) {
      await firstRight(compute.candidates(dtype), (kernel) => compute.useKernel(dtype, kernel));
    }
    throwIfAborted(signal);
    return new PagedBackend(compute);
  } catch (error) {
    device.destroy();
    throw error;
  }
}

interface Parts {
  readonly opened: OpenedDevice;
  readonly lifeline: Lifeline;
  readonly arena: Arena;
  readonly pipelines: Pipelines;
  readonly dispatcher: Dispatcher;
  readonly readback: Readback;
  readonly pages: MemorySplit;
  readonly dot4: boolean;
}

class WebGpuCompute implements Compute<readonly GPUBuffer[]> {
  readonly #parts: Parts;
  readonly #kernels: Record<Dtype, KernelName> = { i8: 'i8-dot4', f16: 'f16', f32: 'f32' };
  readonly #paces: Record<Dtype, Pace> = { i8: new Pace(), f16: new Pace(), f32: new Pace() };
  readonly pageCount: number;
  readonly resultBudget: number;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.pageCount = parts.pages.operands;
    this.resultBudget = parts.pages.results * BLOCK_BYTES;
  }

  get info(): BackendInfo {
    const { adapter, fallback } = this.#parts.opened;
    return { kind: 'webgpu', adapter, fallback, kernels: { ...this.#kernels } };
  }

  candidates(dtype: Dtype): readonly KernelName[] {
    return KERNELS[dtype].filter((kernel) => kernel !== 'i8-dot4' || this.#parts.dot4);
  }

  async useKernel(dtype: Dtype, name: string): Promise<void> {
    const kernel = this.candidates(dtype).find((candidate) => candidate === name);
    if (!kernel) throw new AppError('bad-input', `no kernel ${name} for ${dtype} here`);
    await this.#parts.lifeline.race(this.#parts.pipelines.load(kernel));
    if (this.#kernels[dtype] === kernel) return;
    this.#kernels[dtype] = kernel;
    this.#paces[dtype] = new Pace();
  }

  write(page: number, bytes: Uint8Array): void {
    this.#parts.lifeline.assert();
    this.#parts.arena.write(page, bytes);
  }

  async allocate(shape: ShardShape, start?: readonly Uint8Array[]): Promise<readonly GPUBuffer[]> {
    const { lifeline, opened, arena } = this.#parts;
    const { device } = opened;
    lifeline.assert();
    const usage = USAGE.storage | USAGE.copySrc | USAGE.copyDst;
    const buffers = await lifeline.race(
      allocatePages(device, 'result', cellCount(shape), arena.perBuffer, usage),
    );
    for (const [at, block] of (start ?? []).entries()) {
      const buffer = buffers[Math.floor(at / arena.perBuffer)]!;
      device.queue.writeBuffer(buffer, (at % arena.perBuffer) * BLOCK_BYTES, unpackCell(shape, at, block));
    }
    return buffers;
  }

  free(buffers: readonly GPUBuffer[]): void {
    for (const buffer of buffers) buffer.destroy();
  }

  multiply(result: readonly GPUBuffer[], dtype: Dtype, range: PagedRange, stop: Stop): Promise<number> {
    const { arena, dispatcher, pipelines } = this.#parts;
    const groups = planGroups(range, { arena: arena.perBuffer, result: arena.perBuffer });
    const pipeline = pipelines.get(this.#kernels[dtype]);
    return dispatcher.run({ pipeline, pace: this.#paces[dtype], result, groups, stop });
  }

  read(result: readonly GPUBuffer[], shape: ShardShape): Promise<Uint8Array[]> {
    this.#parts.lifeline.assert();
    return this.#parts.readback.read(shape, result, this.#parts.arena.perBuffer);
  }

  timings(): Pick<BackendStats, 'longestSliceMs' | 'rates' | 'busyMs'> {
    this.#parts.lifeline.assert();
    const { i8, f16, f32 } = this.#paces;
    const rates = { i8: i8.rate, f16: f16.rate, f32: f32.rate };
    const { longestSliceMs, busyMs } = this.#parts.dispatcher;
    return { longestSliceMs, busyMs, rates };
  }

  setIntensity(share: number): void {
    this.#parts.dispatcher.duty.share = share;
  }

  destroy(): void {
    const { lifeline, opened, arena, dispatcher, readback } = this.#parts;
    lifeline.cut(new AppError('closed', 'the backend was destroyed'));
    arena.destroy();
    dispatcher.destroy();
    readback.destroy();
    opened.device.destroy();
  }
}
