/** Real coordinators and contributors on loopback for the tests of src/net. */
import type { Clock } from '../../src/core/clock.ts';
import { systemClock } from '../../src/core/clock.ts';
import { AppError } from '../../src/core/errors.ts';
import { seededRng } from '../../src/core/rng.ts';
import { ContributorNode } from '../../src/net/contributor-node.ts';
import { type ListenOptions, type Listening, listen } from '../../src/net/coordinator-node.ts';
import type { Link } from '../../src/net/link.ts';
import type { ConnectionState } from '../../src/net/reconnect.ts';
import { type SigningKey, generateKey } from '../../src/protocol/keys.ts';

export const LOOPBACK = '/ip4/127.0.0.1/tcp/0/ws';
export const noBlocks = async (): Promise<undefined> => undefined;

export interface TestCoordinator extends Listening {
  readonly key: SigningKey;
  readonly port: number;
  /** Every link so far. */
  readonly arrived: Link[];
  /** The same coordinator through another port. */
  addressVia(port: number): string;
}

export async function startCoordinator(options: Partial<ListenOptions> = {}): Promise<TestCoordinator> {
  const key = options.key ?? (await generateKey());
  const arrived: Link[] = [];
  const listening = await listen({
    listen: [LOOPBACK],
    clock: systemClock,
    source: noBlocks,
    onLink: (link) => arrived.push(link),
    ...options,
    key,
  });
  return {
    ...listening,
    key,
    arrived,
    port: Number(/tcp\/(\d+)/.exec(listening.addresses[0]!)![1]),
    addressVia: (port) => `/ip4/127.0.0.1/tcp/${port}/ws/p2p/${listening.peerId}`,
  };
}

export interface TestContributor {
  readonly node: ContributorNode;
  readonly key: SigningKey;
  readonly states: ConnectionState[];
  /** Every link so far. */
  readonly links: Link[];
  readonly done: Promise<void>;
  abort(): void;
  /** The next link, or the last if it is open. */
  linked(): Promise<Link>;
  /** The first state, past or to come, that fits. */
  state(fits: (state: ConnectionState) => boolean): Promise<ConnectionState>;
}

export interface ContributorOptions {
  readonly clock?: Clock;
  readonly key?: SigningKey;
  readonly source?: (hash: string) => Promise<Uint8Array | undefined>;
}

/** Connects for ever; its session waits for the end of the link. */
export async function startContributor(
  address: string | readonly string[],
  options: ContributorOptions = {},
): Promise<TestContributor> {
  const key = options.key ?? (await generateKey());
  const node = new ContributorNode({
    key,
    addresses: typeof address === 'string' ? [address] : address,
    clock: options.clock ?? systemClock,
    rng: seededRng(7),
    source: options.source ?? noBlocks,
  });
  const stop = new AbortController();
  const states: ConnectionState[] = [];
  const links: Link[] = [];
  const watchers = new Set<() => void>();
  const changed = (): void => {
    for (const watcher of Array.from(watchers)) watcher();
  };
  const until = <T>(find: () => T | undefined): Promise<T> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = find();
        if (found === undefined) return;
        watchers.delete(look);
        resolve(found);
      };
      watchers.add(look);
      look();
    });
  const done = node.connectForever({
    signal: stop.signal,
    onState(state) {
      states.push(state);
      changed();
    },
    async onLink(link) {
      const at = links.push(link) - 1;
      changed();
      await link.closed;
      gone.add(at);
    },
  });
  const gone = new Set<number>();
  return {
    node,
    key,
    states,
    links,
    done,
    abort: () => stop.abort(new AppError('aborted', 'the test stops it')),
    linked: () => until(() => (gone.has(links.length - 1) ? undefined : links.at(-1))),
    state: (fits) => until(() => states.find(fits)),
  };
}
