/** test/fixtures/host-site, served from another origin than the widget's, under a policy as strict as a site's can be. */
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, resolve } from 'node:path';

const FOLDER = resolve(import.meta.dirname, '../fixtures/host-site');
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

/** The lines that the README gives to site owners, and nothing else beside the site's own. */
export function hostPolicy(widget: string): string {
  return [
    "default-src 'none'",
    `script-src 'self' ${widget}`,
    `frame-src ${widget}`,
    "style-src 'self'",
    "img-src 'self'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}

export interface HostSite {
  readonly origin: string;
  close(): Promise<void>;
}

/**
 * On `localhost`, which is another site than the widget's 127.0.0.1; so is each name below it, to browsers.
 * `?count=10` puts so many elements on the page, `?attributes=…` adds to each.
 * @param widget - the widget's origin, known once its server listens
 */
export async function serveHostSite(widget: () => string, name = 'localhost'): Promise<HostSite> {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const path = pathname === '/' ? '/index.html' : pathname;
    void readFile(resolve(FOLDER, path.slice(1)), 'utf8').then(
      (text) => {
        response.writeHead(200, {
          'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
          'content-security-policy': hostPolicy(widget()),
          'cache-control': 'no-store',
        });
        response.end(path === '/index.html' ? pageOf(text, widget(), searchParams) : text);
      },
      () => response.writeHead(path === '/favicon.ico' ? 204 : 404).end(),
    );
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { origin: `http://${name}:${(server.address() as AddressInfo).port}`, close: () => stop(server) };
}

function pageOf(text: string, widget: string, query: URLSearchParams): string {
  const [, element = ''] = /(<tilework-contribute.*<\/tilework-contribute>)/.exec(text) ?? [];
  const attributes = query.get('attributes');
  const wanted = attributes ? element.replace(' project', ` ${attributes} project`) : element;
  return text
    .replace('https://HOST', widget)
    .replace(element, wanted.repeat(Number(query.get('count') ?? 1)));
}

async function stop(server: Server): Promise<void> {
  const closed = new Promise<void>((done) => server.close(() => done()));
  server.closeAllConnections();
  await closed;
}
