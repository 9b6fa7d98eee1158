/** The JSON of sites that embed the widget, in `/v1`. Plain data only. */
import type { Microcredits } from './v1.ts';
import type { WorkView } from './v1-figures.ts';

/** `GET /v1/sites`: those that may embed the widget. */
export interface SiteView extends WorkView {
  /** Origin. */
  readonly site: string;
  /** Connected from its pages now. */
  readonly contributorsNow: number;
}

export interface SiteDayView extends WorkView {
  /** UTC, "2026-11-23". */
  readonly day: string;
}

/** `GET /v1/sites/ORIGIN`, the origin percent-encoded. */
export interface SiteFiguresView extends SiteView {
  /** In the coordinator's ledger: what the operator grants to the site goes there. */
  readonly account: string;
  /** The latest first, at most 366; days without work are left out. */
  readonly days: readonly SiteDayView[];
  /** For a request with the owner's token alone. */
  readonly owner?: SiteOwnerView;
}

export interface SiteOwnerView {
  readonly claimedMs: number;
  readonly balanceMicrocredits: Microcredits;
  /** Different keys of all time: a visitor has one in each browser… */
  readonly contributors: number;
  /** …and on each of the days above, in their order. */
  readonly contributorsByDay: readonly number[];
}

/** `POST /v1/sites/claims` {origin}: what the owner of the site is to publish, in one place or the other. */
export interface NewSiteClaimView {
  /** A secret of whoever claims: with it they get the owner's token. */
  readonly id: string;
  readonly site: string;
  readonly token: string;
  readonly expiresMs: number;
  readonly file: { readonly url: string; readonly content: string };
  /** For the head of the site's first page. */
  readonly meta: string;
}

/** `POST /v1/sites/claims/ID/check` {origin}. */
export interface SiteOwnerTokenView {
  readonly site: string;
  /** Shown once. For `Authorization: Bearer` on `GET /v1/sites/ORIGIN`. */
  readonly ownerToken: string;
  readonly claimedMs: number;
}
