/** A whole network in one process: a real coordinator on loopback, and contributors over real WebSockets. */
import { rm } from 'node:fs/promises';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { type Logger, silentLogger } from '../../src/core/logger.ts';
import { cryptoRng } from '../../src/core/rng.ts';
import type { ContributorStatus } from '../../src/contributor/api.ts';
import { Engine, type EngineOptions } from '../../src/contributor/engine.ts';
import { Outbox } from '../../src/contributor/outbox.ts';
import { type RunningCoordinator, startCoordinator } from '../../src/coordinator/coordinator.ts';
import type { CoordinatorOptions } from '../../src/coordinator/options.ts';
import type { Backend } from '../../src/gpu/backend.ts';
import { createCpuBackend } from '../../src/gpu/cpu.ts';
import type { BlockSource } from '../../src/net/block-provider.ts';
import { ContributorNode } from '../../src/net/contributor-node.ts';
import { generateKey, peerIdOf } from '../../src/protocol/keys.ts';
import type { SigningKey } from '../../src/protocol/keys.ts';
import { freshDataDir } from './databases.ts';

export interface TestCoordinator extends RunningCoordinator {
  readonly dataDir: string;
  /** Stops it and removes its folder. */
  remove(): Promise<void>;
}

export async function testCoordinator(options: Partial<CoordinatorOptions> = {}): Promise<TestCoordinator> {
  const dataDir = options.dataDir ?? (await freshDataDir());
  const running = await startCoordinator({
    port: 0,
    peerPort: 0,
    log: testLog(),
    threads: 1,
    ...options,
    dataDir,
  });
  return {
    ...running,
    dataDir,
    async remove() {
      await running.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Silent, unless TILEWORK_TEST_LOG asks to see what happens. */
function testLog(): Logger {
  if (!process.env['TILEWORK_TEST_LOG']) return silentLogger;
  const print = (fields: object, message: string): void => {
    process.stderr.write(`${message} ${JSON.stringify(fields)}\n`);
  };
  return { debug: print, info: print, warn: print, error: print };
}

export interface TestContributor {
  readonly peerId: string;
  readonly key: SigningKey;
  readonly engine: Engine;
  readonly statuses: ContributorStatus[];
  readonly receipts: Uint8Array[];
  /** Resolves with the first status, from now on or already there, that fits. */
  until(fits: (status: ContributorStatus) => boolean): Promise<ContributorStatus>;
  stop(): Promise<void>;
}

const MEMORY_BYTES = 64 * 1024 * 1024;

export async function testContributor(
  addresses: readonly string[],
  options: {
    wrap?: (backend: Backend) => Backend;
    key?: SigningKey;
    /** No block of a result leaves before it resolves. */
    hold?: Promise<void>;
    log?: EngineOptions['log'];
    /** Of the engine, not of its connection. */
    clock?: Clock;
  } = {},
): Promise<TestContributor> {
  const key = options.key ?? (await generateKey());
  const outbox = new Outbox();
  const source: BlockSource = async (hash) => {
    await options.hold;
    return outbox.source(hash);
  };
  const statuses: ContributorStatus[] = [];
  const receipts: Uint8Array[] = [];
  const watchers = new Set<(status: ContributorStatus) => void>();
  const engine = new Engine({
    key,
    peerId: peerIdOf(key),
    node: new ContributorNode({ key, addresses, clock: systemClock, rng: cryptoRng, source }),
    outbox,
    openBackend: () => {
      const backend = createCpuBackend({ memoryBytes: MEMORY_BYTES, clock: systemClock });
      return Promise.resolve(options.wrap ? options.wrap(backend) : backend);
    },
    clock: options.clock ?? systemClock,
    log: options.log,
    onStatus: (status) => {
      statuses.push(status);
      for (const watch of watchers) watch(status);
    },
    onReceipt: (envelope) => {
      receipts.push(envelope);
    },
  });
  const running = engine.run();
  return {
    peerId: peerIdOf(key),
    key,
    engine,
    statuses,
    receipts,
    until: (fits) =>
      new Promise((resolve) => {
        const watch = (status: ContributorStatus): void => {
          if (!fits(status)) return;
          watchers.delete(watch);
          resolve(status);
        };
        watchers.add(watch);
        watch(engine.status);
      }),
    async stop() {
      engine.stop();
      await running;
    },
  };
}
