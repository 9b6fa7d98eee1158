/** Accepts contributors: a Link for every connection that opens both of its streams in time. */
import type { Connection, Libp2p, Stream } from '@libp2p/interface';
import type { Clock } from '../core/clock.ts';
import { AppError, toAppError } from '../core/errors.ts';
import type { SigningKey } from '../protocol/keys.ts';
import { BLOCKS_PROTOCOL, CONTROL_PROTOCOL, HELLO_DEADLINE_MS, MAX_CONNECTIONS } from '../protocol/limits.ts';
import type { Hash } from './block-consumer.ts';
import { OpenSslCipher } from './chacha.node.ts';
import type { Link } from './link.ts';
import { type TransportFactory, createNode } from './stack.ts';
import { closeConnection, linkOver } from './stream-link.ts';
import { isWebRtcDirect } from './webrtc-address.ts';

export interface ListenOptions {
  readonly key: SigningKey;
  /** Multiaddrs such as /ip4/127.0.0.1/tcp/9001/ws; port 0 takes a free one. */
  readonly listen: readonly string[];
  /** What to tell others instead, such as /dns4/coord.example.org/tcp/443/tls/ws. */
  readonly announce?: readonly string[];
  readonly clock: Clock;
  /** Blocks for a contributor. */
  readonly source: (hash: Hash, peer: string) => Promise<Uint8Array | undefined>;
  /** Must not throw. `openedMs` is when the connection was made, which its deadlines count from. */
  readonly onLink: (link: Link, openedMs: number) => void;
  /** Peers that may not connect. */
  readonly deny?: (peer: string) => boolean;
  /** @default MAX_CONNECTIONS */
  readonly maxConnections?: number;
  /** Only for tests. */
  readonly transports?: readonly TransportFactory[];
  /** For addresses to listen on that are no WebSockets: see webrtc.ts. */
  readonly moreTransports?: readonly TransportFactory[];
}

export interface Listening {
  readonly peerId: string;
  /** Each ends in /p2p/<peerId>. */
  readonly addresses: readonly string[];
  /** Takes connections: between the start and `close`. */
  readonly isListening: boolean;
  links(): Link[];
  close(): Promise<void>;
}

/** @throws 'port-in-use' with the address, 'bad-input' for an address that cannot be listened on */
export async function listen(options: ListenOptions): Promise<Listening> {
  const node = await createNode({
    key: options.key,
    role: 'coordinator',
    listen: options.listen,
    announce: options.announce ?? [],
    maxConnections: options.maxConnections ?? MAX_CONNECTIONS,
    cipher: new OpenSslCipher(),
    gater: {
      // Envelopes and the ledger know one kind of key.
      denyInboundEncryptedConnection: (peer) =>
        peer.type !== 'Ed25519' || (options.deny?.(peer.toString()) ?? false),
    },
    ...(options.transports && { transports: options.transports }),
    ...(options.moreTransports && { moreTransports: options.moreTransports }),
  }).catch((error: unknown) => {
    throw toAppError(error, 'bad-input');
  });
  const reception = new Reception(node, options);
  await reception.open();
  try {
    await node.start();
  } catch (error) {
    // The addresses that did not fail are listened on by now.
    await Promise.resolve(node.stop()).catch(() => {});
    throw listenError(error, options.listen);
  }
  return {
    peerId: node.peerId.toString(),
    // In the order of preference: WebSocket runs in a worker, and faster.
    addresses: node
      .getMultiaddrs()
      .map(String)
      .toSorted((a, b) => Number(isWebRtcDirect(a)) - Number(isWebRtcDirect(b))),
    get isListening() {
      return node.status === 'started';
    },
    links: () => Array.from(reception.links),
    async close() {
      await Promise.all(Array.from(reception.links, (link) => link.close('the coordinator stops')));
      await node.stop();
    },
  };
}

/** Streams of a connection until there are both. */
interface Arrival {
  control?: Stream;
  blocks?: Stream;
  readonly openedMs: number;
  stopDeadline(): void;
}

class Reception {
  readonly links = new Set<Link>();
  readonly #node: Libp2p;
  readonly #options: ListenOptions;
  readonly #arrivals = new Map<string, Arrival>();

  constructor(node: Libp2p, options: ListenOptions) {
    this.#node = node;
    this.#options = options;
  }

  async open(): Promise<void> {
    this.#node.addEventListener('connection:open', ({ detail }) => this.#arrived(detail));
    this.#node.addEventListener('connection:close', ({ detail }) => this.#left(detail));
    this.#node.addEventListener('peer:disconnect', ({ detail }) => {
      // Or every visitor who ever came stays in memory.
      this.#node.peerStore.delete(detail).catch(() => {});
    });
    // No middleware (node.use): js-libp2p 3.3 adds the handler to the live list once per stream.
    const once = { maxInboundStreams: 1 };
    await this.#node.handle(CONTROL_PROTOCOL, (stream, from) => this.#opened(from, 'control', stream), once);
    await this.#node.handle(BLOCKS_PROTOCOL, (stream, from) => this.#opened(from, 'blocks', stream), once);
  }

  #arrived(connection: Connection): void {
    const { clock } = this.#options;
    const stopDeadline = clock.after(HELLO_DEADLINE_MS, () => {
      this.#arrivals.delete(connection.id);
      connection.abort(new AppError('timeout', 'no streams were opened'));
    });
    this.#arrivals.set(connection.id, { openedMs: clock.now(), stopDeadline });
  }

  #left(connection: Connection): void {
    this.#arrivals.get(connection.id)?.stopDeadline();
    this.#arrivals.delete(connection.id);
  }

  #opened(connection: Connection, kind: 'control' | 'blocks', stream: Stream): void {
    const arrival = this.#arrivals.get(connection.id);
    if (!arrival || arrival[kind]) {
      stream.abort(new AppError('conflict', `this connection has its ${kind} stream`));
      return;
    }
    arrival[kind] = stream;
    const { control, blocks, openedMs } = arrival;
    if (!control || !blocks) return;
    this.#left(connection);
    this.#admit(connection, { control, blocks, openedMs });
  }

  #admit(
    connection: Connection,
    { control, blocks, openedMs }: { control: Stream; blocks: Stream; openedMs: number },
  ): void {
    const { clock, source, onLink } = this.#options;
    const peer = connection.remotePeer.toString();
    const link = linkOver({ connection, control, blocks, clock, source: (hash) => source(hash, peer) });
    this.links.add(link);
    void link.closed.then(() => this.links.delete(link));
    try {
      onLink(link, openedMs);
    } catch {
      void closeConnection(connection, clock);
    }
  }
}

function listenError(error: unknown, addresses: readonly string[]): AppError {
  const failure = toAppError(error, 'bad-input');
  if (!/EADDRINUSE|already in use|Failed to register ICE UDP/.test(failure.message)) return failure;
  const used = addresses.filter((address) => failure.message.includes(address)).join(', ');
  return new AppError('port-in-use', `${used || addresses.join(', ')} is already in use by another program`, {
    cause: error,
  });
}
