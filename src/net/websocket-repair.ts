/**
 * Leaks of @libp2p/websockets 10.1, repaired from outside without patching any global.
 *
 * 1. An abort calls `websocket.close(1006)`. That code may not be sent (RFC 6455 §7.4.1), so browsers and Node
 *    throw, libp2p swallows it, and the TCP connection stays open with both ends unaware. Here an abort
 *    terminates the socket where it can (Node's `ws`), and closes it legally where it cannot (browsers).
 * 2. When an upgrade fails (a wrong PeerId, for one) the dialled socket is left open. Here it is aborted.
 * 3. A dial that is aborted before the socket is open forgets the socket. Here it is closed.
 * 4. The listener waits without end for the first byte of a TCP connection, and its close() waits for them. Nor
 *    is there an end to a request that comes a byte at a time: Node's headersTimeout is enforced by servers that
 *    listen themselves, which the HTTP server inside does not. And `ws` collects up to 100 MiB of a message
 *    from somebody whose key is not known yet. Here there is a deadline, and a limit.
 * 5. Nobody hears the 'error' event of a socket that was accepted, so one malformed WebSocket frame, from
 *    anybody, ended the whole process. Here it ends that connection.
 *
 * Delete this file when sendReset() in websocket-to-conn.ts no longer says 1006, _connect() and dial() close
 * what they give up, and listener.ts has a deadline; test/net/socket-leaks.test.ts shows it.
 */
import type { Listener, MultiaddrConnection, Transport, Upgrader } from '@libp2p/interface';
import { webSockets } from '@libp2p/websockets';
import { systemClock } from '../core/clock.ts';
import { toAppError } from '../core/errors.ts';
import { HELLO_DEADLINE_MS, MAX_WEBSOCKET_MESSAGE_BYTES } from '../protocol/limits.ts';
import { type SendingConnection, sendInFewMessages } from './websocket-sender.ts';

type WebSocketsInit = Required<Pick<NonNullable<Parameters<typeof webSockets>[0]>, 'maxBufferedAmount'>>;
type Components = Parameters<ReturnType<typeof webSockets>>[0];

export function repairedWebSockets(init: WebSocketsInit): (components: Components) => Transport {
  const make = webSockets(init);
  return (components) => {
    const transport = make(components);
    const dial = transport.dial.bind(transport);
    const createListener = transport.createListener.bind(transport);
    transport.dial = async (address, options) => {
      options.signal.throwIfAborted();
      const { signal, stop } = quietSignal(options.signal);
      const upgrader = repaired(options.upgrader, init.maxBufferedAmount, options.signal);
      return dial(address, { ...options, signal, upgrader }).finally(stop);
    };
    transport.createListener = (options) =>
      guarded(createListener({ ...options, upgrader: repaired(options.upgrader, init.maxBufferedAmount) }));
    return transport;
  };
}

/**
 * _connect() closes the socket only when its wait was not ended by `signal.aborted`: so this signal fires like
 * the original and never says that it has.
 */
function quietSignal(original: AbortSignal): { signal: AbortSignal; stop: () => void } {
  const reason: unknown = undefined;
  const throwIfAborted = (): void => {};
  const signal = Object.assign(new EventTarget(), { aborted: false, onabort: null, reason, throwIfAborted });
  const fire = (): void => {
    signal.reason = original.reason;
    signal.dispatchEvent(new Event('abort'));
  };
  original.addEventListener('abort', fire, { once: true });
  return { signal, stop: () => original.removeEventListener('abort', fire) };
}

/** @param dialSignal what a dial's upgrade obeys, the original signal of the dial */
function repaired(upgrader: Upgrader, maxBufferedBytes: number, dialSignal?: AbortSignal): Upgrader {
  const upgrade = async <T>(connection: MultiaddrConnection, work: () => Promise<T>): Promise<T> => {
    repairAbort(connection);
    sendInFewMessages(connection as unknown as SendingConnection, maxBufferedBytes);
    try {
      return await work();
    } catch (error) {
      connection.abort(toAppError(error, 'closed'));
      throw error;
    }
  };
  const own: Pick<Upgrader, 'upgradeInbound' | 'upgradeOutbound'> = {
    upgradeInbound: (connection, options) =>
      upgrade(connection, () => upgrader.upgradeInbound(connection, options)),
    upgradeOutbound: (connection, options) =>
      upgrade(connection, () =>
        upgrader.upgradeOutbound(connection, { ...options, signal: dialSignal ?? options.signal }),
      ),
  };
  return Object.assign(Object.create(upgrader) as Upgrader, own);
}

interface WebSocketConnection {
  websocket?: {
    close(): void;
    terminate?(): void;
    addEventListener(type: 'error', handler: () => void): void;
  };
  sendReset(): void;
}

function repairAbort(connection: MultiaddrConnection): void {
  const target = connection as unknown as WebSocketConnection;
  const { websocket } = target;
  if (!websocket) return;
  // Node ends a process for an 'error' event that nobody hears, and a frame that is not RFC 6455's makes one.
  websocket.addEventListener('error', () => {});
  target.sendReset = () => {
    if (websocket.terminate) websocket.terminate();
    else websocket.close();
  };
}

interface TcpSocket {
  /** The idle time after which it is ended, in milliseconds; 0 for never. */
  readonly timeout?: number;
  setTimeout(ms: number): void;
  once(event: 'timeout' | 'close', handler: () => void): void;
  destroy(): void;
}

interface TcpServer {
  on(event: 'connection', handler: (socket: TcpSocket) => void): void;
}

/** `ws` clears a socket's timeout when it takes over, so this one ends those that never became a WebSocket. */
function guarded(listener: Listener): Listener {
  const { server, wsServer } = listener as unknown as {
    server?: TcpServer;
    wsServer?: { options: { maxPayload: number } };
  };
  // Read at each upgrade.
  if (wsServer) wsServer.options.maxPayload = MAX_WEBSOCKET_MESSAGE_BYTES;
  const sockets = new Set<TcpSocket>();
  server?.on('connection', (socket) => {
    sockets.add(socket);
    // A byte now and then keeps the idle timeout away, so there is a deadline as well.
    const cancel = systemClock.after(HELLO_DEADLINE_MS, () => {
      if (socket.timeout !== 0) socket.destroy();
    });
    socket.once('close', () => {
      cancel();
      sockets.delete(socket);
    });
    socket.setTimeout(HELLO_DEADLINE_MS);
    socket.once('timeout', () => socket.destroy());
  });
  const close = listener.close.bind(listener);
  listener.close = () => {
    for (const socket of sockets) socket.destroy();
    return close();
  };
  return listener;
}
