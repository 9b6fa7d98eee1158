/**
 * The one door by which an address becomes code (Trusted Types, W3C): the page's policy lets no text run, no markup in,
 * and no worker start but through here, and here only files of this page's own build pass.
 */
import { AppError } from './errors.ts';

interface Policy {
  readonly createScriptURL: (url: string) => unknown;
}

interface PolicyFactory {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): Policy;
}

interface Scope {
  /** Firefox has it from 148 on; before that, the policy's other rules have to do. */
  readonly trustedTypes?: PolicyFactory;
  readonly document?: { readonly baseURI: string };
}

/** The page's policy names it: src/coordinator/http.ts. */
const NAME = 'tilework';

/**
 * Whether it is the service worker beside the page, or a hashed file of the build.
 * @param page - absolute URL of the page
 */
export function isOwnScript(url: string, page: string): boolean {
  const folder = new URL('./', page).href;
  const { href } = new URL(url, page);
  if (!href.startsWith(folder)) return false;
  return /^(?:sw\.js|assets\/[\w.-]+\.js)$/.test(href.slice(folder.length));
}

/** As `ownScript`, for one page. */
export function scriptDoor(scope: Scope, anyOfOrigin = false): (url: URL | string) => string {
  const page = scope.document?.baseURI;
  const policy =
    page === undefined
      ? undefined
      : scope.trustedTypes?.createPolicy(NAME, {
          createScriptURL(url) {
            const own = anyOfOrigin ? new URL(url).origin === new URL(page).origin : isOwnScript(url, page);
            if (!own) throw new AppError('forbidden', `${url} is no script of this page`);
            return url;
          },
        });
  // The type that TypeScript knows of: what comes out is a TrustedScriptURL, for new Worker() and register() alone.
  return (url) => (policy ? (policy.createScriptURL(String(url)) as string) : String(url));
}

let door: ReturnType<typeof scriptDoor> | undefined;

/** @throws AppError 'forbidden' for a script that did not come with this page */
export function ownScript(url: URL | string): string {
  // While the page is developed, its files stand where they are written.
  door ??= scriptDoor(globalThis, import.meta.env?.DEV);
  return door(url);
}
