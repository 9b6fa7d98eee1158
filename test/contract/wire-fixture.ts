/** The near ends of the wire contract over libp2p: a coordinator, and one that only has bare frames. */
import { systemClock } from '../../src/core/clock.ts';
import type { FrameChannel } from '../../src/net/channel.ts';
import { listen } from '../../src/net/coordinator-node.ts';
import type { Link } from '../../src/net/link.ts';
import { type TransportFactory, createNode } from '../../src/net/stack.ts';
import { StreamChannel } from '../../src/net/stream-channel.ts';
import { generateKey } from '../../src/protocol/keys.ts';
import {
  BLOCKS_PROTOCOL,
  CONTROL_PROTOCOL,
  MAX_BLOCK_FRAME_BYTES,
  MAX_CONTROL_BYTES,
} from '../../src/protocol/limits.ts';
import type { WireFixture } from './wire.ts';
import type { FarEnd } from './wire-far.ts';

export interface Libp2pFixtureOptions {
  /** Two multiaddrs to listen on. */
  readonly listen: readonly [string, string];
  readonly transports?: readonly TransportFactory[];
  readonly dialFar: (address: string) => Promise<FarEnd>;
}

type Source = (hash: string) => Promise<Uint8Array | undefined>;

/** Connections are opened one after the other, so the next link is that of the last dial. */
export async function libp2pFixture(options: Libp2pFixtureOptions): Promise<WireFixture> {
  const sources = new Map<string, Source>();
  let next = Promise.withResolvers<Link>();
  const coordinator = await listen({
    key: await generateKey(),
    listen: [options.listen[0]],
    clock: systemClock,
    source: async (hash, peer) => sources.get(peer)?.(hash),
    onLink: (link) => next.resolve(link),
    ...(options.transports && { transports: options.transports }),
  });
  const bare = await listenBare(options);
  return {
    async open(source) {
      next = Promise.withResolvers();
      const far = await options.dialFar(coordinator.addresses[0]!);
      const near = await next.promise;
      sources.set(near.peer, source);
      return { near, far };
    },
    openBare: () => bare.open(options.dialFar),
    async close() {
      await coordinator.close();
      await bare.close();
    },
  };
}

interface BareListener {
  open(
    dialFar: (address: string) => Promise<FarEnd>,
  ): Promise<{ control: FrameChannel; blocks: FrameChannel; far: FarEnd }>;
  close(): Promise<void>;
}

async function listenBare({ listen: addresses, transports }: Libp2pFixtureOptions): Promise<BareListener> {
  const node = await createNode({
    key: await generateKey(),
    role: 'coordinator',
    listen: [addresses[1]],
    maxConnections: 100,
    gater: {},
    ...(transports && { transports }),
  });
  let control = Promise.withResolvers<FrameChannel>();
  let blocks = Promise.withResolvers<FrameChannel>();
  await node.handle(CONTROL_PROTOCOL, (stream) =>
    control.resolve(new StreamChannel(stream, MAX_CONTROL_BYTES)),
  );
  await node.handle(BLOCKS_PROTOCOL, (stream) =>
    blocks.resolve(new StreamChannel(stream, MAX_BLOCK_FRAME_BYTES)),
  );
  await node.start();
  return {
    async open(dialFar) {
      control = Promise.withResolvers();
      blocks = Promise.withResolvers();
      const far = await dialFar(node.getMultiaddrs().map(String)[0]!);
      return { far, control: await control.promise, blocks: await blocks.promise };
    },
    close: async () => node.stop(),
  };
}
