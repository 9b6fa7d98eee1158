/**
 * What browsers let pages of other origins do here (https://fetch.spec.whatwg.org/#http-cors-protocol). Never with
 * credentials: a request shows its token itself or has none, so a page can do no more than anybody who holds that token.
 */
import type { FastifyInstance, FastifyReply } from 'fastify';
import { AppError } from '../core/errors.ts';
import { isSiteOrigin } from '../core/origin.ts';

/** Public figures are for everybody. */
export const OPEN_TO_ALL: Readonly<Record<string, string>> = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'retry-after',
};

/** What a client reads of answers, besides what browsers always show. */
const SHOWN = [
  'accept-ranges',
  'content-range',
  'etag',
  'location',
  'retry-after',
  'tilework-operand',
  'tus-resumable',
  'tus-version',
  'upload-expires',
  'upload-length',
  'upload-offset',
].join(', ');

const PREFLIGHT: Readonly<Record<string, string | number>> = {
  'access-control-allow-methods': 'GET, HEAD, POST, PATCH, DELETE',
  'access-control-allow-headers':
    'authorization, content-type, idempotency-key, if-range, last-event-id, range, tus-resumable, upload-length, upload-metadata, upload-offset',
  // The longest that Chromium keeps one: a new origin waits for a restart anyway.
  'access-control-max-age': 7200,
};

/**
 * Lets pages of these origins use `/v1`, tokens included. Call before other hooks: a browser asks first, and without a token.
 * @throws AppError 'bad-input' for what is no exact origin, `*` above all
 */
export function letOriginsIn(app: FastifyInstance, texts: readonly string[]): void {
  for (const text of texts) if (!isSiteOrigin(text)) throw notAnOrigin(text);
  const origins = new Set(texts);
  if (origins.size === 0) return;
  app.addHook('onRequest', async (request, reply): Promise<FastifyReply | undefined> => {
    if (!/^\/v1(?:[/?]|$)/.test(request.url)) return undefined;
    // No cache may give what one origin was answered to another.
    void reply.header('vary', 'origin');
    const { origin } = request.headers;
    if (origin === undefined || !origins.has(origin)) return undefined;
    void reply.headers({ 'access-control-allow-origin': origin, 'access-control-expose-headers': SHOWN });
    const asks = request.method === 'OPTIONS' && 'access-control-request-method' in request.headers;
    return asks ? reply.headers(PREFLIGHT).status(204).send() : undefined;
  });
}

function notAnOrigin(text: string): AppError {
  const shown = JSON.stringify(text.slice(0, 100));
  const hint = text.includes('*')
    ? 'each origin is named by itself, and none stands for all'
    : 'name it exactly, such as https://example.org (http:// only for this machine)';
  return new AppError('bad-input', `--allow-origin: ${shown} is no origin of a page; ${hint}`);
}
