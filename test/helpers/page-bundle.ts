/** Any TypeScript module of the repo in a real browser: bundled as the page is, served on loopback. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, resolve } from 'node:path';
import { productionBuild } from './production-build.ts';
import { AppError } from '../../src/core/errors.ts';

export interface ServeOptions {
  /** Markup inside `<body>`, before the module runs. @default '' */
  readonly body?: string;
  /** Replaces identifiers at build time (Vite's `define`). */
  readonly define?: Readonly<Record<string, string>>;
  /** Response headers of every answer, such as COOP and COEP. */
  readonly headers?: Readonly<Record<string, string>>;
  /** More files to serve, by path ('/data.bin'). */
  readonly files?: Readonly<Record<string, Uint8Array | string>>;
}

export interface ServedModule {
  /** A page that imports the module. */
  readonly url: string;
  close(): Promise<void>;
}

const ROOT = resolve(import.meta.dirname, '../..');
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

/**
 * Bundles `entry` (a path from the repo's root) and serves a page that runs it. On that page
 * `globalThis.ready` is the promise of the module's exports:
 * `page.evaluate(async () => (await globalThis.ready).run(3))`.
 * @throws 'bad-input' when the bundle does not build
 */
export async function serveModule(entry: string, options: ServeOptions = {}): Promise<ServedModule> {
  const folder = await mkdtemp(join(tmpdir(), 'tilework-bundle-'));
  const removeFolder = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    await bundle(resolve(ROOT, entry), folder, { ...options.define });
  } catch (error) {
    await removeFolder();
    throw new AppError('bad-input', `${entry} does not bundle: ${String(error)}`, { cause: error });
  }
  const server = createServer((request, response) => {
    void respond(folder, options, request.url ?? '/', response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: async () => {
      await stop(server);
      await removeFolder();
    },
  };
}

async function bundle(entry: string, outDir: string, define: Record<string, string>): Promise<void> {
  await productionBuild({
    root: ROOT,
    configFile: false,
    logLevel: 'silent',
    publicDir: false,
    base: './',
    define,
    worker: { format: 'es' },
    build: {
      target: 'es2022',
      outDir,
      emptyOutDir: false,
      minify: false,
      sourcemap: 'inline',
      rolldownOptions: {
        input: entry,
        preserveEntrySignatures: 'strict',
        output: { entryFileNames: 'entry.js' },
      },
    },
  });
}

async function respond(
  folder: string,
  options: ServeOptions,
  target: string,
  response: ServerResponse,
): Promise<void> {
  const { pathname } = new URL(target, 'http://localhost');
  const path = pathname === '/' ? '/index.html' : pathname;
  const body = await bodyFor(folder, path, options);
  response.writeHead(body === null ? 404 : 200, {
    'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
    'cache-control': 'no-store',
    ...options.headers,
  });
  response.end(body ?? '');
}

/** `path` comes out of a URL, which cannot hold '..' any more. */
async function bodyFor(
  folder: string,
  path: string,
  options: ServeOptions,
): Promise<Uint8Array | string | null> {
  if (path === '/index.html') return pageMarkup(options.body ?? '');
  if (path === '/favicon.ico') return '';
  return options.files?.[path] ?? readFile(join(folder, path)).catch(() => null);
}

function pageMarkup(body: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Tilework test page</title>
<body>${body}
<script type="module">globalThis.ready = import('./entry.js');</script>
</body>
</html>
`;
}

async function stop(server: Server): Promise<void> {
  const closed = new Promise<void>((done) => server.close(() => done()));
  server.closeAllConnections();
  await closed;
}
