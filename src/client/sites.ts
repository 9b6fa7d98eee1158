/** The owner's side of sites that embed the widget: what was verified for a site, and how to claim it. */
import type { NewSiteClaimView, SiteFiguresView, SiteOwnerTokenView, SiteView } from '../core/v1-sites.ts';
import { inTime } from './calls.ts';
import { Transport, type TransportOptions } from './http.ts';
import type { CallOptions } from './options.ts';

export class SitesClient {
  readonly #http: Transport;

  /** @param options - its token is a site's owner's, and wanted by `figures` alone */
  constructor(options: TransportOptions) {
    this.#http = new Transport(options);
  }

  /** Those that may embed the widget. */
  list({ signal }: CallOptions = {}): Promise<SiteView[]> {
    return this.#http.json({ path: 'v1/sites', authorize: false, signal: inTime(signal) });
  }

  /** With the owner's token, what the owner may see as well. @throws AppError 'not-found', 'unauthorized' */
  figures(site: string, { signal }: CallOptions = {}): Promise<SiteFiguresView> {
    return this.#http.json({ path: `v1/sites/${encodeURIComponent(site)}`, signal: inTime(signal) });
  }

  /** What to publish on the site. @throws AppError 'not-found' for a site that may not embed */
  claim(origin: string, options?: CallOptions): Promise<NewSiteClaimView> {
    return this.#post('v1/sites/claims', origin, options);
  }

  /** The owner's token, in this answer and no other. @throws AppError 'conflict' while it is not published */
  check(id: string, origin: string, options?: CallOptions): Promise<SiteOwnerTokenView> {
    return this.#post(`v1/sites/claims/${encodeURIComponent(id)}/check`, origin, options);
  }

  #post<T>(path: string, origin: string, { signal }: CallOptions = {}): Promise<T> {
    return this.#http.json({
      method: 'POST',
      path,
      authorize: false,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ origin }),
      signal: inTime(signal),
    });
  }
}
