/** A bare WebSocket server for comparison: the `ws` package that libp2p uses, and nothing above it. */
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';

/** What we use of `ws`, which comes with @libp2p/websockets and without types. */
interface Socket {
  send(data: Uint8Array | string): void;
  on(event: 'message', handler: (data: Buffer, isBinary: boolean) => void): void;
}

interface Server {
  address(): AddressInfo;
  once(event: 'listening', handler: () => void): void;
  on(event: 'connection', handler: (socket: Socket) => void): void;
}

const { WebSocketServer } = createRequire(import.meta.resolve('@libp2p/websockets'))('ws') as {
  WebSocketServer: new (options: { host: string; port: number }) => Server;
};

export interface RawServer {
  readonly url: string;
  /** Asks the one that is connected for messages of so many bytes together; resolves when the last has come. */
  receive(messages: number, bytes: number): Promise<void>;
}

/** Sends `message` as often as a text message {"down": n} asks. */
export async function rawServer(message: Uint8Array): Promise<RawServer> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await new Promise<void>((resolve) => server.once('listening', resolve));
  let peer: Socket | undefined;
  let left = 0;
  let done = (): void => {};
  server.on('connection', (socket) => {
    peer = socket;
    socket.on('message', (data, isBinary) => {
      if (isBinary) {
        left -= data.length;
        if (left === 0) done();
        return;
      }
      const { down } = JSON.parse(data.toString()) as { down: number };
      for (let i = 0; i < down; i++) socket.send(message);
    });
  });
  return {
    url: `ws://127.0.0.1:${server.address().port}`,
    receive(messages, bytes) {
      left = bytes;
      peer?.send(JSON.stringify({ up: messages }));
      return new Promise((resolve) => (done = resolve));
    },
  };
}
