/** The built page on a static host of its own, which logs what it is asked for and lets one site embed it. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, resolve } from 'node:path';
import { socketOrigin } from '../../src/coordinator/http.ts';
import { PAGE_DIR } from './visitor.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

export interface WidgetSite {
  readonly origin: string;
  /** Paths with queries, as they were asked for. */
  readonly asked: string[];
  close(): Promise<void>;
}

/** @param embedder - the origin that may show the frame */
export async function serveWidgetSite(
  coordinator: { readonly peerAddresses: readonly string[] },
  embedder: () => string,
): Promise<WidgetSite> {
  const asked: string[] = [];
  const sockets = coordinator.peerAddresses.map(socketOrigin).filter((origin) => origin !== undefined);
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const path = pathname === '/' ? '/index.html' : pathname;
    const scripts = path.startsWith('/assets/') ? "'self' 'wasm-unsafe-eval'" : "'self'";
    const headers = {
      'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
      'content-security-policy': `default-src 'none'; script-src ${scripts}; style-src 'self'; img-src 'self'; worker-src 'self'; connect-src 'self' ${sockets.join(' ')}; frame-ancestors ${embedder()}`,
      'cache-control': 'no-store',
      'cross-origin-resource-policy': path === '/widget.js' ? 'cross-origin' : 'same-origin',
      ...(path === '/widget.js' && { 'access-control-allow-origin': '*' }),
    };
    if (path === '/coordinator.json') {
      response.writeHead(200, { ...headers, 'content-type': 'application/json' });
      response.end(JSON.stringify({ v: 1, addrs: coordinator.peerAddresses }));
      return;
    }
    void readFile(resolve(PAGE_DIR, path.slice(1))).then(
      (bytes) => {
        response.writeHead(200, headers);
        // Machines that run tests have no GPU; an operator must say so in the page itself, no address can.
        const head = '<head><meta name="software-adapter" content="allow">';
        response.end(path === '/index.html' ? bytes.toString().replace('<head>', head) : bytes);
      },
      () => response.writeHead(404, headers).end(),
    );
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: async () => {
      const closed = new Promise<void>((done) => server.close(() => done()));
      server.closeAllConnections();
      await closed;
    },
  };
}
