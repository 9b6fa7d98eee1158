/**
 * Who may frame the widget's document, and the headers that make framing work. Only `/?embed` may be framed, and only
 * by the sites that the operator named at the start; everything else of the page never.
 */
import { join } from 'node:path';
import { AppError } from '../core/errors.ts';
import { isSiteOrigin } from '../core/origin.ts';
import { isAccount, siteAccount } from '../ledger/accounts.ts';

/** What a header may hold: browsers and proxies refuse headers of some 8 KiB and more. */
const MAX_SITES = 100;
const MAX_HEADER_CHARS = 4096;

/**
 * The operator's list, each site once.
 * @throws AppError 'bad-input' for what is no exact origin, `*` above all
 */
export function embeddingSites(texts: readonly string[]): readonly string[] {
  const sites = Array.from(new Set(texts));
  for (const text of sites) {
    if (!isSiteOrigin(text)) throw notASite(text);
    if (!isAccount(siteAccount(text)))
      throw new AppError('bad-input', `--embed: ${text} is too long for the name of an account`);
  }
  if (sites.length > MAX_SITES || sites.join(' ').length > MAX_HEADER_CHARS)
    throw new AppError(
      'bad-input',
      `--embed: at most ${MAX_SITES} sites, ${MAX_HEADER_CHARS} characters in all`,
    );
  return sites;
}

function notASite(text: string): AppError {
  const shown = JSON.stringify(text.slice(0, 100));
  const hint = text.includes('*')
    ? 'each site is named by itself, and none stands for all'
    : 'a site is named by its origin alone, such as https://example.org (http:// only for this machine)';
  return new AppError('bad-input', `--embed: ${shown} cannot be a site; ${hint}`);
}

/** Whether a request is for the frame's document: the page decides by the same query what it shows. */
export function asksForFrame(url: string): boolean {
  const [path = '', ...query] = url.split('?');
  return /^\/(index\.html)?$/.test(path) && new URLSearchParams(query.join('?')).has('embed');
}

export interface FileHeaders {
  /** Of the content security policy. */
  readonly frameAncestors: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * What a file of the page says besides the page's policy.
 * @param file - its path on disk, below `root`
 * @param url - as it was asked for
 */
export function fileHeaders(root: string, file: string, url: string, sites: readonly string[]): FileHeaders {
  const nobody = { frameAncestors: "'none'", headers: {} };
  // A module script of another origin is fetched with CORS; a host with COEP wants CORP as well.
  if (file === join(root, 'widget.js')) return { ...nobody, headers: LOADER };
  // A frame in a host with COEP must have it too, and the scripts of its workers again. To the page itself it gives
  // what browsers tell isolated pages only: how much memory it uses with its workers (src/page/memory-growth.ts).
  const isolated = { ...nobody, headers: EMBEDDER_POLICY };
  if (file.startsWith(join(root, 'assets'))) return isolated;
  if (!file.endsWith('.html')) return nobody;
  if (sites.length === 0 || file !== join(root, 'index.html') || !asksForFrame(url)) return isolated;
  return {
    frameAncestors: sites.join(' '),
    headers: { ...EMBEDDER_POLICY, 'cross-origin-resource-policy': 'cross-origin' },
  };
}

const LOADER = {
  'access-control-allow-origin': '*',
  'cross-origin-resource-policy': 'cross-origin',
} as const;
const EMBEDDER_POLICY = { 'cross-origin-embedder-policy': 'require-corp' } as const;
