/** The JSON of sites that embed the widget, in `/v1`. Plain data only. */
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
}
