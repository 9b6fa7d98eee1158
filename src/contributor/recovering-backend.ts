/**
 * A Backend that outlives its devices. A device may go at any moment (driver reset, a laptop that sleeps, a
 * GPU worker that does not answer): then the next one is opened and tested here, once, for everybody.
 *
 * Shards of a lost device answer 'gpu-lost' to everything but `abandon`; `open` waits for the next device.
 * When there is none to come it is over: `open`, and every other call, rejects with the reason. So whoever
 * gets 'gpu-lost' from a shard opens it again, and whoever gets it from `open` gives up.
 */
import { Gate, orAborted } from '../core/async.ts';
import type { Clock } from '../core/clock.ts';
import { AppError, isAppError, toAppError } from '../core/errors.ts';
import type { Backend, BackendInfo, BackendStats, KRange, ShardId, ShardShape } from '../gpu/backend.ts';
import { assertShare } from '../gpu/duty.ts';
import type { Hash } from '../matrix/manifest.ts';
import { OneDevice, buildDevice, discard, leftAlone } from './one-device.ts';

export type RecoveryEvent =
  | { readonly type: 'testing' }
  | { readonly type: 'adapter'; readonly adapter: string; readonly kernel: string }
  | { readonly type: 'recovered' }
  /** Nothing can be computed any more. */
  | { readonly type: 'over'; readonly error: AppError };

export interface RecoveryOptions {
  /** The next device, unlike any before it. Called when the one before has been destroyed. */
  readonly open: () => Promise<Backend>;
  readonly clock: Clock;
  /** Ends an opening or a test at once. */
  readonly signal: AbortSignal;
  readonly onEvent: (event: RecoveryEvent) => void;
}

/** After this many device losses within the period the GPU is left alone (DESIGN §5). */
const MAX_LOSSES = 3;
const LOSS_PERIOD_MS = 10 * 60_000;

export class RecoveringBackend implements Backend {
  readonly #options: RecoveryOptions;
  readonly #ended = new AbortController();
  readonly #signal: AbortSignal;
  readonly #shards = new Map<ShardId, { readonly device: OneDevice; readonly id: ShardId }>();
  #nextId: ShardId = 1;
  /** The last device that was ready. */
  #device: OneDevice | undefined;
  /** The device in use or being built; rejects when it is over. */
  #current: Promise<OneDevice> | undefined;
  #losses: number[] = [];
  /** Blocks that went with a device, until they are told or have come back. */
  readonly #gone = new Set<Hash>();
  #share = 1;
  /** Shut while it is paused: then no device is opened either. */
  readonly #gate = new Gate();
  /** The device that is being tested, not in use yet. */
  #tested: Backend | undefined;
  #over: AppError | undefined;

  constructor(options: RecoveryOptions) {
    this.#options = options;
    this.#signal = AbortSignal.any([options.signal, this.#ended.signal]);
  }

  /**
   * Opens and tests the first device.
   * @throws AppError 'aborted' at once after the signal, and whatever opening and testing a device throws.
   */
  async start(): Promise<void> {
    this.#current ??= this.#rebuild();
    await this.#current;
  }

  get info(): BackendInfo {
    return this.#last.info;
  }

  get pageCount(): number {
    return this.#last.pageCount;
  }

  get resultBytes(): number {
    return this.#last.resultBytes;
  }

  /** @throws AppError 'gpu-wrong': it is over then. */
  async selfTest(): Promise<void> {
    try {
      await this.#steadily((backend) => backend.selfTest());
    } catch (error) {
      throw isAppError(error, 'gpu-wrong') ? this.#end(error) : error;
    }
    this.#tellAdapter(this.info);
  }

