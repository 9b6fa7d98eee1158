/** Stays connected to one coordinator of a network, whose key is pinned by its addresses. */
import type { Connection, Libp2p } from '@libp2p/interface';
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';
import type { Clock } from '../core/clock.ts';
import { AppError, throwIfAborted, toAppError } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';
import type { SigningKey } from '../protocol/keys.ts';
import {
  BLOCKS_PROTOCOL,
  CONTROL_PROTOCOL,
  HELLO_DEADLINE_MS,
  SOCKET_WANT_WINDOW,
} from '../protocol/limits.ts';
import type { BlockSource } from './block-provider.ts';
import type { Link } from './link.ts';
import { AddressOrder } from './address-order.ts';
import { type ConnectionState, Reconnector } from './reconnect.ts';
import { type TransportFactory, createNode } from './stack.ts';
import { linkOver } from './stream-link.ts';
import { isWebRtcDirect } from './webrtc-address.ts';

export interface ContributorNodeOptions {
  readonly key: SigningKey;
  /** Multiaddrs of the network's coordinators, each ending in /p2p/<PeerId>. Nothing else is ever dialled. */
  readonly addresses: readonly string[];
  readonly clock: Clock;
  readonly rng: Rng;
  /** Blocks of results, for the coordinator. */
  readonly source: BlockSource;
  /** Resolves when so many bytes of a block may leave. @default at once */
  readonly pace?: ((bytes: number) => Promise<void>) | undefined;
  /** Instead of WebSocket. */
  readonly transports?: readonly TransportFactory[];
}

export interface ConnectForeverOptions {
  readonly signal: AbortSignal;
  /** The session: must return when the link has closed. */
  readonly onLink: (link: Link) => Promise<void>;
  readonly onState: (state: ConnectionState) => void;
}

export class ContributorNode {
  readonly #options: ContributorNodeOptions;
  readonly #addresses: Multiaddr[];
  readonly #order: AddressOrder<Multiaddr>;
  #reconnector: Reconnector<Link> | undefined;
  #running: { readonly stop: AbortController; readonly done: Promise<void> } | undefined;

  /** @throws 'bad-input' unless every address is a multiaddr that pins a PeerId */
  constructor(options: ContributorNodeOptions) {
    this.#options = options;
    this.#addresses = parseAddresses(options.addresses);
    this.#order = new AddressOrder(this.#addresses, options.rng);
  }

