/** What the service worker does with a request, without the service worker. */

/** Answered by the network, and by what is kept when that fails. */
export type Route =
  | 'page'
  /** Answered by what is kept, if it is: the file's name or the build says which bytes it holds. */
  | 'file'
  /** None of our business. */
  | 'network';

/** What the built page consists of: its path below the page's folder ('' is the page itself), and its hash. */
export type KeptFile = readonly [path: string, integrity: string];

/** Live things of the coordinator's: never kept, never answered from here. */
const LIVE = /^(v1|log)(\/|$)|^(coordinator\.json|healthz|readyz|metrics)$/;
/** Of the page's parts, those with their hash in their name. */
export const HASHED = /^assets\//;

/** Below the scope, without query; undefined for everything else. */
export function pathBelow(url: string, scope: string): string | undefined {
  const { origin, pathname } = new URL(url);
  const home = new URL(scope);
  return origin === home.origin && pathname.startsWith(home.pathname)
    ? pathname.slice(home.pathname.length)
    : undefined;
}

export function routeOf(
  request: { readonly method: string; readonly mode: string; readonly url: string },
  scope: string,
  files: readonly KeptFile[],
): Route {
  const path = pathBelow(request.url, scope);
  if (request.method !== 'GET' || path === undefined || LIVE.test(path)) return 'network';
  if (request.mode === 'navigate') return isFrame(request.url) ? 'network' : 'page';
  return HASHED.test(path) || files.some(([kept]) => kept === path) ? 'file' : 'network';
}

/** The same document with other headers: only this one may be shown on other sites, and only by its server's word. */
const isFrame = (url: string): boolean => new URL(url).searchParams.has('embed');

/** Where a page is kept that was asked for by this path; what explains the trouble, where it is not. */
export function pageFor(path: string, files: readonly KeptFile[]): string {
  const asked = path === 'index.html' ? '' : path;
  return files.some(([kept]) => kept === asked) && (asked === '' || asked.endsWith('.html'))
    ? asked
    : 'offline.html';
}

/** Of all caches, in the order of their making, those to remove: an open tab may still need the version before. */
export function outdated(names: readonly string[], prefix: string, current: string): string[] {
  const others = names.filter((name) => name.startsWith(prefix) && name !== current);
  return others.slice(0, -1);
}