  async open(shape: ShardShape, start?: readonly Uint8Array[]): Promise<ShardId> {
    const opened = await this.#steadily(async (backend, device) => ({
      device,
      id: await backend.open(shape, start),
    }));
    const own = this.#nextId++;
    this.#shards.set(own, opened);
    return own;
  }

  reserve(shard: ShardId, hashes: readonly Hash[]): Promise<Hash[]> {
    return this.#of(shard, (backend, id) => backend.reserve(id, hashes));
  }

  put(shard: ShardId, hash: Hash, bytes: Uint8Array): Promise<void> {
    return this.#of(shard, async (backend, id, device) => {
      await backend.put(id, hash, bytes);
      device.held.add(hash);
      if (!device.loss) this.#gone.delete(hash);
    });
  }

  accumulate(shard: ShardId, range: KRange, signal?: AbortSignal): Promise<number> {
    return this.#of(shard, (backend, id) => backend.accumulate(id, range, signal));
  }

  save(shard: ShardId): Promise<Uint8Array[]> {
    return this.#of(shard, (backend, id) => backend.save(id));
  }

  async close(shard: ShardId): Promise<Uint8Array[]> {
    const blocks = await this.#of(shard, (backend, id) => backend.close(id));
    this.#shards.delete(shard);
    return blocks;
  }

  async abandon(shard: ShardId): Promise<void> {
    const found = this.#shards.get(shard);
    if (!found) return;
    this.#shards.delete(shard);
    await this.#unlessLost(found.device, (backend) => backend.abandon(found.id));
  }

  /** Also what went with a lost device, unless it has come back. */
  async takeEvicted(): Promise<Hash[]> {
    const evicted = await this.#steadily(async (backend, { held }) => {
      const hashes = await backend.takeEvicted();
      for (const hash of hashes) held.delete(hash);
      return hashes;
    });
    const gone = Array.from(this.#gone);
    this.#gone.clear();
    return [...gone, ...evicted];
  }

  /** True for what the last `takeEvicted` left on the device, and for what came since. */
  holds(hash: Hash): boolean {
    return this.#device?.held.has(hash) ?? false;
  }

  stats(): Promise<BackendStats> {
    return this.#steadily((backend) => backend.stats());
  }

  /** Also before the first device and between two: whichever comes next is told. */
  async setIntensity(share: number): Promise<void> {
    assertShare(share);
    this.#share = share;
    if (this.#device) await this.#unlessLost(this.#device, (backend) => backend.setIntensity(share));
  }

  /** On every device from now on; while paused none is opened, and what needs one waits. */
  async setPaused(paused: boolean): Promise<void> {
    this.#gate.open = !paused;
    if (this.#tested) await this.#tested.setPaused(paused);
    else if (this.#device) await this.#unlessLost(this.#device, (backend) => backend.setPaused(paused));
  }

  async destroy(): Promise<void> {
    this.#over ??= new AppError('closed', 'the backend was destroyed');
    this.#ended.abort();
    await this.#current?.catch(() => {});
    const device = this.#device;
    this.#device = undefined;
    if (device && !device.loss) await discard(device.backend);
    device?.lose(this.#over);
  }

  get #last(): Backend {
    if (!this.#device) throw new AppError('closed', 'the GPU is not open');
    return this.#device.backend;
  }

  /** On the device that is there, or on the next one when that is lost meanwhile. */
  async #steadily<T>(work: (backend: Backend, device: OneDevice) => Promise<T>): Promise<T> {
    for (;;) {
      const device = await this.#ready();
      try {
        return await this.#on(device, (backend) => work(backend, device));
      } catch (error) {
        if (this.#over || !device.loss) throw error;
      }
    }
  }

  async #ready(): Promise<OneDevice> {
    if (this.#over) throw this.#over;
    if (!this.#current) throw new AppError('closed', 'the GPU is not open');
    return this.#current;
  }

  async #of<T>(
    shard: ShardId,
    work: (backend: Backend, id: ShardId, device: OneDevice) => Promise<T>,
  ): Promise<T> {
    if (this.#over) throw this.#over;
    const found = this.#shards.get(shard);
    if (!found) throw new AppError('not-found', `no open shard ${shard}`);
    const { device, id } = found;
    return this.#on(device, (backend) => work(backend, id, device));
  }

  async #on<T>(device: OneDevice, work: (backend: Backend) => Promise<T>): Promise<T> {
    try {
      return await device.call(work);
    } catch (error) {
      if (isAppError(error, 'gpu-lost')) this.#lose(device, error);
      // What a device says that is being taken away means only that.
      throw this.#over ?? device.loss ?? error;
    }
  }

  /** For what needs no doing on a device that is gone. */
  async #unlessLost(device: OneDevice, work: (backend: Backend) => Promise<void>): Promise<void> {
    await this.#on(device, work).catch((error: unknown) => {
      if (!this.#over && !device.loss) throw error;
    });
  }

  #lose(device: OneDevice, error: AppError): void {
    if (!device.lose(error)) return;
    for (const hash of device.held) this.#gone.add(hash);
    if (this.#over) return;
    this.#current = this.#rebuild({ device, error });
    this.#current.catch(() => {}); // whoever calls is told
  }

  /** @throws what made it over. */
  async #rebuild(lost?: { readonly device: OneDevice; readonly error: AppError }): Promise<OneDevice> {
    try {
      if (lost) await orAborted(discard(lost.device.backend), this.#signal);
      for (let loss = lost?.error; ;) {
        if (loss && this.#isLast()) throw loss;
        const built = await this.#build().catch((error: unknown) => toAppError(error));
        this.#tested = undefined;
        if (built instanceof OneDevice) {
          this.#device = built;
          if (loss) this.#options.onEvent({ type: 'recovered' });
          return built;
        }
        if (built.code !== 'gpu-lost') throw built;
        loss = built;
      }
    } catch (thrown) {
      throw this.#end(toAppError(thrown));
    }
  }

  /** Counts a loss. */
  #isLast(): boolean {
    const now = this.#options.clock.now();
    this.#losses = [...this.#losses.filter((time) => now - time < LOSS_PERIOD_MS), now];
    return this.#losses.length >= MAX_LOSSES;
  }

  async #build(): Promise<OneDevice> {
    await this.#gate.pass(this.#signal);
    this.#options.onEvent({ type: 'testing' });
    return buildDevice({
      open: this.#options.open,
      signal: this.#signal,
      onOpen: (backend) => {
        this.#tested = backend;
        if (!this.#gate.open) void backend.setPaused(true).catch(() => {}); // paused while it opened
      },
      share: () => this.#share,
      onInfo: (info) => {
        this.#tellAdapter(info);
      },
    });
  }

  #tellAdapter({ adapter, kernels }: BackendInfo): void {
    this.#options.onEvent({ type: 'adapter', adapter, kernel: kernels.i8 });
  }

  /** From now on every call rejects with what this returns. */
  #end(error: AppError): AppError {
    if (this.#over) return this.#over;
    const stopped = this.#signal.aborted;
    // The first device has no past: why it cannot be had says all.
    const inUse = this.#device !== undefined || this.#losses.length > 0;
    this.#over = stopped || !inUse ? error : leftAlone(error);
    this.#ended.abort();
    if (!stopped) this.#options.onEvent({ type: 'over', error: this.#over });
    return this.#over;
  }
}
