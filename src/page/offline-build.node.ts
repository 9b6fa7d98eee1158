/** What the build adds for a page that can be installed: the files beside it, and the list of what to keep offline. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { KeptFile } from './offline.ts';

/** Where they stand in the built page's folder, and here. */
const BESIDE: Readonly<Record<string, string>> = {
  'manifest.webmanifest': 'manifest.webmanifest',
  'offline.html': 'offline.html',
  'icon.svg': 'favicon.svg',
  'icon-192.png': 'icon-192.png',
  'icon-512.png': 'icon-512.png',
  'icon-maskable-512.png': 'icon-maskable-512.png',
};
/**
 * Kept from their first use on: a second libp2p for webrtc-direct, and the operator's console, which few need. Source
 * maps nobody needs.
 */
const NOT_AHEAD = /\.map$|^assets\/session-page-|^operator\.html$|^assets\/(strings-)?operator[.-]/;

/** Files to put beside index.html under names that stay. */
export function filesBeside(): { readonly path: string; readonly source: Uint8Array }[] {
  return Object.entries(BESIDE).map(([path, name]) => ({
    path,
    source: readFileSync(resolve(import.meta.dirname, name)),
  }));
}

/**
 * The hashes that the service worker fetches by, in an order that does not depend on the build's.
 * @param dir - the built page's folder; `paths` are those of its files below it
 */
export function keptFiles(dir: string, paths: readonly string[]): KeptFile[] {
  return paths
    .filter((path) => !NOT_AHEAD.test(path))
    .map((path): KeptFile => {
      const hash = createHash('sha256')
        .update(readFileSync(resolve(dir, path)))
        .digest('base64');
      // By its folder's name, because some servers redirect from "index.html" to it.
      return [path === 'index.html' ? '' : path, `sha256-${hash}`];
    })
    .toSorted(([x], [y]) => (x < y ? -1 : 1));
}

/** Settings for a Vite build that makes `sw.js`: one classic script, because not every browser takes a module here. */
export function workerBuild(files: readonly KeptFile[], root: string) {
  const list = JSON.stringify(files);
  const build = createHash('sha256').update(list).digest('hex').slice(0, 16);
  return {
    root,
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    define: { TILEWORK_FILES: list, TILEWORK_BUILD: JSON.stringify(build) },
    build: {
      write: false,
      target: 'es2022',
      rolldownOptions: {
        input: resolve(import.meta.dirname, 'service-worker.ts'),
        output: { format: 'iife', entryFileNames: 'sw.js' },
      },
    },
  } as const;
}
