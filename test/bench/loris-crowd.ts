/**
 * A crowd of connections that say nothing, or a byte a second, and come back as soon as they are thrown out.
 * `node test/bench/loris-crowd.ts HTTP_PORT PEER_PORT COUNT`, in a process of its own so that its work is not
 * the coordinator's; it says "ready" once all have connected, and ends when its parent hangs up.
 */
import { type Socket, connect } from 'node:net';

/** What each says first, and whether it goes on, a byte a second. */
interface Manner {
  readonly port: 'http' | 'peer';
  readonly opening: string;
  readonly drips: boolean;
}

const UPGRADE =
  'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n';

export const MANNERS: readonly Manner[] = [
  { port: 'peer', opening: '', drips: false },
  { port: 'peer', opening: 'GET / HTTP/1.1\r\nX-Slow: ', drips: true },
  { port: 'peer', opening: `${UPGRADE}\r\n`, drips: false },
  { port: 'peer', opening: `${UPGRADE}\r\n`, drips: true },
  { port: 'http', opening: '', drips: false },
  { port: 'http', opening: 'GET /healthz HTTP/1.1\r\nX-Slow: ', drips: true },
  {
    port: 'http',
    opening:
      'POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{',
    drips: true,
  },
];

const DRIP_MS = 1000;
/** A crowd does not come in one instant. */
const RETURN_MS = 200;

export class Crowd {
  readonly #ports: { readonly http: number; readonly peer: number };
  readonly #open = new Set<Socket>();
  readonly #returning = new Set<NodeJS.Timeout>();
  readonly #drip: NodeJS.Timeout;
  #stopped = false;
  /** Connections that the coordinator has ended. */
  thrownOut = 0;

  constructor(ports: { readonly http: number; readonly peer: number }) {
    this.#ports = ports;
    this.#drip = setInterval(() => {
      for (const socket of this.#open) if (dripping.has(socket)) socket.write('a');
    }, DRIP_MS);
  }

  get open(): number {
    return this.#open.size;
  }

  /** Resolves when `count` have connected, each in its own manner. */
  async gather(count: number): Promise<void> {
    const arrivals: Promise<void>[] = [];
    for (let i = 0; i < count; i++) {
      arrivals.push(this.#come(MANNERS[i % MANNERS.length]!));
      // The kernel's queue of connections that nobody has accepted yet holds a few hundred.
      if (i % 100 === 99) await Promise.all(arrivals.splice(0));
    }
    await Promise.all(arrivals);
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#drip);
    for (const timer of this.#returning) clearTimeout(timer);
    for (const socket of this.#open) socket.destroy();
  }

  #come(manner: Manner): Promise<void> {
    return new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', port: this.#ports[manner.port] });
      socket.on('error', () => {});
      socket.resume();
      socket.once('connect', () => {
        this.#open.add(socket);
        if (manner.drips) dripping.add(socket);
        socket.write(manner.opening);
        resolve();
      });
      socket.once('close', () => {
        this.#open.delete(socket);
        resolve();
        if (this.#stopped) return;
        this.thrownOut += 1;
        const timer = setTimeout(() => {
          this.#returning.delete(timer);
          void this.#come(manner);
        }, RETURN_MS);
        this.#returning.add(timer);
      });
    });
  }
}

const dripping = new WeakSet<Socket>();

if (process.send !== undefined && process.argv[1] === import.meta.filename) {
  const [http = 0, peer = 0, count = 0] = process.argv.slice(2).map(Number);
  const crowd = new Crowd({ http, peer });
  process.once('disconnect', () => {
    crowd.stop();
  });
  await crowd.gather(count);
  process.send('ready');
}
