/** Lets this process's WebSockets go through a Unix socket, whatever host they name (see proxy.ts). */

interface Dispatcher {
  readonly constructor: new (options: { connect: { socketPath: string } }) => Dispatcher;
}

/** Where Node's fetch and WebSocket, which are undici's, keep what dials for them; it is there once it is used. */
const GLOBAL_DISPATCHER = Symbol.for('undici.globalDispatcher.1');

export function dialThrough(path: string): void {
  void fetch('data:,').catch(() => {});
  const known = (globalThis as unknown as Record<symbol, Dispatcher | undefined>)[GLOBAL_DISPATCHER];
  if (!known) throw new Error('this Node keeps its dispatcher elsewhere');
  const dispatcher = new known.constructor({ connect: { socketPath: path } });
  const Plain = globalThis.WebSocket;
  globalThis.WebSocket = class extends Plain {
    constructor(url: string | URL) {
      // Node's own option, which the standard does not have.
      super(url, { dispatcher } as unknown as string[]);
    }
  };
}
