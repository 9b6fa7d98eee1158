/**
 * Where the coordinator is. First hit wins: `?coordinator=` (development: the page shows it),
 * `<meta name="coordinator">`, `/coordinator.json` on the page's own origin. Every address must end
 * in /p2p/<PeerId>, which pins the coordinator's key. Its public log is at `log/` beside the page unless
 * `<meta name="log">` or "log" in coordinator.json names another place, which the site's CSP must allow; and its
 * API at `v1/` beside the page, unless "api" in coordinator.json or `<meta name="api">` says otherwise.
 */
import { AppError } from '../core/errors.ts';

export interface CoordinatorConfig {
  readonly addresses: readonly string[];
  readonly source: 'query' | 'meta' | 'file';
  /** URL of the coordinator's public log, relative to the page; undefined when nobody says where it is. */
  readonly log?: string | undefined;
  /** URL of its /v1/, relative to the page, ending in "/"; undefined when nobody says where it is. */
  readonly api?: string | undefined;
}

/** Where a coordinator that serves its own page has its log. */
const LOG = './log/';
const API = './v1/';

const PINNED = /\/p2p\/[1-9A-HJ-NP-Za-km-z]{40,64}$/;

/** @throws AppError 'bad-input' unless every address pins a PeerId. */
export function assertPinned(addresses: readonly string[]): void {
  if (addresses.length === 0) throw new AppError('bad-input', 'the coordinator has no address');
  for (const address of addresses) {
    if (!PINNED.test(address)) {
      throw new AppError('bad-input', `the coordinator address ${address} must end in /p2p/ and its PeerId`);
    }
  }
}

/** @throws AppError 'unreachable' when the file cannot be had, 'bad-input' when it is not ours. */
export async function loadConfig(
  location: { readonly search: string },
  metaContent: string | undefined,
  fetchJson: (path: string) => Promise<unknown>,
  metaLog: string = LOG,
  metaApi: string = API,
): Promise<CoordinatorConfig> {
  const named = new URLSearchParams(location.search).getAll('coordinator');
  const found = named.length > 0 ? named : (metaContent?.split(/\s+/).filter(Boolean) ?? []);
  if (found.length > 0) {
    assertPinned(found);
    // A link that names another coordinator says nothing of its log and API: those of this site are not its.
    return named.length > 0
      ? { addresses: found, source: 'query' }
      : { addresses: found, source: 'meta', log: metaLog, api: metaApi };
  }
  let file: unknown;
  try {
    file = await fetchJson('./coordinator.json');
  } catch (error) {
    throw new AppError(
      'unreachable',
      'Cannot read coordinator.json from this site; is its coordinator running?',
      {
        cause: error,
      },
    );
  }
  const fields = (file ?? {}) as Readonly<Record<string, unknown>>;
  const { v, addrs: addresses, log = LOG, api = API } = fields;
  if (v !== 1 || !Array.isArray(addresses) || !addresses.every((a): a is string => typeof a === 'string')) {
    throw new AppError('bad-input', 'coordinator.json must look like {"v":1,"addrs":["/…/p2p/…"]}');
  }
  if (typeof log !== 'string') throw new AppError('bad-input', '"log" in coordinator.json must be a URL');
  if (typeof api !== 'string') throw new AppError('bad-input', '"api" in coordinator.json must be a URL');
  assertPinned(addresses);
  return { addresses, source: 'file', log, api };
}
