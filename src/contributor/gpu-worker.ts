/** The GPU worker: owns the device. Speaks only to the session worker, over the port it is given. */
import { systemClock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { Backend, KRange, ShardId, ShardShape } from '../gpu/backend.ts';
import { shaders } from '../gpu/shaders.ts';
import { createWebGpuBackend } from '../gpu/webgpu.ts';
import type { Hash } from '../matrix/manifest.ts';
import type { BackendHost, OpenedBackend } from './gpu-host.ts';
import { expose, transfer } from './remote.ts';

class Host implements BackendHost {
  #backend: Backend | undefined;
  readonly #running = new Map<ShardId, AbortController>();

  async openBackend(memoryBytes: number, allowFallback: boolean): Promise<OpenedBackend> {
    await this.#backend?.destroy();
    this.#backend = undefined;
    const gpu = (navigator as Partial<Navigator>).gpu;
    if (!gpu) throw new AppError('no-webgpu', 'This browser has no WebGPU.');
    const backend = await createWebGpuBackend({
      gpu,
      memoryBytes,
      allowFallback,
      clock: systemClock,
      shaders,
    });
    this.#backend = backend;
    const { info, pageCount, resultBytes } = backend;
    return { info, pageCount, resultBytes };
  }

  selfTest = (): Promise<void> => this.#open.selfTest();
  open = (shape: ShardShape, start?: readonly Uint8Array[]): Promise<ShardId> =>
    this.#open.open(shape, start);
  setIntensity = (share: number): Promise<void> => this.#open.setIntensity(share);
  reserve = (shard: ShardId, hashes: readonly Hash[]): Promise<Hash[]> => this.#open.reserve(shard, hashes);
  put = (shard: ShardId, hash: Hash, bytes: Uint8Array): Promise<void> => this.#open.put(shard, hash, bytes);
  takeEvicted = (): Promise<Hash[]> => this.#open.takeEvicted();
  stats = (): ReturnType<Backend['stats']> => this.#open.stats();

  async accumulate(shard: ShardId, range: KRange): Promise<number> {
    const stop = new AbortController();
    this.#running.set(shard, stop);
    try {
      return await this.#open.accumulate(shard, range, stop.signal);
    } finally {
      this.#running.delete(shard);
    }
  }

  /** An AbortSignal cannot cross; its firing can. */
  interrupt(shard: ShardId): void {
    this.#running.get(shard)?.abort();
  }

  async save(shard: ShardId): Promise<Uint8Array[]> {
    return moved(await this.#open.save(shard));
  }

  async close(shard: ShardId): Promise<Uint8Array[]> {
    return moved(await this.#open.close(shard));
  }

  async abandon(shard: ShardId): Promise<void> {
    this.#running.get(shard)?.abort();
    await this.#backend?.abandon(shard);
  }

  async destroy(): Promise<void> {
    for (const stop of this.#running.values()) stop.abort();
    await this.#backend?.destroy();
    this.#backend = undefined;
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
