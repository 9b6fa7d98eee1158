/** Sites that embed the widget: what was verified for each, for everybody to read. */
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { SiteFiguresView, SiteOwnerView, SiteView } from '../core/v1-sites.ts';
import { siteAccount } from '../ledger/accounts.ts';
import { balanceOf } from '../ledger/ledger.ts';
import type { Database } from '../store/database.ts';
import type { Work } from '../store/figures.ts';
import { DAY_MS, type SiteDay, siteContributors, siteDays, siteTotals } from '../store/sites.ts';
import { Cached } from './cached.ts';
import { workView } from './views.ts';

/** A year and the day on which it began. */
const MAX_DAYS = 366;
const FIGURES_MS = 5000;
/** As many as there may be on the list. */
const KEPT = 100;

export interface SitesContext {
  readonly db: Database;
  readonly clock: Clock;
  /** Origins of those that may embed. */
  readonly embed: readonly string[];
  readonly contributorsOn: (site: string) => number;
}

export class Sites {
  readonly #context: SitesContext;
  readonly #totals: Cached<ReadonlyMap<string, Work>>;
  readonly #days: Cached<readonly SiteDay[]>;
  readonly #list: Cached<readonly SiteView[]>;

  constructor(context: SitesContext) {
    const { db, clock, embed } = context;
    this.#context = context;
    this.#list = new Cached(clock, FIGURES_MS, 1, () => Promise.all(embed.map((site) => this.#view(site))));
    this.#totals = new Cached(clock, FIGURES_MS, 1, async () => {
      const rows = await siteTotals(db);
      return new Map(rows.map((row) => [row.site, row]));
    });
    this.#days = new Cached(clock, FIGURES_MS, KEPT, (site) => siteDays(db, site, MAX_DAYS));
  }

  /** Those that may embed the widget now, in the operator's order. */
  list(): Promise<readonly SiteView[]> {
    return this.#list.get();
  }

  /**
   * Also of a site that may no longer embed, as long as it has work.
   * @param claimedMs - when whoever asks has claimed it
   * @throws AppError 'not-found'
   */
  async figures(site: string, claimedMs?: number): Promise<SiteFiguresView> {
    const { db, embed } = this.#context;
    if (!embed.includes(site) && !(await this.#totals.get()).has(site)) {
      throw new AppError('not-found', 'this coordinator knows no such site; a site is named by its origin');
    }
    const rows = await this.#days.get(site);
    const days = rows.map((day) => ({ day: dateOf(day.day), ...workView(day) }));
    const view = { ...(await this.#view(site)), account: siteAccount(site), days };
    if (claimedMs === undefined) return view;
    const owner: SiteOwnerView = {
      claimedMs,
      balanceMicrocredits: (await balanceOf(db, siteAccount(site))).toString(),
      contributors: await siteContributors(db, site),
      contributorsByDay: rows.map(({ contributors }) => contributors),
    };
    return { ...view, owner };
  }

  async #view(site: string): Promise<SiteView> {
    const total = (await this.#totals.get()).get(site) ?? NOTHING;
    return { site, contributorsNow: this.#context.contributorsOn(site), ...workView(total) };
  }
}

const NOTHING: Work = { shards: 0, multiplyAdds: 0, microcredits: 0n };

function dateOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}
