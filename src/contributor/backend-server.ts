/** The GPU worker's side of the port: one device at a time, whose calls come from the session worker. */
import { AppError } from '../core/errors.ts';
import type { Backend, BackendInfo, KRange, ShardId, ShardShape } from '../gpu/backend.ts';
import type { Hash } from '../matrix/manifest.ts';
import type { BackendHost, OpenedBackend } from './gpu-host.ts';
import { transfer } from './remote.ts';

export type CreateBackend = (options: {
  readonly memoryBytes: number;
  readonly allowFallback: boolean;
}) => Promise<Backend>;

export class BackendServer implements BackendHost {
  readonly #create: CreateBackend;
  #backend: Backend | undefined;
  /** What stops each accumulate that was asked for. */
  readonly #running = new Map<ShardId, Set<AbortController>>();

  constructor(create: CreateBackend) {
    this.#create = create;
  }

  async openBackend(memoryBytes: number, allowFallback: boolean): Promise<OpenedBackend> {
    await this.destroy();
    const backend = await this.#create({ memoryBytes, allowFallback });
    this.#backend = backend;
    const { info, pageCount, resultBytes } = backend;
    return { info, pageCount, resultBytes };
  }

  async selfTest(): Promise<BackendInfo> {
    await this.#open.selfTest();
    return this.#open.info;
  }

  open = (shape: ShardShape, start?: readonly Uint8Array[]): Promise<ShardId> =>
    this.#open.open(shape, start);
  setIntensity = (share: number): Promise<void> => this.#open.setIntensity(share);
  setPaused = (paused: boolean): Promise<void> => this.#open.setPaused(paused);
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
