/** A coordinator that says its control messages properly, and puts any bytes at all on the blocks stream. */
import { LOOPBACK } from '../net/wire-up.ts';
import type { FrameChannel } from '../../src/net/channel.ts';
import { createNode } from '../../src/net/stack.ts';
import { StreamChannel } from '../../src/net/stream-channel.ts';
import { BLOCKS_PROTOCOL, CONTROL_PROTOCOL, MAX_BLOCK_FRAME_BYTES } from '../../src/protocol/limits.ts';
import { type SigningKey, generateKey } from '../../src/protocol/keys.ts';
import { Conversation } from '../contributor/conversation.ts';

type Stream = ConstructorParameters<typeof StreamChannel>[0];

export interface RawConversation {
  readonly talk: Conversation;
  /** Bare frames of the blocks stream. */
  readonly blocks: FrameChannel;
  /** The stream itself, for what is no frame. */
  readonly stream: Stream;
  /** Resolves when the contributor has hung up. */
  readonly closed: Promise<void>;
}

export interface RawCoordinator {
  readonly key: SigningKey;
  readonly addresses: readonly string[];
  /** The nth connection, past or to come. */
  connection(n: number): Promise<RawConversation>;
  close(): Promise<void>;
}

export async function startRawCoordinator(): Promise<RawCoordinator> {
  const key = await generateKey();
  const node = await createNode({
    key,
    role: 'coordinator',
    listen: [LOOPBACK],
    gater: {},
    maxConnections: 10,
  });
  const controls = new Map<string, StreamChannel>();
  const arrived: RawConversation[] = [];
  const looks = new Set<() => void>();
  await node.handle(CONTROL_PROTOCOL, (stream, { id }) => {
    controls.set(id, new StreamChannel(stream, 1 << 20));
  });
  await node.handle(BLOCKS_PROTOCOL, (stream, connection) => {
    const blocks = new StreamChannel(stream, MAX_BLOCK_FRAME_BYTES);
    const control = controls.get(connection.id)!;
    const closed = new Promise<void>((resolve) => {
      connection.addEventListener('close', () => resolve(), { once: true });
    });
    const link = {
      peer: connection.remotePeer.toString(),
      address: connection.remoteAddr.toString(),
      control,
      closed,
      failure: undefined,
      close: () => connection.close(),
      get blocks(): never {
        throw new Error('there are only bare frames here');
      },
    };
    arrived.push({ talk: new Conversation(link, key), blocks, stream, closed });
    for (const look of Array.from(looks)) look();
  });
  await node.start();
  return {
    key,
    addresses: node.getMultiaddrs().map(String),
    connection: (n) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = arrived[n];
          if (!found) return;
          looks.delete(look);
          resolve(found);
        };
        looks.add(look);
        look();
      }),
    close: async () => {
      await node.stop();
    },
  };
}
