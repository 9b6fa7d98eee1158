/** The session worker's side of the GPU worker: a Backend whose calls cross a MessagePort. */
import type { Clock } from '../core/clock.ts';
import { AppError, isAppError } from '../core/errors.ts';
import type { Backend, BackendInfo, BackendStats, KRange, ShardId, ShardShape } from '../gpu/backend.ts';
import type { Hash } from '../matrix/manifest.ts';
import { Peer, transfer } from './remote.ts';

export interface OpenedBackend {
  readonly info: BackendInfo;
  readonly pageCount: number;
  readonly resultBytes: number;
}

/** What the GPU worker offers: a Backend whose abort is a call. */
export interface BackendHost extends Omit<Backend, keyof OpenedBackend | 'selfTest' | 'accumulate'> {
  openBackend(memoryBytes: number, allowFallback: boolean): Promise<OpenedBackend>;
  /** Resolves to what is known of the device then: the test chooses kernels. */
  selfTest(): Promise<BackendInfo>;
  accumulate(shard: ShardId, range: KRange): Promise<number>;
  interrupt(shard: ShardId): void;
}

/** Adapters and pipelines can take long on a cold start, and a range of k-blocks on a slow GPU. */
const OPEN_MS = 60_000;
const ACCUMULATE_MS = 10 * 60_000;

/** @throws AppError 'no-webgpu', 'software-adapter', and whatever opening a device throws. */
export async function connectBackend(
  port: MessagePort,
  options: { memoryBytes: number; allowSoftware: boolean; clock: Clock },
): Promise<Backend> {
  const peer = new Peer<BackendHost>(port, options.clock);
  const opening = peer.api.openBackend(options.memoryBytes, options.allowSoftware);
  const opened = await peer.call('opening the GPU', opening, OPEN_MS);
  return new RemoteBackend(peer, opened);
}

class RemoteBackend implements Backend {
  readonly pageCount: number;
  readonly resultBytes: number;
  readonly #peer: Peer<BackendHost>;
  #info: BackendInfo;
  /** The worker may have another device by now, whose shards have the same numbers. */
  #closed = false;
  #paused = false;
  /** Pauses so far. */
  #pauses = 0;

  constructor(peer: Peer<BackendHost>, opened: OpenedBackend) {
    this.#peer = peer;
    this.#info = opened.info;
    this.pageCount = opened.pageCount;
    this.resultBytes = opened.resultBytes;
  }

  get info(): BackendInfo {
    return this.#info;
  }

  async selfTest(): Promise<void> {
    this.#info = await this.#call('testing the GPU', () => this.#peer.api.selfTest(), OPEN_MS);
  }

  open({ dtype, rows, cols, k }: ShardShape, start?: readonly Uint8Array[]): Promise<ShardId> {
    return this.#call('opening a shard', () => this.#peer.api.open({ dtype, rows, cols, k }, start));
  }

  reserve(shard: ShardId, hashes: readonly Hash[]): Promise<Hash[]> {
    return this.#call('reserving pages', () => this.#peer.api.reserve(shard, hashes));
  }

  put(shard: ShardId, hash: Hash, bytes: Uint8Array): Promise<void> {
    // A block that fills its buffer moves; a view of a larger one has to be copied.
    const whole = bytes.byteLength === bytes.buffer.byteLength && bytes.buffer instanceof ArrayBuffer;
    const message = whole ? transfer(bytes, [bytes.buffer]) : bytes;
    return this.#call('storing a block', () => this.#peer.api.put(shard, hash, message));
  }

  async accumulate(shard: ShardId, range: KRange, signal?: AbortSignal): Promise<number> {
    if (signal?.aborted) throw new AppError('aborted', 'the shard was stopped');
    const interrupt = (): void => {
      if (!this.#closed) void this.#peer.api.interrupt(shard);
    };
    signal?.addEventListener('abort', interrupt, { once: true });
    try {
      return await this.#call('computing', () => this.#peer.api.accumulate(shard, range), ACCUMULATE_MS);
    } finally {
      signal?.removeEventListener('abort', interrupt);
    }
  }

  save(shard: ShardId): Promise<Uint8Array[]> {
    return this.#call('saving a shard', () => this.#peer.api.save(shard), OPEN_MS);
  }

  setIntensity(share: number): Promise<void> {
    return this.#call('setting the intensity', () => this.#peer.api.setIntensity(share));
  }

  setPaused(paused: boolean): Promise<void> {
    this.#paused = paused;
    if (paused) this.#pauses += 1;
    return this.#call('pausing', () => this.#peer.api.setPaused(paused));
  }

  close(shard: ShardId): Promise<Uint8Array[]> {
    return this.#call('reading the result', () => this.#peer.api.close(shard), OPEN_MS);
  }

  abandon(shard: ShardId): Promise<void> {
    return this.#call('abandoning a shard', () => this.#peer.api.abandon(shard));
  }

  takeEvicted(): Promise<Hash[]> {
    return this.#call('listing evictions', () => this.#peer.api.takeEvicted());
  }

  stats(): Promise<BackendStats> {
    return this.#call('reading statistics', () => this.#peer.api.stats());
  }

  async destroy(): Promise<void> {
    if (this.#closed) return;
    const closing = this.#call('closing the GPU', () => this.#peer.api.destroy());
    this.#closed = true;
    await closing;
  }

  /**
   * A GPU worker that does not answer is as good as lost: RecoveringBackend opens the device anew. Unless there was
   * a pause meanwhile, in which it was to do nothing: then it gets its time once more.
   */
  async #call<R>(what: string, work: () => Promise<R>, ms?: number): Promise<R> {
    if (this.#closed) throw new AppError('closed', 'the backend was destroyed');
    const working = work();
    for (;;) {
      const before = this.#pauses - (this.#paused ? 1 : 0);
      try {
        return await this.#peer.call(what, working, ms);
      } catch (error) {
        if (!isAppError(error, 'timeout')) throw error;
        if (this.#pauses > before) continue;
        throw new AppError('gpu-lost', `The GPU does not answer (${what})`, { cause: error });
      }
    }
  }
}
