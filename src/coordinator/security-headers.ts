/** On every answer, also those that a route writes by itself. */
import type { FastifyRequest } from 'fastify';

const HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  // Pages that this server serves share their process with no other site. Nothing here is for other sites
  // to embed; what is to be (a widget's frame and loader) says so itself with a header of its own.
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // For everything that is not the page: should a browser take it for a document, it can do nothing.
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};

/** A year. Subdomains are not ours to decide about. */
const HSTS = 'max-age=31536000';

/** HSTS only where TLS reached us, or a trusted proxy says that it reached it. */
export function securityHeaders(request?: FastifyRequest): Record<string, string> {
  return {
    ...HEADERS,
    ...(request?.protocol === 'https' && { 'strict-transport-security': HSTS }),
  };
}
