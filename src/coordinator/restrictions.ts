/** What stands of the operator's decisions, in memory: asked at every Hello and for every lease. */
import { type Decisions, decisions } from '../store/operator.ts';
import type { Database } from '../store/database.ts';

const NONE: Decisions = { bans: [], pauses: [], hidden: [] };

export class Restrictions {
  readonly #db: Database;
  #all = NONE;
  #bans: ReadonlyMap<string, string> = new Map();
  #pauses: ReadonlyMap<string, string> = new Map();
  #hidden: ReadonlySet<string> = new Set();

  constructor(db: Database) {
    this.#db = db;
  }

  get all(): Decisions {
    return this.#all;
  }

  /** Reads them anew: they may have been changed by another coordinator. */
  async reload(): Promise<void> {
    const all = await decisions(this.#db);
    this.#all = all;
    this.#bans = new Map(all.bans.map(({ contributor, reason }) => [contributor, reason]));
    this.#pauses = new Map(all.pauses.map(({ project, reason }) => [project, reason]));
    this.#hidden = new Set(all.hidden.map(({ kind, subject }) => `${kind} ${subject}`));
  }

  /** Why; undefined for one that is not banned. */
  banOf(contributor: string): string | undefined {
    return this.#bans.get(contributor);
  }

  /** Why, perhaps ''; undefined for a project that goes on. */
  pauseOf(project: string): string | undefined {
    return this.#pauses.get(project);
  }

  isHidden({ contributor, team }: { readonly contributor: string; readonly team: string }): boolean {
    return (
      this.#hidden.has(`contributor ${contributor}`) || (team !== '' && this.#hidden.has(`team ${team}`))
    );
  }
}
