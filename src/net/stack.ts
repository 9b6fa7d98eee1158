/** The one place that names what a connection is made of: WebSocket, Noise, yamux, identify, ping. */
import { yamux } from '@chainsafe/libp2p-yamux';
import { identify } from '@libp2p/identify';
import type { ConnectionGater, Libp2p } from '@libp2p/interface';
import { ping } from '@libp2p/ping';
import { type Libp2pOptions, createLibp2p } from 'libp2p';
import { MAX_PENDING_CONNECTIONS, MAX_STREAMS, PROTOCOL_VERSION } from '../protocol/limits.ts';
import type { SigningKey } from '../protocol/keys.ts';
import type { Cipher } from './chacha.ts';
import { quickNoise } from './noise.ts';
import { repairedWebSockets } from './websocket-repair.ts';

/** Tests give other transports (memory), and so does who dials webrtc-direct. */
export type TransportFactory = NonNullable<Libp2pOptions['transports']>[number];

export interface StackOptions {
  readonly key: SigningKey;
  readonly role: 'contributor' | 'coordinator';
  readonly listen?: readonly string[];
  readonly announce?: readonly string[];
  readonly gater: ConnectionGater;
  readonly maxConnections: number;
  readonly transports?: readonly TransportFactory[];
  /** Beside those: webrtc-direct, where somebody asked for it. */
  readonly moreTransports?: readonly TransportFactory[];
  /** @default the one in WebAssembly */
  readonly cipher?: Cipher;
}

/**
 * What may wait in a socket at first; more where it leaves at once. On a home uplink, wants and window updates wait
 * behind it, and the downlink with them: 1 MiB are half a second at 20 Mbit/s.
 */
const BUFFERED_BYTES = 1 << 18;
/**
 * A stream's window grows with the round trip up to this. A contributor's round trip grows by what waits in its
 * uplink: 2 MiB at 0.3 s are 7 MB/s, half of what a home downlink could bring. The coordinator has many streams, and
 * wants 12 blocks of one at once: what does not fit the window is cut where it ends, and copied together again.
 */
const MAX_STREAM_WINDOW_BYTES = { contributor: 8 << 20, coordinator: 4 << 20 };
/** Behind a TLS proxy all contributors share one address: the default of 5 a second refuses a small crowd. */
const INBOUND_PER_SECOND_AND_HOST = 1_000;

/** A libp2p node that is not started yet. */
export function createNode(options: StackOptions): Promise<Libp2p> {
  const { role } = options;
  return createLibp2p({
    start: false,
    privateKey: options.key,
    nodeInfo: { name: 'tilework', version: String(PROTOCOL_VERSION), userAgent: `tilework-${role}` },
    addresses: { listen: [...(options.listen ?? [])], announce: [...(options.announce ?? [])] },
    transports: [
      ...(options.transports ?? [repairedWebSockets({ maxBufferedAmount: BUFFERED_BYTES })]),
      ...(options.moreTransports ?? []),
    ],
    connectionEncrypters: [quickNoise(options.cipher)],
    streamMuxers: [
      yamux({
        maxInboundStreams: MAX_STREAMS,
        maxOutboundStreams: MAX_STREAMS,
        streamOptions: {
          maxStreamWindowSize: MAX_STREAM_WINDOW_BYTES[role],
          // A paused stream may be sent all of its window, and is reset when it holds more than this.
          maxReadBufferLength: 2 * MAX_STREAM_WINDOW_BYTES[role],
        },
      }),
    ],
    // A gater of our own also replaces the browser default, which denies ws:// and private addresses.
    connectionGater: options.gater,
    connectionManager: {
      maxConnections: options.maxConnections,
      inboundConnectionThreshold: INBOUND_PER_SECOND_AND_HOST,
      maxIncomingPendingConnections: MAX_PENDING_CONNECTIONS,
      // It gives up after half a minute; src/net/reconnect.ts does not.
      reconnectRetries: 0,
    },
    // It aborts connections whose ping waits behind an upload (js-libp2p #3463, #3504). Links have a heartbeat.
    connectionMonitor: { enabled: false },
    services: { identify: identify(), ping: ping() },
  });
}
