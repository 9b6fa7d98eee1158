/** Runs the groups of a product as slices, at most two in flight, and tells the pace what each took. */
import type { Clock } from '../core/clock.ts';
import type { Completion } from './completion.ts';
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
  readonly pipeline: GPUComputePipeline;
  readonly pace: Pace;
  readonly result: readonly GPUBuffer[];
  readonly groups: readonly Group[];
  /** Throws to stop; called in the same turn as the submission that it allows. */
  readonly proceed: () => void;
}

/** Two keep the device busy while one completion travels back; more would delay a stop. */
const IN_FLIGHT = 2;
const PARAMS_BYTES = 16;

export class Dispatcher {
  readonly #parts: DispatchParts;
  readonly #params: GPUBuffer;
  #lastDone = 0;
  longestSliceMs = 0;

  constructor(parts: DispatchParts) {
    this.#parts = parts;
    this.#params = parts.device.createBuffer({
      label: 'params',
      size: PARAMS_BYTES,
      usage: USAGE.uniform | USAGE.copyDst,
    });
  }

  async run(job: Job): Promise<void> {
    const inFlight: Promise<void>[] = [];
    const tables: GPUBuffer[] = [];
    try {
      for (const group of job.groups) {
        const bindings = this.#bind(group, job.result, tables);
        const cutter = new SliceCutter(
          group.tiles.length / 2,
          group.pairWork.length,
          Math.max(...group.pairWork),
        );
        for (;;) {
          if (inFlight.length >= IN_FLIGHT) await inFlight.shift();
          job.proceed();
          const slice = cutter.next(job.pace.budget);
          if (!slice) break;
          inFlight.push(this.#submit(job, bindings, slice, workOf(slice, group)));
        }
      }
      await Promise.all(inFlight);
    } finally {
      // What is in flight still reads the tables: destroy() frees them only after that.
      for (const promise of inFlight) promise.catch(() => {});
      for (const table of tables) table.destroy();
    }
  }

  #submit(job: Job, bindings: GPUBindGroup, slice: Slice, work: number): Promise<void> {
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
    const submitted = clock.now();
    return this.#timed(lifeline.race(completion.done()), submitted, (ms) => job.pace.observe(work, ms));
  }

  async #timed(done: Promise<void>, submitted: number, tell: (ms: number) => void): Promise<void> {
    await done;
    const now = this.#parts.clock.now();
    const ms = now - Math.max(submitted, this.#lastDone);
    this.#lastDone = now;
    this.longestSliceMs = Math.max(this.longestSliceMs, ms);
    tell(ms);
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
    this.#params.destroy();
  }
}

/** Multiply-adds of the slice, ragged edges counted as full tiles because the device computes them so. */
function workOf(slice: Slice, group: Group): number {
  let perTile = 0;
  for (let p = slice.pairFrom; p < slice.pairTo; p++) perTile += group.pairWork[p]!;
  return perTile * (slice.tileTo - slice.tileFrom);
}
