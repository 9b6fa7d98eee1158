/** The Backend over any Compute device: shards in pages, computed by the kernels that won here. */
import type { Clock } from '../core/clock.ts';
import { isAppError } from '../core/errors.ts';
import { DTYPES, type Dtype, isDtype } from '../matrix/dtype.ts';
import type { Hash } from '../matrix/manifest.ts';
import type { Backend, BackendInfo, BackendStats, KRange, ShardId, ShardShape } from './backend.ts';
import type { Compute } from './compute.ts';
import { type ShapeClass, classOf } from './kernels.ts';
import { PagedShards } from './paged-shards.ts';
import { assertKnownAnswers } from './self-test.ts';
import { trialBlock, trialRange, trialShape } from './trial.ts';
import { Tuner, type TunerOptions } from './tuner.ts';

export interface PagedOptions {
  readonly clock: Clock;
  readonly kept?: TunerOptions['kept'];
}

/** Time to find the fastest kernel for one number type: with compiling, three of them are 2 s at the first start. */
const RACE_MS = 500;
const LAP_MS = 20;

export class PagedBackend<Result> implements Backend {
  readonly #compute: Compute<Result>;
  readonly #shards: PagedShards<Result>;
  readonly #tuner: Tuner;
  /** In service: from now on new classes of shapes are raced for when they come up. */
  #tested = false;

  constructor(compute: Compute<Result>, { clock, kept }: PagedOptions) {
    this.#compute = compute;
    this.#shards = new PagedShards(compute, (shape) => this.#tuner.kernel(shape.dtype, classOf(shape)));
    this.#tuner = new Tuner({
      clock,
      kept,
      steady: !compute.info.fallback,
      candidates: (dtype, shapes) => compute.candidates(dtype, shapes),
      load: (kernel) => compute.load(kernel),
      prove: (kernel, dtype) => this.#prove(kernel, dtype),
      track: (dtype, shapes, run) => this.#track(dtype, shapes, run),
    });
  }

  get info(): BackendInfo {
    const kernel = (dtype: Dtype): string => this.#tuner.kernel(dtype, 'square');
    return { ...this.#compute.info, kernels: { i8: kernel('i8'), f16: kernel('f16'), f32: kernel('f32') } };
  }

  get resultBytes(): number {
    return this.#shards.resultBytes;
  }

  get pageCount(): number {
    return this.#shards.pageCount;
  }

  async selfTest(): Promise<void> {
    if (!this.#tested) await Promise.all(DTYPES.map((dtype) => this.#tuner.prepare(dtype, 'square')));
    for (const dtype of DTYPES) {
      if (this.#tested) await this.#tuner.proveChosen(dtype, RACE_MS);
      else await this.#tuner.tune(dtype, 'square', RACE_MS);
    }
    this.#tested = true;
  }

  #compileAhead(): void {
    this.#tuner.compileAhead().catch(() => {}); // a device that is lost is told by what computes on it
  }

  async #prove(kernel: string, dtype: Dtype): Promise<void> {
    const open = (shape: ShardShape): Promise<ShardId> => this.#shards.open(shape, { kernel });
    const { reserve, put, accumulate, close, abandon } = this;
    await assertKnownAnswers({ open, reserve, put, accumulate, close, abandon }, kernel, dtype);
  }

  /** Opens a shard like those of the class, for laps over it. */
  async #track<T>(
    dtype: Dtype,
    shapes: ShapeClass,
    run: (lap: (kernel: string) => Promise<number>) => Promise<T>,
  ): Promise<T> {
    // Half of what is free: leases may come while the race is on.
    const { cells, pages } = this.#shards.room;
    const shape = trialShape(dtype, shapes, { cells: cells / 2, pages: pages / 2 });
    const id = await this.#shards.open(shape);
    try {
      const range = trialRange(shape);
      for (const [hashes, rows] of [
        [range.a.flat(), shape.rows],
        [range.b.flat(), shape.cols],
      ] as const) {
        const missing = await this.reserve(id, hashes);
        const bytes = missing.length > 0 ? trialBlock(dtype, rows) : undefined;
        for (const hash of missing) await this.put(id, hash, bytes!);
      }
      return await run((kernel) => this.#shards.lap(id, kernel, range, LAP_MS));
    } finally {
      await this.abandon(id);
    }
  }

  async open(shape: ShardShape, start?: readonly Uint8Array[]): Promise<ShardId> {
    if (this.#tested && isDtype(shape.dtype)) {
      await this.#tuner.tune(shape.dtype, classOf(shape), RACE_MS).catch((error: unknown) => {
        // Without room to race in now, the shard is computed as others of its type are.
        if (!isAppError(error, 'out-of-memory')) throw error;
      });
      this.#compileAhead();
    }
    return this.#shards.open(shape, { start });
  }

  reserve = (id: ShardId, hashes: readonly Hash[]): Promise<Hash[]> => this.#shards.reserve(id, hashes);
  put = (id: ShardId, hash: Hash, bytes: Uint8Array): Promise<void> => this.#shards.put(id, hash, bytes);
  accumulate = (id: ShardId, range: KRange, signal?: AbortSignal): Promise<number> =>
    this.#shards.accumulate(id, range, signal);
  save = (id: ShardId): Promise<Uint8Array[]> => this.#shards.save(id);
  close = (id: ShardId): Promise<Uint8Array[]> => this.#shards.close(id);
  abandon = (id: ShardId): Promise<void> => this.#shards.abandon(id);
  takeEvicted = (): Promise<Hash[]> => this.#shards.takeEvicted();
  stats = (): Promise<BackendStats> => this.#shards.stats();
  setIntensity = (share: number): Promise<void> => this.#shards.setIntensity(share);
  setPaused = (paused: boolean): Promise<void> => this.#shards.setPaused(paused);
  destroy = (): Promise<void> => this.#shards.destroy();
}
