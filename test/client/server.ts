/** A small real HTTP server, told by each test what to answer; and a clock whose pauses take no time. */
import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import type { JobView, ProblemView } from '../../src/core/v1.ts';
import { SILENCE_MS } from '../../src/client/events.ts';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

export interface TestServer {
  readonly url: string;
  /** "GET /v1/jobs" and so on, as they came. */
  readonly seen: string[];
  close(): Promise<void>;
}

/** Listens on a free port until the test is over. */
export async function serve(handler: Handler): Promise<TestServer> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    void handler(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(close);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, close };
}

/** An address where nobody listens. */
export async function deadUrl(): Promise<string> {
  const server = await serve(() => {});
  await server.close();
  return server.url;
}

export function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

export function sendProblem(response: ServerResponse, status: number, code: string, detail: string): void {
  const problem: ProblemView = { type: 'about:blank', title: code, status, detail, code };
  response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
}

export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Pauses end at the next turn of the event loop; a silent connection is noticed when `silence` is called. */
export class HastyClock implements Clock {
  /** Every pause that was asked for, ms. */
  readonly pauses: number[] = [];
  readonly #watched = new Set<() => void>();

  now(): number {
    return 0;
  }

  after(ms: number, callback: () => void): () => void {
    if (ms === SILENCE_MS) {
      this.#watched.add(callback);
      return () => {
        this.#watched.delete(callback);
      };
    }
    this.pauses.push(ms);
    const timer = setImmediate(callback);
    return () => {
      clearImmediate(timer);
    };
  }

  silence(): void {
    for (const callback of Array.from(this.#watched)) callback();
  }
}

export const JOB = 'aa'.repeat(16);

export function jobView(change: Partial<JobView> = {}): JobView {
  return {
    id: JOB,
    state: 'running',
    project: 'a test',
    title: '',
    priority: 0,
    dtype: 'i8',
    rows: 512,
    cols: 256,
    k: 100,
    a: 'a'.repeat(64),
    b: 'b'.repeat(64),
    createdMs: 1_000,
    deadlineMs: null,
    finishedMs: null,
    cellsVerified: 0,
    cellsTotal: 2,
    shards: 0,
    multiplyAddsVerified: 0,
    multiplyAddsTotal: 512 * 256 * 100,
    bytesDown: 0,
    bytesUp: 0,
    bound: null,
    missLog2: 72,
    contributions: [],
    error: null,
    ...change,
  };
}

export function jobEvent(view: JobView): string {
  return `event: job\ndata: ${JSON.stringify(view)}\n\n`;
}
