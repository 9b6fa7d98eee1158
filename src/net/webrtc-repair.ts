/**
 * What @libp2p/webrtc 6.0 leaves open, mostly to hostile peers, closed from outside without patching any global.
 *
 * 1. It takes a text message for binary: `new Uint8Array('99999999999')` throws where nobody hears it, which ends a
 *    Node process, and a smaller number is memory. Anybody can send one, before the handshake too. Here a text
 *    message ends its connection.
 * 2. A data channel is a stream and costs the peer nothing; nothing counts those that name no protocol. Here a
 *    connection has MAX_STREAMS.
 * 3. Every STUN packet with a new name makes a native peer connection that waits ten seconds for a handshake, and
 *    sender addresses of UDP can be made up. Here MAX_PENDING_WEBRTC of them wait, and the others are not answered.
 * 4. A tab that is closed says nothing, and the coordinator notices when consent runs out: after 39 s, and after
 *    0.5 s with the close that is here.
 *
 * Delete 1 when stream.ts looks at the type of `event.data`, 2 when the muxer honours maxInboundStreams, and 3
 * when listener.ts has a limit; test/net/hostile-webrtc.test.ts shows it.
 */
import type {
  CreateListenerOptions,
  Listener,
  MultiaddrConnection,
  Transport,
  Upgrader,
} from '@libp2p/interface';
import { MAX_PENDING_WEBRTC, MAX_STREAMS } from '../protocol/limits.ts';

/** Both halves of a transport; a transport that cannot listen keeps failing at it. */
export function repairedWebRtc(transport: Transport): Transport {
  const dial = transport.dial.bind(transport);
  const createListener = transport.createListener.bind(transport);
  transport.dial = (address, options) =>
    dial(address, { ...options, upgrader: guardingUpgrader(options.upgrader) });
  transport.createListener = (options: CreateListenerOptions) => guarded(createListener(options));
  return transport;
}

/** The dialled connection is first seen here: its handshake channel is the coordinator's to spoil, whose key is pinned. */
function guardingUpgrader(upgrader: Upgrader): Upgrader {
  const own: Pick<Upgrader, 'upgradeOutbound'> = {
    upgradeOutbound: (connection, options) => {
      const factory = options.muxerFactory as unknown as { peerConnection: PeerConnection } | undefined;
      if (factory) {
        guardPeer(factory.peerConnection);
        closeWithPage(factory.peerConnection, connection);
      }
      return upgrader.upgradeOutbound(connection, options);
    },
  };
  return Object.assign(Object.create(upgrader) as Upgrader, own);
}

/** Consent (RFC 7675) would run out by itself, in half a minute. */
function closeWithPage(peer: PeerConnection, connection: MultiaddrConnection): void {
  if (!('document' in globalThis)) return;
  const close = (): void => peer.close();
  addEventListener('pagehide', close);
  connection.addEventListener('close', () => removeEventListener('pagehide', close), { once: true });
}

type PeerConnection = Pick<RTCPeerConnection, 'addEventListener' | 'close' | 'createDataChannel'>;

interface Listening {
  readonly connections: Map<string, PeerConnection>;
  incomingConnection(ufrag: string, host: string, port: number, signal: AbortSignal): Promise<void>;
}

function guarded(listener: Listener): Listener {
  const inside = listener as unknown as Listening;
  const { connections } = inside;
  const keep = connections.set.bind(connections);
  connections.set = (key, peer) => {
    guardPeer(peer);
    return keep(key, peer);
  };
  const accept = inside.incomingConnection.bind(inside);
  let pending = 0;
  inside.incomingConnection = async (ufrag, host, port, signal) => {
    // Packets of connections that are there come here, too.
    if (connections.has(`${host}:${port}:${ufrag}`) || pending >= MAX_PENDING_WEBRTC) return;
    pending += 1;
    try {
      await accept(ufrag, host, port, signal);
    } finally {
      pending -= 1;
    }
  };
  return listener;
}

/** Closes a peer that sends text or opens more channels than streams are allowed. */
function guardPeer(peer: PeerConnection): void {
  let open = 0;
  peer.addEventListener('datachannel', ({ channel }) => {
    open += 1;
    channel.addEventListener('close', () => (open -= 1));
    guardChannel(channel, peer);
    if (open > MAX_STREAMS) peer.close();
  });
  const create = peer.createDataChannel.bind(peer);
  peer.createDataChannel = (label, options) => {
    const channel = create(label, options);
    guardChannel(channel, peer);
    return channel;
  };
}

type Handler = ((event: MessageEvent) => void) | null;

/** Whatever is set as `onmessage` hears binary messages only. In Node that is a field, in browsers an accessor. */
function guardChannel(channel: RTCDataChannel, peer: PeerConnection): void {
  const builtin = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(channel), 'onmessage');
  let guard: Handler = null;
  const set = (handler: Handler): void => {
    guard =
      handler &&
      ((event) => {
        if (event.data instanceof ArrayBuffer) handler(event);
        else peer.close();
      });
    builtin?.set?.call(channel, guard);
  };
  set(channel.onmessage);
  Object.defineProperty(channel, 'onmessage', { get: () => guard, set });
}
