/** HTTP as bytes on a socket: a fuzzer must be able to send what no client library would. */
import { type Socket, connect } from 'node:net';

export interface RawAnswer {
  /** Undefined when the server hung up without an answer. */
  readonly status: number | undefined;
  readonly body: string;
}

export interface RawRequest {
  readonly bytes: Uint8Array;
  /** Its framing lies, so the server waits for more: the client says that nothing follows. */
  readonly endless: boolean;
  /** which loopback address it comes from: limits for each address see many clients. */
  readonly from: number;
}

/** A server that says nothing for this long hangs. */
const ANSWER_MS = 20_000;
/** An answer may be a whole page or all metrics; what is looked at are errors and ids. */
const KEPT_BYTES = 64 * 1024;

export class RawHttp {
  readonly #port: number;
  readonly #open = new Set<Socket>();

  constructor(port: number) {
    this.#port = port;
  }

  /** @throws Error when neither an answer nor the end of the connection comes. */
  send({ bytes, endless, from }: RawRequest): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      const localAddress = `127.${1 + ((from >> 8) % 254)}.${from & 255}.1`;
      const socket = connect({ host: '127.0.0.1', port: this.#port, localAddress, noDelay: true });
      this.#open.add(socket);
      let text = '';
      const late = setTimeout(() => {
        socket.destroy();
        reject(new Error(`no answer within ${ANSWER_MS / 1000} s`));
      }, ANSWER_MS);
      const done = (): void => {
        clearTimeout(late);
        this.#open.delete(socket);
        resolve(answerOf(text));
      };
      socket.setEncoding('latin1');
      socket.on('data', (chunk: string) => {
        if (text.length < KEPT_BYTES) text += chunk;
        // A stream of events ends when somebody hangs up.
        if (text.includes('text/event-stream')) socket.destroy();
      });
      // A server may hang up on a bad request while it is still being sent.
      socket.on('error', () => {});
      socket.once('close', done);
      socket.write(bytes);
      if (endless) socket.end();
    });
  }

  close(): void {
    for (const socket of this.#open) socket.destroy();
  }
}

function answerOf(text: string): RawAnswer {
  // After "100 Continue" comes the answer.
  const final = text.replace(/^(HTTP\/1\.1 1\d\d [^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n)+/, '');
  const status = /^HTTP\/1\.1 (\d{3})/.exec(final)?.[1];
  const head = final.indexOf('\r\n\r\n');
  return { status: status === undefined ? undefined : Number(status), body: final.slice(head + 4) };
}
