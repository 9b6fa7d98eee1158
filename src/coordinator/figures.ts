/**
 * The public figures: what anybody may know of the network, from memory where they move and from the database, kept
 * for some seconds, where they do not. A crowd that asks costs no more than one that asks now and then.
 */
import { Allowance } from '../core/allowance.ts';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { NetworkView, RecentReceiptView, RunningJobView } from '../core/v1.ts';
import type {
  ContributorFiguresView,
  LeaderboardBy,
  LeaderboardRow,
  LeaderboardView,
  LeaderboardWindow,
  NetworkEvent,
  ProjectView,
} from '../core/v1-figures.ts';
import type { Database } from '../store/database.ts';
import {
  HOUR_MS,
  type Totals,
  dropOldHours,
  figuresOf,
  networkTotals,
  rankedContributors,
  rankedTeams,
  recentReceipts,
  workBySteps,
} from '../store/figures.ts';
import { listJobs } from '../store/jobs.ts';
import { shownProfileOf } from '../store/profiles.ts';
import { Cached } from './cached.ts';
import type { Jobs } from './jobs.ts';
import type { Scheduler } from './scheduler.ts';
import { workView } from './views.ts';
import { STEP_MS, WorkRate } from './work-rate.ts';

/** Rows of a leaderboard. */
export const MAX_ROWS = 200;
const RANKS_MS = 5000;
/** A week is 168 rows for everybody who was there all the time. */
const LONG_RANKS_MS = 30_000;
const LISTS_MS = 2000;
const LINES = 2000;
/** Contributors' lines that are read from the database, over all who ask. */
const LINE_RATE = { burst: 200, perSecond: 50 } as const;
const WINDOW_HOURS: Record<Exclude<LeaderboardWindow, 'all'>, number> = { day: 24, week: 168 };
const MAX_JOBS = 50;
const MAX_RECEIPTS = 20;
/** Leaves from which the rates begin after a restart: an hour of five shards a second. */
const SEED_LEAVES = 20_000;

export interface FiguresContext {
  readonly db: Database;
  readonly jobs: Jobs;
  readonly scheduler: Scheduler;
  readonly clock: Clock;
  readonly network: string;
  readonly peerId: string;
}

type Lists = Pick<NetworkView, 'jobs' | 'receipts'>;

export class Figures {
  readonly #context: FiguresContext;
  readonly #rate: WorkRate;
  readonly #totals: { shards: number; multiplyAdds: number };
  readonly #lines: Cached<ContributorFiguresView>;
  readonly #lineReads: Allowance;
  readonly #ranks: Cached<readonly LeaderboardRow[]>;
  readonly #weeks: Cached<readonly LeaderboardRow[]>;
  readonly #lists: Cached<Lists>;
  readonly #projects: Cached<readonly ProjectView[]>;
  #hour = 0;

  /** Call before anything is verified: what was verified until then is read here. */
  static async open(context: FiguresContext): Promise<Figures> {
    const { db, clock } = context;
    const now = clock.now();
    const rate = new WorkRate(now);
    const seed = { leaves: SEED_LEAVES, stepMs: STEP_MS, sinceMs: now - HOUR_MS };
    for (const { atMs, multiplyAdds } of await workBySteps(db, seed)) rate.add(multiplyAdds, atMs, now);
    return new Figures(context, rate, await networkTotals(db));
  }

  private constructor(context: FiguresContext, rate: WorkRate, totals: Totals) {
    const { clock, jobs } = context;
    this.#context = context;
    this.#rate = rate;
    this.#totals = { shards: totals.shards, multiplyAdds: totals.multiplyAdds };
    this.#lineReads = new Allowance(clock, LINE_RATE);
    this.#lines = new Cached(clock, RANKS_MS, LINES, (id) => this.#line(id));
    this.#ranks = new Cached(clock, RANKS_MS, 4, (key) => this.#ranked(key));
    this.#weeks = new Cached(clock, LONG_RANKS_MS, 2, (key) => this.#ranked(key));
    this.#lists = new Cached(clock, LISTS_MS, 1, () => this.#listed());
    this.#projects = new Cached(clock, LISTS_MS, 1, () => this.#listedProjects());
    jobs.verified.on(({ multiplyAdds, verifiedMs, leaf, isHere }) => {
      if (!isHere && leaf < totals.leaves) return;
      this.#rate.add(multiplyAdds, verifiedMs);
      this.#totals.shards += 1;
      this.#totals.multiplyAdds += multiplyAdds;
    });
  }

  /** From memory alone. */
  now(contributorsNow: number): NetworkEvent {
    const { clock, jobs } = this.#context;
    const now = clock.now();
    return {
      contributorsNow,
      flopsLastMinute: this.#rate.flopsLastMinute(now),
      flopsLastHour: this.#rate.flopsLastHour(now),
      jobsRunning: jobs.runningCount,
    };
  }

