/** `/docs` and its style. No script runs there, so its policy allows none. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { docsPage } from './docs-page.ts';

const POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

export function docsRoutes(app: FastifyInstance): void {
  let page: string | undefined;
  app.get('/docs', (request, reply) => {
    // Its links are relative, because a proxy may serve this below a folder.
    if (request.url.split('?')[0]?.endsWith('/')) return reply.redirect('../docs');
    page ??= docsPage({ ...app.swagger() });
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', POLICY)
      .header('cache-control', 'no-cache')
      .send(page);
  });
  app.get('/docs.css', async (_request, reply) =>
    reply
      .type('text/css; charset=utf-8')
      .header('cache-control', 'no-cache')
      .send(await readFile(join(import.meta.dirname, 'docs.css'))),
  );
}
