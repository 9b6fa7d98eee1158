/** Runs the groups of a product as slices, at most two in flight, and tells the pace what each took. */
import { Semaphore } from '../core/async.ts';
import type { Clock } from '../core/clock.ts';
import type { Completion } from './completion.ts';
import type { Stop } from './compute.ts';
import { Duty } from './duty.ts';
import { USAGE } from './gpu-constants.ts';
import type { Lifeline } from './lifeline.ts';
import type { Group } from './plan.ts';
import { type Pace, type Slice, SliceCutter } from './slices.ts';

export interface DispatchParts {
  readonly device: GPUDevice;
  readonly lifeline: Lifeline;
  readonly completion: Completion;
  readonly clock: Clock;
  readonly layout: GPUBindGroupLayout;
  readonly arena: readonly GPUBuffer[];
}

export interface Job {
  readonly kernel: string;
  readonly pipeline: GPUComputePipeline;
  readonly pace: Pick<Pace, 'budget' | 'observe'>;
  readonly result: readonly GPUBuffer[];
  readonly groups: readonly Group[];
  readonly stop: Stop;
  /** Told of each slice as it ends. */
  readonly onSlice?: (work: number, ms: number) => void;
  /** The rest of the product is not wanted any more. */
  readonly enough?: () => boolean;
}

/** Two keep the device busy while one completion travels back; more would delay a stop. */
const IN_FLIGHT = 2;
const PARAMS_BYTES = 16;
const LOW_SHARE = 0.15;
/** 20 ms instead of 35. */
const LIGHT = 20 / 35;

export class Dispatcher {
  readonly #parts: DispatchParts;
  readonly #params: GPUBuffer;
  /** One product submits at a time; the next begins while the last slices of this one still run. */
  readonly #turn = new Semaphore(1);
  readonly #slots = new Semaphore(IN_FLIGHT);
  readonly duty: Duty;
  /** The kernel of each slice in flight, oldest first. */
  readonly #running: string[] = [];
  #lastDone = 0;
  longestSliceMs = 0;
  busyMs = 0;

  constructor(parts: DispatchParts) {
    this.#parts = parts;
    this.duty = new Duty(parts.clock);
    this.#params = parts.device.createBuffer({
      label: 'params',
      size: PARAMS_BYTES,
      usage: USAGE.uniform | USAGE.copyDst,
    });
  }

  /** The kernel at work. */
  get running(): string | undefined {
    return this.#running[0];
  }

  /** Resolves to the ms that the slices took. */
  async run(job: Job): Promise<number> {
    const inFlight: Promise<number>[] = [];
    const tables: GPUBuffer[] = [];
    try {
      const release = await this.#turn.acquire(1, job.stop.signal).catch((error: unknown) => {
        job.stop.proceed(); // tells why
        throw error;
      });
      try {
        for (const group of job.groups) {
          if (job.enough?.()) break;
          const bindings = this.#bind(group, job.result, tables);
          const cutter = new SliceCutter(
            group.tiles.length / 2,
            group.pairWork.length,
            Math.max(...group.pairWork),
          );
          while (!cutter.done && !job.enough?.()) {
            const slot = await this.#slot(job.stop);
            const slice = cutter.next(job.pace.budget * this.#lightness)!;
            const done = this.#submit(job, bindings, slice, workOf(slice, group)).finally(slot);
            done.catch(() => {}); // awaited below, or told by what failed first
            inFlight.push(done);
          }
        }
      } finally {
        release();
      }
      const times = await Promise.all(inFlight);
      return times.reduce((sum, ms) => sum + ms, 0);
    } finally {
      // What is in flight still reads the tables: destroy() frees them only after that.
      for (const table of tables) table.destroy();
    }
  }

  /** At a low intensity slices are shorter, lest one more or less of them be a good part of the time. */
  get #lightness(): number {
    return this.duty.share < LOW_SHARE ? LIGHT : 1;
  }

  /** Resolves in the turn in which the next slice may be submitted, to the function that ends it. */
  async #slot({ proceed, signal }: Stop): Promise<() => void> {
    // Below full intensity one slice at a time: how long to rest depends on how long the last one took.
    const slot = await this.#slots.acquire(this.duty.share < 1 ? IN_FLIGHT : 1);
    try {
      await this.duty.turn(signal).catch(() => {}); // proceed tells why
      proceed();
      return slot;
    } catch (error) {
      slot();
      throw error;
    }
  }

  #submit(job: Job, bindings: GPUBindGroup, slice: Slice, work: number): Promise<number> {
    const { device, lifeline, completion, clock } = this.#parts;
    lifeline.assert();
    const words = new Uint32Array([slice.tileFrom, slice.pairFrom, slice.pairTo, 0]);
    device.queue.writeBuffer(this.#params, 0, words);
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(job.pipeline);
    pass.setBindGroup(0, bindings);
    pass.dispatchWorkgroups(slice.tileTo - slice.tileFrom);
    pass.end();
    device.queue.submit([encoder.finish()]);
    this.#running.push(job.kernel);
    const submitted = clock.now();
    return this.#timed(lifeline.race(completion.done()), submitted, (ms) => {
      job.pace.observe(work, ms);
      job.onSlice?.(work, ms);
    });
  }

  async #timed(done: Promise<void>, submitted: number, tell: (ms: number) => void): Promise<number> {
    await done;
    this.#running.shift();
    const now = this.#parts.clock.now();
    const ms = now - Math.max(submitted, this.#lastDone);
    this.#lastDone = now;
    this.longestSliceMs = Math.max(this.longestSliceMs, ms);
    this.busyMs += ms;
    this.duty.spent(ms);
    tell(ms);
    return ms;
  }

  #bind(group: Group, result: readonly GPUBuffer[], tables: GPUBuffer[]): GPUBindGroup {
    const { device, arena, layout } = this.#parts;
    const upload = (label: string, words: Uint32Array<ArrayBuffer>): GPUBuffer => {
      const buffer = device.createBuffer({
        label,
        size: words.byteLength,
        usage: USAGE.storage | USAGE.copyDst,
      });
      tables.push(buffer);
      device.queue.writeBuffer(buffer, 0, words);
      return buffer;
    };
    const buffers = [
      arena[group.a]!,
      arena[group.b]!,
      result[group.c]!,
      upload('tiles', group.tiles),
      upload('pairs', group.pairs),
      this.#params,
    ];
    return device.createBindGroup({
      layout,
      entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
  }

  destroy(): void {
    this.duty.paused = false;
    this.#params.destroy();
  }
}

/** Multiply-adds of the slice, ragged edges counted as full tiles because the device computes them so. */
function workOf(slice: Slice, group: Group): number {
  let perTile = 0;
  for (let p = slice.pairFrom; p < slice.pairTo; p++) perTile += group.pairWork[p]!;
  return perTile * (slice.tileTo - slice.tileFrom);
}
