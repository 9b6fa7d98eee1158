/** One reader of server-sent events (https://html.spec.whatwg.org/#server-sent-events), for as long as it stays. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { securityHeaders } from './security-headers.ts';

/** A comment line this often keeps proxies from closing a quiet stream. */
const KEEP_ALIVE_MS = 15_000;

export class EventStream {
  readonly #raw: ServerResponse;
  readonly #gone = new AbortController();

  /** Takes the reply over: everything that may still refuse the request comes before. */
  constructor(request: FastifyRequest, reply: FastifyReply, headers: Readonly<Record<string, string>> = {}) {
    this.#raw = reply.raw;
    this.#raw.once('close', () => {
      clearInterval(keepAlive);
      this.#gone.abort();
    });
    // A reader that hangs up in the middle of a write.
    this.#raw.on('error', () => {});
    reply.hijack();
    const type = { 'content-type': 'text/event-stream', 'cache-control': 'no-store' };
    // What was set before, for pages of other origins: the reply itself sends nothing any more.
    const before = reply.getHeaders() as Record<string, string>;
    this.#raw.writeHead(200, { ...securityHeaders(request), ...before, ...headers, ...type });
    this.#raw.flushHeaders();
    const keepAlive = setInterval(() => this.#raw.write(': still here\n\n'), KEEP_ALIVE_MS);
  }

  /** Fires when the reader has gone, or was dropped. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** Bytes that wait for the reader in our memory. */
  get backlog(): number {
    return this.#raw.writableLength;
  }

  /** @returns false when the reader lags: see `drained` */
  write(text: string): boolean {
    return this.#raw.write(text);
  }

  /** @throws when the reader goes first */
  async drained(): Promise<void> {
    await once(this.#raw, 'drain', { signal: this.gone });
  }

  end(): void {
    this.#raw.end();
  }

  /** At once: what it has not read yet is gone. */
  drop(): void {
    this.#raw.destroy();
  }
}
