/**
 * The page's service worker: keeps the files of one build, asks the network first for the page itself, and explains what
 * is wrong where neither has it. It never touches the coordinator's API, log or address, asks nobody else for anything,
 * and takes over from an older version only when it is told to.
 */
import { HASHED, type KeptFile, outdated, pageFor, pathBelow, routeOf } from './offline.ts';
import { TAKE_OVER } from './update.ts';

/** Put here by the build. */
declare const TILEWORK_FILES: readonly KeptFile[];
declare const TILEWORK_BUILD: string;
const FILES = TILEWORK_FILES;

interface WorkEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface AskedEvent extends WorkEvent {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface WorkerScope {
  readonly registration: { readonly scope: string };
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install' | 'activate', listener: (event: WorkEvent) => void): void;
  addEventListener(type: 'fetch', listener: (event: AskedEvent) => void): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<unknown>) => void): void;
}

const worker = globalThis as unknown as WorkerScope;
const { scope } = worker.registration;
/** Other pages of this origin may have caches of their own, or be other Tileworks. */
const PREFIX = `tilework ${new URL(scope).pathname} `;
const CACHE = PREFIX + TILEWORK_BUILD;
/** A network that says nothing for so long is as good as none. */
const PATIENCE_MS = 5_000;

const urlOf = (path: string): string => new URL(path, scope).href;

async function keep([path, integrity]: KeptFile): Promise<void> {
  const url = urlOf(path);
  const cache = await caches.open(CACHE);
  const before = HASHED.test(path) ? await caches.match(url) : undefined;
  if (before) return cache.put(url, before);
  // What is not of this build (the server is changing over just now) fails the hash, and the browser tries again later.
  const response = await fetch(url, { integrity, cache: HASHED.test(path) ? 'default' : 'reload' });
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  await cache.put(url, unredirected(response));
}

/** A page may not be answered with what came by a redirect, as some servers do for "index.html". */
function unredirected({ body, headers, status }: Response): Response {
  return new Response(body, { headers, status });
}

async function answerPage(request: Request): Promise<Response> {
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, PATIENCE_MS));
  const live = fetch(request).catch(() => undefined);
  const response = await Promise.race([live, late]);
  if (response && response.status < 500) return response;
  const cache = await caches.open(CACHE);
  const kept = await cache.match(urlOf(pageFor(pathBelow(request.url, scope) ?? '', FILES)));
  return kept ?? response ?? (await live) ?? Response.error();
}

async function answerFile(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const url = request.url.split('?')[0]!;
  const kept =
    (await cache.match(url)) ??
    (HASHED.test(pathBelow(url, scope) ?? '') ? await caches.match(url) : undefined);
  if (kept) return kept;
  const response = await fetch(request);
  // A part that is seldom needed: from now on it is there without a network, too.
  if (response.ok && HASHED.test(pathBelow(url, scope) ?? ''))
    void cache.put(url, response.clone()).catch(() => {});
  return response;
}

async function tidy(): Promise<void> {
  const names = outdated(await caches.keys(), PREFIX, CACHE);
  await Promise.all(names.map((name) => caches.delete(name)));
}

worker.addEventListener('install', (event) => {
  event.waitUntil(Promise.all(FILES.map(keep)));
});
worker.addEventListener('activate', (event) => {
  event.waitUntil(tidy());
});
worker.addEventListener('message', ({ data }) => {
  if (data === TAKE_OVER) void worker.skipWaiting();
});
worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const route = routeOf(request, scope, FILES);
  if (route === 'page') event.respondWith(answerPage(request));
  else if (route === 'file') event.respondWith(answerFile(request));
});
