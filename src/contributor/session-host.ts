/** A session's composition root: libp2p, the engine, hashing and signing live here. In a worker, or on the page. */
import { systemClock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { cryptoRng } from '../core/rng.ts';
import { ContributorNode } from '../net/contributor-node.ts';
import type { TransportFactory } from '../net/stack.ts';
import { peerIdOf } from '../protocol/keys.ts';
import type { ContributorOptions, ContributorStatus, PublicName, RateCaps } from './api.ts';
import { openBlockDisk, withinQuota } from './disk-files.ts';
import { Engine } from './engine.ts';
import { connectBackend } from './gpu-host.ts';
import { loadIdentity } from './identity.ts';
import { logFetcher } from './log-fetch.ts';
import { openLogMemory } from './log-memory.ts';
import { LogWatch } from './log-watch.ts';
import { Outbox } from './outbox.ts';
import { Wishes } from './wishes.ts';

export class SessionHost {
  readonly #transports: readonly TransportFactory[] | undefined;
  #engine: Engine | undefined;
  #running: Promise<void> | undefined;
  /** Told before the engine is there, too: it waits for the key. */
  #intensity = 1;
  #diskBytes = 0;
  #memoryBytes = 0;
  /** Asked to end, perhaps before the engine was there. */
  #ending = false;
  readonly #wishes = new Wishes(systemClock);
  #projects: readonly string[] = [];
  #profile: PublicName | undefined;

  #tell: ((status: ContributorStatus) => void) | undefined;
  #forbidden: AppError | undefined;

  /** @param transports - instead of WebSocket */
  constructor(transports?: readonly TransportFactory[]) {
    this.#transports = transports;
  }

  /** `gpu` reaches the GPU worker. Resolves once the key is there and the engine has begun. */
  async start(
    options: ContributorOptions,
    gpu: MessagePort,
    onStatus: (s: ContributorStatus) => void,
  ): Promise<void> {
    if (this.#engine) throw new AppError('conflict', 'this session has started already');
    const { addresses, allowSoftware, intensity = 1, diskBytes = 0, paused = false, rateCaps = {} } = options;
    this.#intensity = intensity;
    this.#diskBytes = diskBytes;
    this.#memoryBytes = options.memoryBytes;
    this.#wishes.paused = paused;
    this.#wishes.caps = rateCaps;
    this.#tell = (status) => onStatus(this.#forbidden ? refused(status, this.#forbidden) : status);
    const [key, disk] = await Promise.all([loadIdentity(), openBlockDisk(diskBytes, systemClock)]);
    const outbox = new Outbox();
    const node = new ContributorNode({
      key,
      addresses: [...addresses],
      clock: systemClock,
      rng: cryptoRng,
      source: outbox.source,
      pace: (bytes) => this.#wishes.up.take(bytes),
      ...(this.#transports && { transports: this.#transports }),
    });
    this.#engine = new Engine({
      key,
      peerId: peerIdOf(key),
      node,
      outbox,
      wishes: this.#wishes,
      disk,
      openBackend: () =>
        connectBackend(gpu, { memoryBytes: this.#memoryBytes, allowSoftware, clock: systemClock }),
      clock: systemClock,
      log: watchOf(options),
      site: options.site,
      onStatus: (status) => this.#tell?.(status),
    });
    this.#engine.setIntensity(this.#intensity);
    this.#engine.setPaused(this.#wishes.paused);
    this.#engine.setProjects(this.#projects);
    if (this.#profile) void this.#engine.setProfile(this.#profile);
    if (this.#ending) this.#engine.stop();
    this.#running = this.#engine.run();
    if (this.#diskBytes !== diskBytes) await this.setDiskBudget(this.#diskBytes);
  }

  /** No connection will come about: the session's failures have this reason from now on. */
  forbid(error: AppError): void {
    this.#forbidden = error;
    const status = this.#engine?.status;
    if (status) this.#tell?.(status);
  }

  async stop(): Promise<void> {
    this.#ending = true;
    this.#engine?.stop();
    await this.#running;
  }

  setIntensity(share: number): void {
    this.#intensity = share;
    this.#engine?.setIntensity(share);
  }

  setPaused(paused: boolean): void {
    if (this.#engine) this.#engine.setPaused(paused);
    else this.#wishes.paused = paused;
  }

  /** Ends as a status; see Engine.finish. */
  finish(): void {
    this.#ending = true;
    this.#engine?.finish();
  }

  setRateCaps(caps: RateCaps): void {
    this.#wishes.caps = caps;
  }

  setMemoryBudget(bytes: number): void {
    this.#memoryBytes = bytes;
  }

  async setDiskBudget(bytes: number): Promise<void> {
    this.#diskBytes = bytes;
    const disk = this.#engine?.status.disk;
    if (!disk) return;
    const within = await withinQuota(bytes, disk.usedBytes);
    // The last wish counts.
    if (this.#diskBytes === bytes) this.#engine?.setDiskBudget(within);
  }

  async setProfile(name: PublicName): Promise<void> {
    this.#profile = name;
    await this.#engine?.setProfile(name);
  }

  setProjects(projects: readonly string[]): void {
    this.#projects = projects;
    this.#engine?.setProjects(projects);
  }

  clearDisk(): void {
    this.#engine?.clearDisk();
  }

  wake(): void {
    this.#engine?.wake();
  }
}

/** Only where no address leads to the coordinator: with one that is not forbidden, all is right. */
function refused(status: ContributorStatus, { code, message }: AppError): ContributorStatus {
  if (!status.problem || status.network !== undefined) return status;
  return { ...status, problem: { code, message } };
}

/** The log of the coordinator whose key the addresses pin. */
function watchOf({ addresses, log }: ContributorOptions): LogWatch | undefined {
  const coordinator = addresses[0]?.split('/p2p/').at(-1);
  if (log === undefined || coordinator === undefined) return undefined;
  return new LogWatch({ coordinator, fetch: logFetcher(log), memory: openLogMemory(), clock: systemClock });
}