  /**
   * Connects, and again after every end, until the signal or stop(). When it resolves, no socket is left.
   * An unreachable coordinator is a state, not an error; so are 'wrong-peer', which is tried again slowly, and
   * 'not-found': it is of another version.
   * @throws 'conflict' when it is running already
   */
  async connectForever(options: ConnectForeverOptions): Promise<void> {
    if (this.#running) throw new AppError('conflict', 'this contributor is connecting already');
    const stop = new AbortController();
    const abort = (): void => stop.abort(options.signal.reason);
    options.signal.addEventListener('abort', abort, { once: true });
    if (options.signal.aborted) abort();
    const done = this.#run(options, stop.signal);
    this.#running = { stop, done };
    try {
      await done;
    } finally {
      options.signal.removeEventListener('abort', abort);
      this.#running = undefined;
    }
  }

  /** Ends a wait at once: the network is back, the tab is visible. */
  wake(): void {
    this.#reconnector?.wake();
  }

  /** Ends connectForever and waits until the sockets are gone. */
  async stop(): Promise<void> {
    this.#running?.stop.abort();
    await this.#running?.done;
  }

  async #run({ onLink, onState }: ConnectForeverOptions, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const allowed = new Set(this.#addresses.map(String));
    const node = await createNode({
      key: this.#options.key,
      role: 'contributor',
      maxConnections: 4,
      gater: { denyDialMultiaddr: (address) => !allowed.has(address.toString()) },
      ...(this.#options.transports && { transports: this.#options.transports }),
    });
    await node.start();
    this.#reconnector = new Reconnector({
      clock: this.#options.clock,
      rng: this.#options.rng,
      connect: (signal) => this.#connect(node, signal),
      session: (link) => live(link, onLink, signal),
      onState,
    });
    try {
      await this.#reconnector.run(signal);
    } finally {
      this.#reconnector = undefined;
      await node.stop();
    }
  }

  async #dial(node: Libp2p, signal: AbortSignal): Promise<Connection> {
    const errors: unknown[] = [];
    for (const address of this.#order.next()) {
      throwIfAborted(signal);
      try {
        // force: a dead connection that libp2p still lists must not be handed back.
        const connection = await node.dial(address, { signal, force: true });
        this.#order.worked();
        return connection;
      } catch (error) {
        this.#order.failed(address);
        errors.push(error);
      }
    }
    throw dialError(new AggregateError(errors.flatMap(all)), this.#options.addresses);
  }

  async #connect(node: Libp2p, signal: AbortSignal): Promise<Link> {
    const { clock, source, pace } = this.#options;
    const connection = await this.#dial(node, signal);
    const deadline = new AbortController();
    const abort = (): void => deadline.abort();
    const stopDeadline = clock.after(HELLO_DEADLINE_MS, abort);
    signal.addEventListener('abort', abort, { once: true });
    try {
      throwIfAborted(signal);
      const control = await connection.newStream([CONTROL_PROTOCOL], { signal: deadline.signal });
      const blocks = await connection.newStream([BLOCKS_PROTOCOL], { signal: deadline.signal });
      const window = isWebRtcDirect(connection.remoteAddr.toString()) ? undefined : SOCKET_WANT_WINDOW;
      return linkOver({ connection, control, blocks, clock, source, pack: true, pace, window });
    } catch (error) {
      connection.abort(toAppError(error, 'closed'));
      if ((error as Error | null)?.name === 'UnsupportedProtocolError') {
        throw new AppError('not-found', 'the coordinator speaks none of the protocols of this version', {
          cause: error,
        });
      }
      throw new AppError('unreachable', 'the coordinator ended the connection before it was ready', {
        cause: error,
      });
    } finally {
      stopDeadline();
      signal.removeEventListener('abort', abort);
    }
  }
}

async function live(link: Link, onLink: (link: Link) => Promise<void>, signal: AbortSignal): Promise<void> {
  const close = (): void => void link.close('stopped');
  signal.addEventListener('abort', close, { once: true });
  if (signal.aborted) close();
  try {
    await onLink(link);
  } finally {
    signal.removeEventListener('abort', close);
    await link.close();
  }
}

function parseAddresses(addresses: readonly string[]): Multiaddr[] {
  if (addresses.length === 0) throw new AppError('bad-input', 'the coordinator has no address');
  return addresses.map((text) => {
    let parsed: Multiaddr | undefined;
    try {
      parsed = multiaddr(text);
    } catch (error) {
      throw new AppError('bad-input', `${text} is not a multiaddr`, { cause: error });
    }
    if (parsed.getComponents().at(-1)?.name !== 'p2p') {
      throw new AppError('bad-input', `the coordinator address ${text} must end in /p2p/ and its PeerId`);
    }
    return parsed;
  });
}

function all(error: unknown): unknown[] {
  return error instanceof AggregateError ? error.errors : [error];
}

/** dial() rejects with errors, lists of them, and bare Events without a message. */
function dialError(thrown: unknown, addresses: readonly string[]): AppError {
  const errors: unknown[] = thrown instanceof AggregateError ? thrown.errors : [thrown];
  const wrong = errors.find(
    (error) => error instanceof Error && /does not match expected/.test(error.message),
  );
  if (wrong !== undefined) {
    return new AppError(
      'wrong-peer',
      'the coordinator at this address has another key than the one expected',
      {
        cause: thrown,
      },
    );
  }
  const why = errors.map((error) => toAppError(error).message).join('; ');
  return new AppError('unreachable', `cannot reach the coordinator at ${addresses.join(' or ')} (${why})`, {
    cause: thrown,
  });
}
