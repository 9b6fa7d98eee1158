/** What is not HTTP at all, or took too long to say what it wants: answered without a route, in the same form. */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { AppError } from '../core/errors.ts';
import { problemOf } from './problems.ts';
import { securityHeaders } from './security-headers.ts';

/** From a connection's first byte to the end of a request's headers. */
export const HEADERS_MS = 15_000;

const TOO_LARGE = new Set(['HPE_HEADER_OVERFLOW', 'HPE_CHUNK_EXTENSIONS_OVERFLOW']);

/** For Node's 'clientError' event. */
export function answerClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = problemOf(meaning(error.code ?? ''));
  const body = JSON.stringify(problem);
  const headers = {
    ...securityHeaders(),
    'content-type': 'application/problem+json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}\r\n${lines.join('')}\r\n${body}`,
  );
}

function meaning(code: string): AppError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new AppError('timeout', 'the headers of the request did not arrive in time');
  if (TOO_LARGE.has(code)) return new AppError('too-large', 'the headers of the request are too long');
  return new AppError('bad-input', 'this is not an HTTP request');
}
