/** What a visitor downloads: small, complete, and silent towards everybody but our own origin. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from './helpers/import-graph.ts';
import { productionBuild } from './helpers/production-build.ts';

/** Bytes after gzip of a page and of what it needs at once. */
const PAGES: readonly (readonly [string, number])[] = [
  ['index.html', 40 * 1024],
  ['network.html', 24.5 * 1024],
  ['operator.html', 32 * 1024],
];
/** Of what Start loads, and what webrtc-direct takes in its place. */
const BUDGETS: readonly (readonly [RegExp, number])[] = [
  [/^assets\/session-page-.*\.js$/, 155_000],
  [/^assets\/session-worker-.*\.js$/, 150_000],
  [/^assets\/.*worker.*\.js$/, 175_000],
];

let folder = '';
const files = new Map<string, string>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tilework-page-'));
  await productionBuild({
    root: ROOT,
    configFile: resolve(ROOT, 'vite.config.ts'),
    logLevel: 'error',
    build: { outDir: folder },
  });
  for (const name of await readdir(folder, { recursive: true })) {
    if (/\.(html|js|css|svg)$/.test(name)) files.set(name, await readFile(join(folder, name), 'utf8'));
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** With what they import, and with the page's own code, which index.html loads unless it is a frame: see entry.ts. */
function atOnce(named: readonly string[]): Set<string> {
  const all = new Set(named);
  for (const name of all) {
    const text = name.endsWith('.js') ? (files.get(name) ?? '') : '';
    const imported = text.matchAll(
      /(?:from|import)\s*["`']\.\/([\w-]+\.js)["`']|import\(["`']\.\/(main-[\w-]+\.js)["`']/g,
    );
    for (const [, now, page] of imported) all.add(`assets/${now ?? page}`);
  }
  return all;
}

describe('the built page', () => {
  it.each(PAGES)('%s needs little at once', (page, budget) => {
    const markup = files.get(page) ?? '';
    const named = Array.from(
      markup.matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.(?:js|css))"/g),
      ([, name]) => name!,
    );
    expect(named.some((name) => name.endsWith('.js'))).toBe(true);
    const total = [page, ...atOnce(named)].reduce(
      (sum, name) => sum + gzipSync(files.get(name) ?? '').length,
      0,
    );
    console.log(`${page}: ${(total / 1024).toFixed(1)} KiB after gzip at once`);
    expect(total).toBeLessThan(budget);
  });

  it('fits its budgets', () => {
    for (const [kind, budget] of BUDGETS) {
      const sizes = [...files].filter(([name]) => kind.test(name)).map(([, text]) => gzipSync(text).length);
      const total = sizes.reduce((sum, size) => sum + size, 0);
      console.log(`${kind.source}: ${sizes.length} files, ${(total / 1024).toFixed(1)} KiB after gzip`);
      expect(sizes.length).toBeGreaterThan(0);
      expect(total).toBeLessThan(budget);
    }
  });

  it('keeps webrtc-direct in a file of its own', () => {
    const holders = [...files].filter(([, text]) => text.includes('libp2p+webrtc+v1')).map(([name]) => name);
    expect(holders).toEqual([expect.stringMatching(/^assets\/session-page-/)]);
  });

  it('has no name that lists against coin mining look for', () => {
    const listed =
      /miner|pool|proxy|coin|crypto|bootstrap\.wasm|\b(?:c|cn|hash|helper|nano)\.wasm|(?:^|[/_-])ads?[/_.-]/i;
    expect([...files.keys()].filter((name) => listed.test(name))).toEqual([]);
    expect(files.has('widget.js')).toBe(true);
  });

  it('works from any folder: every address in its markup and style is relative', () => {
    const addresses = [...files].flatMap(([name, text]) =>
      name.endsWith('.js')
        ? []
        : Array.from(
            text.matchAll(
              /<(?:script|link|img|source|iframe)\b[^>]*?\s(?:src|href)="([^"]*)"|url\(([^)]*)\)/g,
            ),
            (match) => match[1] ?? match[2],
          ),
    );
    expect(addresses.length).toBeGreaterThan(0);
    expect(addresses.filter((address) => !address?.startsWith('./'))).toEqual([]);
  });

  it('names no address of anybody else in its code, beside where errors are explained', () => {
    const explained = /^https:\/\/(github\.com\/(libp2p|multiformats)|lit\.dev)\//;
    const named = [...files]
      .filter(([name]) => name.endsWith('.js'))
      .flatMap(([name, text]) =>
        Array.from(
          text.matchAll(/\b(?:https?|wss?):\/\/[a-z0-9.-]+\.[a-z]{2,}\/?\S{0,40}/gi),
          ([url]) => `${name}: ${url}`,
        ),
      );
    expect(named.filter((entry) => !explained.test(entry.split(': ')[1]!))).toEqual([]);
  });

  it('holds no empty stand-in for a module of Node', () => {
    expect(
      [...files].filter(([, text]) => text.includes('vite-browser-external')).map(([name]) => name),
    ).toEqual([]);
  });
});
