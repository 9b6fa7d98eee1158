/** The session worker's composition root: libp2p, the engine, hashing and signing live here. */
import { systemClock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { cryptoRng } from '../core/rng.ts';
import { ContributorNode } from '../net/contributor-node.ts';
import { peerIdOf } from '../protocol/keys.ts';
import type { ContributorOptions, ContributorStatus } from './api.ts';
import { Engine } from './engine.ts';
import { connectBackend } from './gpu-host.ts';
import { loadIdentity } from './identity.ts';
import { logFetcher } from './log-fetch.ts';
import { openLogMemory } from './log-memory.ts';
import { LogWatch } from './log-watch.ts';
import { Outbox } from './outbox.ts';
import { expose } from './remote.ts';

export class SessionHost {
  #engine: Engine | undefined;
  #running: Promise<void> | undefined;
  /** Told before the engine is there, too: it waits for the key. */
  #intensity = 1;

  /** `gpu` reaches the GPU worker. Resolves once the key is there and the engine has begun. */
  async start(
    options: ContributorOptions,
    gpu: MessagePort,
    onStatus: (s: ContributorStatus) => void,
  ): Promise<void> {
    if (this.#engine) throw new AppError('conflict', 'this worker has started already');
    const { addresses, memoryBytes, allowSoftware, intensity = 1 } = options;
    this.#intensity = intensity;
    const key = await loadIdentity();
    const outbox = new Outbox();
    const node = new ContributorNode({
      key,
      addresses: [...addresses],
      clock: systemClock,
      rng: cryptoRng,
      source: outbox.source,
    });
    this.#engine = new Engine({
      key,
      peerId: peerIdOf(key),
      node,
      outbox,
      openBackend: () => connectBackend(gpu, { memoryBytes, allowSoftware, clock: systemClock }),
      clock: systemClock,
      log: watchOf(options),
      onStatus,
    });
    this.#engine.setIntensity(this.#intensity);
    this.#running = this.#engine.run();
  }

  async stop(): Promise<void> {
    this.#engine?.stop();
    await this.#running;
  }

  setIntensity(share: number): void {
    this.#intensity = share;
    this.#engine?.setIntensity(share);
  }

  wake(): void {
    this.#engine?.wake();
  }
}

/** The log of the coordinator whose key the addresses pin. */
function watchOf({ addresses, log }: ContributorOptions): LogWatch | undefined {
  const coordinator = addresses[0]?.split('/p2p/').at(-1);
  if (log === undefined || coordinator === undefined) return undefined;
  return new LogWatch({ coordinator, fetch: logFetcher(log), memory: openLogMemory(), clock: systemClock });
}

expose(new SessionHost());