  async network(contributorsNow: number): Promise<NetworkView> {
    const { network, peerId } = this.#context;
    const lists = await this.#lists.get();
    return {
      network,
      coordinator: peerId,
      ...this.now(contributorsNow),
      shardsVerified: this.#totals.shards,
      multiplyAddsVerified: this.#totals.multiplyAdds,
      ...lists,
    };
  }

  async leaderboard(by: LeaderboardBy, window: LeaderboardWindow, limit: number): Promise<LeaderboardView> {
    const cache = window === 'week' ? this.#weeks : this.#ranks;
    const rows = await cache.get(`${by} ${window}`);
    return { by, window, rows: rows.slice(0, limit) };
  }

  /** @throws AppError 'rate-limited' */
  contributor(id: string): Promise<ContributorFiguresView> {
    return this.#lines.get(id);
  }

  projects(): Promise<readonly ProjectView[]> {
    return this.#projects.get();
  }

  /** Its name is another. */
  renamed(contributor: string): void {
    this.#lines.forget(contributor);
  }

  /** Names of many are: all that shows them is read anew. */
  renamedMany(): void {
    for (const cache of [this.#lines, this.#ranks, this.#weeks]) cache.clear();
  }

  async #line(id: string): Promise<ContributorFiguresView> {
    if (!this.#lineReads.take())
      throw new AppError('rate-limited', 'too many contributors are asked for just now; go on in a second');
    const { db, clock } = this.#context;
    const figures = await figuresOf(db, id, clock.now());
    const profile = await shownProfileOf(db, id);
    return {
      contributor: id,
      name: profile?.name ?? '',
      team: profile?.team ?? '',
      profile: profile?.envelope ? Buffer.from(profile.envelope).toString('base64') : null,
      ...workView(figures),
      rank: figures.rank ?? null,
      ...(figures.main !== undefined && { main: figures.main }),
      ...(figures.joined > 0 && { joined: figures.joined }),
      day: workView(figures.day),
      week: workView(figures.week),
    };
  }

  async #ranked(key: string): Promise<readonly LeaderboardRow[]> {
    const { db, clock } = this.#context;
    const [by, name] = key.split(' ') as [LeaderboardBy, LeaderboardWindow];
    const nowMs = clock.now();
    const window = name === 'all' ? undefined : { hours: WINDOW_HOURS[name], nowMs };
    await this.#dropOldHours(nowMs);
    if (by === 'team') {
      const teams = await rankedTeams(db, MAX_ROWS, window);
      return teams.map((row, at) => {
        const { team, members } = row;
        return { rank: at + 1, contributor: '', name: '', team, members, ...workView(row) };
      });
    }
    return (await rankedContributors(db, MAX_ROWS, window)).map((row, at) => {
      const { contributor, name: called, team } = row;
      return { rank: at + 1, contributor, name: called, team, members: 1, ...workView(row) };
    });
  }

  /** Once an hour, when somebody looks. */
  async #dropOldHours(nowMs: number): Promise<void> {
    const hour = Math.floor(nowMs / HOUR_MS);
    if (hour === this.#hour) return;
    this.#hour = hour;
    await dropOldHours(this.#context.db, WINDOW_HOURS.week, nowMs);
  }

  async #listed(): Promise<Lists> {
    const { db, jobs, scheduler, clock } = this.#context;
    const now = clock.now();
    const running = (await listJobs(db, 'running')).filter(({ id }) => jobs.running(id)).slice(0, MAX_JOBS);
    const views = running.map(({ id, project, title }): RunningJobView => {
      const { verified = 0, total = 0 } = scheduler.progressOf(id) ?? {};
      const bound = scheduler.boundOf(id);
      const elapsed = bound ? (now - bound.startedMs) / 1000 : 0;
      const boundShare = bound && elapsed > 0 ? Math.min(1, bound.seconds / elapsed) : null;
      return { job: id, project, title, cellsVerified: verified, cellsTotal: total, boundShare };
    });
    const receipts = (await recentReceipts(db, MAX_RECEIPTS)).map((row): RecentReceiptView => ({
      ...row,
      multiplyAdds: Number(row.multiplyAdds),
      logIndex: Number(row.logIndex),
    }));
    return { jobs: views, receipts };
  }

  async #listedProjects(): Promise<readonly ProjectView[]> {
    const { db, scheduler } = this.#context;
    const found = new Map<string, ProjectView>();
    const running = await listJobs(db, 'running');
    for (const { id, project, title } of running.sort((x, y) => x.createdMs - y.createdMs)) {
      const progress = scheduler.progressOf(id);
      if (!progress) continue;
      const { about, jobsRunning, cellsOpen, cellsTotal } = found.get(project) ?? {
        about: title,
        jobsRunning: 0,
        cellsOpen: 0,
        cellsTotal: 0,
      };
      found.set(project, {
        project,
        about,
        jobsRunning: jobsRunning + 1,
        cellsOpen: cellsOpen + progress.total - progress.verified,
        cellsTotal: cellsTotal + progress.total,
      });
    }
    return Array.from(found.values()).sort(
      (x, y) => y.cellsOpen - x.cellsOpen || (x.project < y.project ? -1 : 1),
    );
  }
}
