/** The GPU worker: owns the device. Speaks only to the session worker, over the port it is given. */
import { systemClock } from '../core/clock.ts';
import { AppError, isAppError } from '../core/errors.ts';
import type { Backend, BackendInfo, KRange, ShardId, ShardShape } from '../gpu/backend.ts';
import { shaders } from '../gpu/shaders.ts';
import { createWebGpuBackend } from '../gpu/webgpu.ts';
import type { Hash } from '../matrix/manifest.ts';
import type { BackendHost, OpenedBackend } from './gpu-host.ts';
import { expose, transfer } from './remote.ts';

/** A device that cannot have this much of what it was granted is not worth using. */
const LEAST_SHARE = 1 / 8;

class Host implements BackendHost {
  #backend: Backend | undefined;
  /** What stops each accumulate that was asked for. */
  readonly #running = new Map<ShardId, Set<AbortController>>();
  /** What the device may use of the memory that was granted: less after it turned out to be too much. */
  #share = 1;

  async openBackend(memoryBytes: number, allowFallback: boolean): Promise<OpenedBackend> {
    await this.destroy();
    const gpu = (navigator as Partial<Navigator>).gpu;
    if (!gpu) throw new AppError('no-webgpu', 'This browser has no WebGPU.');
    for (;;) {
      try {
        const backend = await createWebGpuBackend({
          gpu,
          memoryBytes: memoryBytes * this.#share,
          allowFallback,
          clock: systemClock,
          shaders,
        });
        this.#backend = backend;
        const { info, pageCount, resultBytes } = backend;
        return { info, pageCount, resultBytes };
      } catch (error) {
        if (!isAppError(error, 'out-of-memory') || this.#share <= LEAST_SHARE) throw error;
        this.#share /= 2;
      }
    }
  }

  async selfTest(): Promise<BackendInfo> {
    await this.#open.selfTest();
    return this.#open.info;
  }

  open = (shape: ShardShape, start?: readonly Uint8Array[]): Promise<ShardId> =>
    this.#open.open(shape, start);
  setIntensity = (share: number): Promise<void> => this.#open.setIntensity(share);
  reserve = (shard: ShardId, hashes: readonly Hash[]): Promise<Hash[]> => this.#open.reserve(shard, hashes);
  put = (shard: ShardId, hash: Hash, bytes: Uint8Array): Promise<void> => this.#open.put(shard, hash, bytes);
  takeEvicted = (): Promise<Hash[]> => this.#open.takeEvicted();
  stats = (): ReturnType<Backend['stats']> => this.#open.stats();

  async accumulate(shard: ShardId, range: KRange): Promise<number> {
    const stop = new AbortController();
    const stops = this.#running.get(shard) ?? new Set();
    this.#running.set(shard, stops.add(stop));
    try {
      return await this.#open.accumulate(shard, range, stop.signal);
    } finally {
      stops.delete(stop);
      if (stops.size === 0 && this.#running.get(shard) === stops) this.#running.delete(shard);
    }
  }

  /** An AbortSignal cannot cross; its firing can. */
  interrupt(shard: ShardId): void {
    for (const stop of this.#running.get(shard) ?? []) stop.abort();
  }

  async save(shard: ShardId): Promise<Uint8Array[]> {
    return moved(await this.#open.save(shard));
  }

  async close(shard: ShardId): Promise<Uint8Array[]> {
    return moved(await this.#open.close(shard));
  }

  async abandon(shard: ShardId): Promise<void> {
    this.interrupt(shard);
    await this.#backend?.abandon(shard);
  }

  async destroy(): Promise<void> {
    for (const shard of this.#running.keys()) this.interrupt(shard);
    this.#running.clear();
    const backend = this.#backend;
    this.#backend = undefined;
    await backend?.destroy();
  }

  get #open(): Backend {
    if (!this.#backend) throw new AppError('closed', 'the GPU is not open');
    return this.#backend;
  }
}

const moved = (blocks: Uint8Array[]): Uint8Array[] =>
  transfer(blocks, Array.from(new Set(blocks.map((block) => block.buffer))));

addEventListener('message', (event: MessageEvent<{ port?: MessagePort }>) => {
  if (event.data.port) expose(new Host(), event.data.port);
});
