/** What a stranger can send to the UDP port of webrtc-direct, and a peer over its data channels. */
import { createSocket } from 'node:dgram';
import type { Connection, Listener, Stream } from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import { afterEach, describe, expect, it } from 'vitest';
import { seededRng } from '../../src/core/rng.ts';
import { systemClock } from '../../src/core/clock.ts';
import { listen } from '../../src/net/coordinator-node.ts';
import type { Link } from '../../src/net/link.ts';
import { type TransportFactory, createNode } from '../../src/net/stack.ts';
import { webRtcDirect } from '../../src/net/webrtc.ts';
import { generateKey } from '../../src/protocol/keys.ts';
import {
  CONTROL_PROTOCOL,
  MAX_BLOCK_FRAME_BYTES,
  MAX_PENDING_WEBRTC,
  MAX_STREAMS,
  WANT_WINDOW,
} from '../../src/protocol/limits.ts';
import { dialFar } from '../contract/wire-dial.ts';

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** Its native connections, also those without a handshake. */
type Inside = Listener & { readonly connections: Map<string, unknown> };

async function coordinator(): Promise<{ address: string; links: Link[]; inside: () => Inside }> {
  let inside: Listener | undefined;
  const seen: TransportFactory = (components) => {
    const transport = webRtcDirect()(components);
    const create = transport.createListener.bind(transport);
    transport.createListener = (options) => (inside = create(options));
    return transport;
  };
  const links: Link[] = [];
  const listening = await listen({
    key: await generateKey(),
    listen: ['/ip4/127.0.0.1/udp/0/webrtc-direct'],
    transports: [seen],
    clock: systemClock,
    source: async () => undefined,
    onLink: (link) => links.push(link),
  });
  undo.push(() => listening.close());
  return { address: listening.addresses[0]!, links, inside: () => inside as Inside };
}

/** A peer that speaks libp2p, and whose data channels are at hand. */
async function peer(
  address: string,
): Promise<{ connection: Connection; stream: Stream; channel: RTCDataChannel; rtc: RTCPeerConnection }> {
  const node = await createNode({
    key: await generateKey(),
    role: 'contributor',
    maxConnections: 4,
    gater: {},
    transports: [webRtcDirect()],
  });
  await node.start();
  undo.push(async () => node.stop());
  const connection = await node.dial(multiaddr(address));
  const stream = await connection.newStream([CONTROL_PROTOCOL]);
  const { channel } = stream as unknown as { channel: RTCDataChannel };
  const { muxer } = connection as unknown as { muxer: { peerConnection: RTCPeerConnection } };
  return { connection, stream, channel, rtc: muxer.peerConnection };
}

const closed = (connection: Connection): Promise<unknown> =>
  connection.status === 'open'
    ? new Promise((resolve) => connection.addEventListener('close', resolve, { once: true }))
    : Promise.resolve();

/** A STUN binding request (RFC 8489 §5, §14) that names its two ends as libp2p does, with a made-up integrity. */
function stunRequest(name: string, transaction: Uint8Array): Uint8Array {
  const username = new TextEncoder().encode(`${name}:${name}`);
  const integrityAt = 24 + Math.ceil(username.length / 4) * 4;
  const packet = new Uint8Array(integrityAt + 24);
  const view = new DataView(packet.buffer);
  view.setUint16(0, 1);
  view.setUint16(2, packet.length - 20);
  view.setUint32(4, 0x2112a442);
  packet.set(transaction, 8);
  view.setUint16(20, 6);
  view.setUint16(22, username.length);
  packet.set(username, 24);
  view.setUint16(integrityAt, 8);
  view.setUint16(integrityAt + 2, 20);
  return packet;
}

describe('webrtc-direct', { timeout: 20_000 }, () => {
  it.each(['99999999999999', ''])(
    'ends the connection of a peer that sends %j as text, and takes the next one',
    async (text) => {
      const { address, links } = await coordinator();
      const { connection, channel } = await peer(address);
      channel.send(text);
      await closed(connection);
      const far = await dialFar(address, [webRtcDirect()]);
      expect(links).toHaveLength(1);
      await far.close();
      await far.stopped;
    },
  );

  it('ends the connection of a peer that opens one channel after the other', async () => {
    const { address, inside } = await coordinator();
    const { connection, rtc } = await peer(address);
    for (let i = 0; i < MAX_STREAMS + 1; i++) rtc.createDataChannel('');
    await closed(connection);
    await expect.poll(() => inside().connections.size).toBe(0);
  });

  it('has few connections for packets of strangers, who may send from anywhere', async () => {
    const { address, inside } = await coordinator();
    const port = Number(/udp\/(\d+)/.exec(address)![1]);
    const socket = createSocket('udp4');
    undo.push(() => new Promise((resolve) => socket.close(() => resolve(undefined))));
    const rng = seededRng(1);
    const send = (i: number): Promise<unknown> => {
      const name = `libp2p+webrtc+v1/${String(i).padStart(32, 'x')}`;
      return new Promise((resolve) =>
        socket.send(stunRequest(name, rng.bytes(12)), port, '127.0.0.1', resolve),
      );
    };
    for (let i = 0; i < 2 * MAX_PENDING_WEBRTC; i++) await send(i);
    await expect.poll(() => inside().connections.size).toBe(MAX_PENDING_WEBRTC);
    for (let i = 0; i < 20; i++) await send(1000 + i);
    expect(inside().connections.size).toBe(MAX_PENDING_WEBRTC);
  });

  it('holds a whole window of blocks for a reader that pauses: libp2p resets at 4 MiB', () => {
    expect(WANT_WINDOW * MAX_BLOCK_FRAME_BYTES).toBeLessThan(4 << 20);
  });
});
