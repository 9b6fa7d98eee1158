/**
 * Two leaks of @libp2p/websockets 10.1, repaired from outside without patching any global.
 *
 * 1. An abort calls `websocket.close(1006)`. That code may not be sent (RFC 6455 §7.4.1), so browsers and Node
 *    throw, libp2p swallows it, and the TCP connection stays open with both ends unaware. Here an abort
 *    terminates the socket where it can (Node's `ws`), and closes it legally where it cannot (browsers).
 * 2. When an upgrade fails (a wrong PeerId, for one) the dialled socket is left open. Here it is aborted.
 *
 * Delete this file when sendReset() in websocket-to-conn.ts no longer says 1006 and dial() closes what it
 * could not upgrade; test/net/socket-leaks.test.ts shows it.
 */
import type { Listener, MultiaddrConnection, Transport, Upgrader } from '@libp2p/interface';
import { webSockets } from '@libp2p/websockets';
import { toAppError } from '../core/errors.ts';
import { HELLO_DEADLINE_MS } from '../protocol/limits.ts';

type WebSocketsInit = NonNullable<Parameters<typeof webSockets>[0]>;
type Components = Parameters<ReturnType<typeof webSockets>>[0];

export function repairedWebSockets(init: WebSocketsInit): (components: Components) => Transport {
  const make = webSockets(init);
  return (components) => {
    const transport = make(components);
    const dial = transport.dial.bind(transport);
    const createListener = transport.createListener.bind(transport);
    transport.dial = (address, options) =>
      dial(address, { ...options, upgrader: repaired(options.upgrader) });
    transport.createListener = (options) =>
      guarded(createListener({ ...options, upgrader: repaired(options.upgrader) }));
    return transport;
  };
}

function repaired(upgrader: Upgrader): Upgrader {
  const upgrade = async <T>(connection: MultiaddrConnection, work: () => Promise<T>): Promise<T> => {
    repairAbort(connection);
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
      upgrade(connection, () => upgrader.upgradeOutbound(connection, options)),
  };
  return Object.assign(Object.create(upgrader) as Upgrader, own);
}

interface WebSocketConnection {
  websocket?: { close(): void; terminate?(): void };
  sendReset(): void;
}

function repairAbort(connection: MultiaddrConnection): void {
  const target = connection as unknown as WebSocketConnection;
  const { websocket } = target;
  if (!websocket) return;
  target.sendReset = () => {
    if (websocket.terminate) websocket.terminate();
    else websocket.close();
  };
}

interface TcpServer {
  on(event: 'connection', handler: (socket: { setTimeout(ms: number): void; destroy(): void }) => void): void;
}

/**
 * The listener waits for the first byte of a TCP connection without end. `ws` clears the socket's timeout when
 * it takes over, so this one ends exactly those that never became a WebSocket.
 */
function guarded(listener: Listener): Listener {
  const { server } = listener as unknown as { server?: TcpServer };
  server?.on('connection', (socket) => {
    socket.setTimeout(HELLO_DEADLINE_MS);
    (socket as unknown as { once(event: 'timeout', handler: () => void): void }).once('timeout', () => {
      socket.destroy();
    });
  });
  return listener;
}
