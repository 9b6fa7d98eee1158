/** A bare WebSocket server for comparison: the `ws` package that libp2p uses, and nothing above it. */
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';

/** What we use of `ws`, which comes with @libp2p/websockets and without types. */
interface Socket {
  send(data: Uint8Array): void;
  on(event: 'message', handler: (data: Buffer, isBinary: boolean) => void): void;
}

interface Server {
  address(): AddressInfo;
  once(event: 'listening', handler: () => void): void;
  on(event: 'connection', handler: (socket: Socket) => void): void;
  close(): void;
  readonly clients: Iterable<{ terminate(): void }>;
}

const { WebSocketServer } = createRequire(import.meta.resolve('@libp2p/websockets'))('ws') as {
  WebSocketServer: new (options: { host: string; port: number }) => Server;
};

export interface RawServer {
  readonly url: string;
  /** Resolves when this many bytes have come from now on. */
  received(bytes: number): Promise<void>;
  close(): void;
}

/** Sends `message` as often as a text message {"down": n} asks. */
export async function rawServer(message: Uint8Array): Promise<RawServer> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await new Promise<void>((resolve) => server.once('listening', resolve));
  let left = 0;
  let done = (): void => {};
  server.on('connection', (socket) => {
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
    received(bytes) {
      left = bytes;
      return new Promise((resolve) => (done = resolve));
    },
    close() {
      for (const client of server.clients) client.terminate();
      server.close();
    },
  };
}
