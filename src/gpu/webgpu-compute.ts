/** The WebGPU device as the paged backend sees it. */
import { AppError } from '../core/errors.ts';
import { BLOCK_BYTES } from '../matrix/blocks.ts';
import { type Dtype, VALUE_BYTES } from '../matrix/dtype.ts';
import { type Arena, allocatePages } from './arena.ts';
import type { BackendInfo, ShardShape } from './backend.ts';
import type { Compute, Stop } from './compute.ts';
import type { OpenedDevice } from './device.ts';
import type { Dispatcher, Job } from './dispatch.ts';
import { USAGE } from './gpu-constants.ts';
import type { DeviceHistory } from './history.ts';
import { KERNELS, type Kernel, type ShapeClass, candidates } from './kernels.ts';
import { Lap } from './lap.ts';
import type { Lifeline } from './lifeline.ts';
import type { MemorySplit } from './memory.ts';
import type { Pipelines } from './pipelines.ts';
import { type Group, type PagedRange, planGroups } from './plan.ts';
import type { Readback } from './readback.ts';
import { cellCount, unpackCell } from './repack.ts';
import { Pace } from './slices.ts';

interface Parts {
  readonly opened: OpenedDevice;
  readonly lifeline: Lifeline;
  readonly arena: Arena;
  readonly pipelines: Pipelines;
  readonly dispatcher: Dispatcher;
  readonly readback: Readback;
  readonly pages: MemorySplit;
  readonly history: DeviceHistory;
  readonly allowed: (kernel: string) => boolean;
  readonly dot4: boolean;
}

const WHOLE: Job['pace'] = { budget: Infinity, observe: () => {} };

/** More passes than any lap needs: it stops when it has seen enough. */
const LAP_PASSES = 64;

/** Of the work that the tiles do: what hangs over the edges of C is for nothing. */
function usefulShare({ dtype, rows, cols, rowBytes }: PagedRange, groups: readonly Group[]): number {
  const k = rowBytes.reduce((sum, bytes) => sum + bytes / VALUE_BYTES[dtype], 0);
  const done = groups.reduce(
    (sum, { tiles, pairWork }) => sum + (tiles.length / 2) * pairWork.reduce((all, work) => all + work, 0),
    0,
  );
  return (rows * cols * k) / done;
}

export class WebGpuCompute implements Compute<readonly GPUBuffer[]> {
  readonly #parts: Parts;
  readonly #family: readonly Kernel[];
  /** Of each kernel that ran. */
  readonly #paces = new Map<string, Pace>();
  /** The kernel that ran last. */
  readonly #latest = new Map<Dtype, string>();
  readonly pageCount: number;
  readonly resultBudget: number;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#family = [...parts.opened.matrixKernels, ...KERNELS];
    this.pageCount = parts.pages.operands;
    this.resultBudget = parts.pages.results * BLOCK_BYTES;
  }

  get info(): Omit<BackendInfo, 'kernels'> {
    const { adapter, fallback } = this.#parts.opened;
    return { kind: 'webgpu', adapter, fallback };
  }

  candidates(dtype: Dtype, shapes: ShapeClass): readonly string[] {
    const { opened, dot4, history, allowed } = this.#parts;
    const { fallback } = opened;
    const names = candidates(this.#family, dtype, shapes, { dot4, fallback, allowed }).map(
      ({ name }) => name,
    );
    const fit = names.filter((name) => !history.benched(name));
    // All benched: the engine counts losses too, and gives up soon.
    return fit.length > 0 ? fit : names;
  }

  async load(kernel: string): Promise<void> {
    await this.#pipeline(kernel);
  }

  #pipeline(name: string): Promise<GPUComputePipeline> {
    return this.#parts.lifeline.race(this.#parts.pipelines.load(this.#kernel(name)));
  }

  #kernel(name: string): Kernel {
    const kernel = this.#family.find((member) => member.name === name);
    if (!kernel) throw new AppError('internal', `there is no kernel ${name}`);
    return kernel;
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

  async multiply(result: readonly GPUBuffer[], name: string, range: PagedRange, stop: Stop): Promise<number> {
    const job = await this.#job(result, name, range);
    if (!stop.whole) this.#latest.set(range.dtype, name);
    return this.#parts.dispatcher.run({ ...job, stop, ...(stop.whole && { pace: WHOLE }) });
  }

  async lap(result: readonly GPUBuffer[], name: string, range: PagedRange, ms: number): Promise<number> {
    const lap = new Lap(ms);
    const job = await this.#job(result, name, range);
    await this.#parts.dispatcher.run({
      ...job,
      groups: Array.from({ length: LAP_PASSES }, () => job.groups).flat(),
      stop: { proceed: () => {}, signal: new AbortController().signal },
      onSlice: (work, sliceMs) => {
        lap.add(work, sliceMs);
      },
      enough: () => lap.done,
    });
    return lap.rate * usefulShare(range, job.groups);
  }

  async #job(result: readonly GPUBuffer[], name: string, range: PagedRange): Promise<Omit<Job, 'stop'>> {
    const { arena, history } = this.#parts;
    const { tile } = this.#kernel(name);
    const pipeline = await this.#pipeline(name);
    const groups = planGroups(range, { arena: arena.perBuffer, result: arena.perBuffer }, tile);
    let pace = this.#paces.get(name);
    if (!pace) this.#paces.set(name, (pace = new Pace(history.sliceShare)));
    return { kernel: name, pipeline, pace, result, groups };
  }

  read(result: readonly GPUBuffer[], shape: ShardShape): Promise<Uint8Array[]> {
    this.#parts.lifeline.assert();
    return this.#parts.readback.read(shape, result, this.#parts.arena.perBuffer);
  }

  timings(): ReturnType<Compute<readonly GPUBuffer[]>['timings']> {
    this.#parts.lifeline.assert();
    const rates = { i8: this.#rate('i8'), f16: this.#rate('f16'), f32: this.#rate('f32') };
    const { longestSliceMs, busyMs } = this.#parts.dispatcher;
    return { longestSliceMs, busyMs, rates, intensity: this.#parts.dispatcher.duty.share };
  }

  /** Of the kernel that computed last; before that, of the fastest in the races. */
  #rate(dtype: Dtype): number {
    const latest = this.#latest.get(dtype);
    const ran = this.#family.filter(({ name, dtype: own }) => (latest ? name === latest : own === dtype));
    return Math.max(0, ...ran.map(({ name }) => this.#paces.get(name)?.rate ?? 0));
  }

  setIntensity(share: number): void {
    this.#parts.dispatcher.duty.share = share;
  }

  setPaused(paused: boolean): void {
    this.#parts.dispatcher.duty.paused = paused;
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
