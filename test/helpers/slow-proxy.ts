/** A TCP proxy on loopback that lets a given number of bytes a second through, and counts its sockets. */
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface SlowProxyOptions {
  /** Where to forward to, on 127.0.0.1. */
  readonly port: number;
  /** From the client to the target. @default no limit */
  readonly upBytesPerSecond?: number;
  /** From the target to the client. @default no limit */
  readonly downBytesPerSecond?: number;
}

export interface SlowProxy {
  readonly port: number;
  /** Client sockets that are open now. */
  readonly open: number;
  /** Connections ever accepted. */
  readonly accepted: number;
  /** Cuts every connection without a farewell. */
  cut(): void;
  close(): Promise<void>;
}

/** A modem's buffer: what is in here has left the sender but not arrived. */
const BUFFER_BYTES = 16 * 1024;

export async function slowProxy(options: SlowProxyOptions): Promise<SlowProxy> {
  const sockets = new Set<Socket>();
  let open = 0;
  let accepted = 0;
  const server = createServer({ highWaterMark: BUFFER_BYTES }, (client) => {
    const target = connect({ port: options.port, host: '127.0.0.1' });
    open += 1;
    accepted += 1;
    client.once('close', () => {
      open -= 1;
    });
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.once('close', () => {
        sockets.delete(socket);
        client.destroy();
        target.destroy();
      });
    }
    void pump(client, target, options.upBytesPerSecond ?? Infinity);
    void pump(target, client, options.downBytesPerSecond ?? Infinity);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    get open() {
      return open;
    },
    get accepted() {
      return accepted;
    },
    cut,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
}

/** Reads no faster than the rate, so that TCP itself tells the sender to wait. */
async function pump(from: Socket, to: Socket, bytesPerSecond: number): Promise<void> {
  let due = performance.now();
  try {
    for await (const chunk of from as AsyncIterable<Uint8Array>) {
      if (!to.write(chunk))
        await new Promise<void>((resolve) => void to.once('drain', resolve).once('close', resolve));
      due = Math.max(due, performance.now() - 50) + (chunk.length / bytesPerSecond) * 1000;
      const early = due - performance.now();
      if (early > 1) await delay(early);
    }
    to.end();
  } catch {
    to.destroy();
  }
}
