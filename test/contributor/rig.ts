/** A real contributor over a real WebSocket, and a coordinator that says only what the test tells it to. */
import type { BlockDisk } from '../../src/contributor/block-disk.ts';
import type { ContributorStatus } from '../../src/contributor/api.ts';
import { Engine } from '../../src/contributor/engine.ts';
import { Outbox } from '../../src/contributor/outbox.ts';
import { Wishes } from '../../src/contributor/wishes.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { type Rng, seededRng } from '../../src/core/rng.ts';
import type { Backend } from '../../src/gpu/backend.ts';
import { ContributorNode } from '../../src/net/contributor-node.ts';
import { type Listening, listen } from '../../src/net/coordinator-node.ts';
import type { ConnectionState } from '../../src/net/reconnect.ts';
import { type SigningKey, generateKey, peerIdOf } from '../../src/protocol/keys.ts';
import { Conversation } from './conversation.ts';
import { BlockMap } from './stored.ts';
import { cpuBackend, untilAborted, withBackend } from './with-backend.ts';

/** Full jitter with a die that always shows nought: reconnects at once. */
const AT_ONCE: Rng = { ...seededRng(1), float: () => 0 };

export class ScriptedCoordinator {
  readonly key: SigningKey;
  readonly store = new BlockMap();
  readonly #listening: Listening;
  readonly #arrived: Conversation[];
  readonly #changed: Set<() => void>;

  private constructor(
    key: SigningKey,
    listening: Listening,
    arrived: Conversation[],
    changed: Set<() => void>,
  ) {
    this.key = key;
    this.#listening = listening;
    this.#arrived = arrived;
    this.#changed = changed;
  }

  static async start(): Promise<ScriptedCoordinator> {
    const key = await generateKey();
    const arrived: Conversation[] = [];
    const changed = new Set<() => void>();
    let self: ScriptedCoordinator | undefined;
    const listening = await listen({
      key,
      listen: ['/ip4/127.0.0.1/tcp/0/ws'],
      clock: systemClock,
      source: async (hash) => self?.store.source(hash),
      onLink: (link) => {
        arrived.push(new Conversation(link, key));
        for (const look of Array.from(changed)) look();
      },
    });
    self = new ScriptedCoordinator(key, listening, arrived, changed);
    return self;
  }

  get addresses(): readonly string[] {
    return this.#listening.addresses;
  }

  /** Connections so far. */
  get connections(): number {
    return this.#arrived.length;
  }

  /** The nth connection, from 0, past or to come. */
  connection(n: number): Promise<Conversation> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = this.#arrived[n];
        if (!found) return;
        this.#changed.delete(look);
        resolve(found);
      };
      this.#changed.add(look);
      look();
    });
  }

  close(): Promise<void> {
    return this.#listening.close();
  }
}

export interface RigContributor {
  readonly peerId: string;
  readonly engine: Engine;
  readonly outbox: Outbox;
  readonly statuses: ContributorStatus[];
  readonly receipts: Uint8Array[];
  /** Every backend that was opened. */
  readonly backends: Backend[];
  /** Why connections ended. */
  readonly waits: ConnectionState[];
  /** Resolves when the engine has ended. */
  readonly done: Promise<void>;
  /** The status now, or the next that fits. One that may not last is asked for before what causes it. */
  until(fits: (status: ContributorStatus) => boolean): Promise<ContributorStatus>;
  stop(): Promise<void>;
}

export interface RigOptions {
  /** The nth device, from 0; its known answers are not computed unless the test says so. */
  readonly open?: (n: number) => Backend | Promise<Backend>;
  readonly clock?: Clock;
  /** Of the connection: its deadlines and its heartbeat. */
  readonly netClock?: Clock;
  readonly outbox?: Outbox;
  readonly copyAfter?: (lastCopyMs: number) => number;
  readonly disk?: BlockDisk;
  /** From before the start. */
  readonly paused?: boolean;
}

/** A CPU backend whose known answers are taken as given: these tests are about conversations. */
export function quickBackend(own: Partial<Backend> = {}, inner = cpuBackend()): Backend {
  return withBackend(inner, { selfTest: () => Promise.resolve(), ...own });
}

/** A backend whose accumulate waits until it is stopped; `started` tells that it has begun. */
export function stuckBackend(inner = cpuBackend()): { backend: Backend; started: Promise<void> } {
  const started = Promise.withResolvers<void>();
  const backend = quickBackend(
    {
      accumulate: async (shard, range, signal) => {
        started.resolve();
        await untilAborted(signal).catch(() => {});
        return inner.accumulate(shard, range, signal);
      },
    },
    inner,
  );
  return { backend, started: started.promise };
}

export async function startContributor(
  addresses: readonly string[],
  {
    open = () => quickBackend(),
    clock = systemClock,
    netClock = systemClock,
    outbox = new Outbox(),
    copyAfter,
    disk,
    paused = false,
  }: RigOptions = {},
): Promise<RigContributor> {
  const key = await generateKey();
  const statuses: ContributorStatus[] = [];
  const receipts: Uint8Array[] = [];
  const backends: Backend[] = [];
  const waits: ConnectionState[] = [];
  const watchers = new Set<(status: ContributorStatus) => void>();
  const wishes = new Wishes(clock);
  const node = new ContributorNode({
    key,
    addresses,
    clock: netClock,
    rng: AT_ONCE,
    source: outbox.source,
    pace: (bytes) => wishes.up.take(bytes),
  });
  const engine = new Engine({
    key,
    peerId: peerIdOf(key),
    node: {
      connectForever: (options) =>
        node.connectForever({
          ...options,
          onState: (state) => {
            if (state.state === 'waiting') waits.push(state);
            options.onState(state);
          },
        }),
      wake: () => node.wake(),
      stop: () => node.stop(),
    },
    outbox,
    wishes,
    disk,
    openBackend: async () => {
      const backend = await open(backends.length);
      backends.push(backend);
      return backend;
    },
    clock,
    copyAfter,
    onStatus: (status) => {
      statuses.push(status);
      for (const watch of Array.from(watchers)) watch(status);
    },
    onReceipt: (envelope) => {
      receipts.push(envelope);
    },
  });
  engine.setPaused(paused);
  const done = engine.run();
  return {
    peerId: peerIdOf(key),
    engine,
    outbox,
    statuses,
    receipts,
    backends,
    waits,
    done,
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
      await done;
    },
  };
}
