/** The public figures as a coordinator sent them, or an error: whatever it sends, the page gets what it expects. */
import { AppError } from '../core/errors.ts';
import { cleanName, nameFault } from '../core/names.ts';
import type { NetworkView } from '../core/v1.ts';
import type {
  ContributorFiguresView,
  JobEvent,
  LeaderboardRow,
  LeaderboardView,
  MosaicView,
  NetworkEvent,
  ProjectView,
  VerifiedEvent,
  WorkView,
} from '../core/v1-figures.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Tiles on a side of a mosaic. */
const MAX_SIDE = 200;
const MAX_RUNS = 2 * MAX_SIDE * MAX_SIDE;

function odd(): AppError {
  return new AppError(
    'unreachable',
    'The coordinator answered something that this page does not understand. Reload the page: there may be a newer one.',
  );
}

function fields(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw odd();
  return value as Fields;
}

/** A name, an id or a title: one line, cut where it is too long to be one. */
function text(value: unknown, max = 120): string {
  if (typeof value !== 'string') throw odd();
  return value.slice(0, max).toWellFormed();
}

/** Chosen by a stranger, and passed on by a coordinator that should have looked at it. */
function chosen(value: unknown): string {
  const name = cleanName(text(value));
  return nameFault(name) === undefined ? name : '';
}

function amount(value: unknown): number {
  if (typeof value !== 'number' || !(value >= 0 && value < Infinity)) throw odd();
  return value;
}

function whole(value: unknown, max = Number.MAX_SAFE_INTEGER): number {
  const count = amount(value);
  if (!Number.isInteger(count) || count > max) throw odd();
  return count;
}

function oneOf<T extends string>(value: unknown, ...known: readonly T[]): T {
  const found = known.find((each) => each === value);
  if (found === undefined) throw odd();
  return found;
}

function list<T>(value: unknown, max: number, read: (item: unknown) => T): T[] {
  if (!Array.isArray(value) || value.length > max) throw odd();
  return value.map((item) => read(item));
}

const orNull = <T>(value: unknown, read: (item: unknown) => T): T | null =>
  value === null ? null : read(value);

function work(from: Fields): WorkView {
  const microcredits = text(from['microcredits'], 40);
  if (!/^\d+$/.test(microcredits)) throw odd();
  return { shards: whole(from['shards']), multiplyAdds: amount(from['multiplyAdds']), microcredits };
}

function leaderboardRow(value: unknown): LeaderboardRow {
  const from = fields(value);
  return {
    rank: whole(from['rank']),
    contributor: text(from['contributor']),
    name: chosen(from['name']),
    team: chosen(from['team']),
    members: whole(from['members']),
    ...work(from),
  };
}

/** Each reads what its route answers. @throws AppError 'unreachable' */
export function readLeaderboard(value: unknown): LeaderboardView {
  const from = fields(value);
  return {
    by: oneOf(from['by'], 'contributor', 'team'),
    window: oneOf(from['window'], 'day', 'week', 'all'),
    rows: list(from['rows'], 1000, leaderboardRow),
  };
}

export function readContributor(value: unknown): ContributorFiguresView {
  const from = fields(value);
  return {
    contributor: text(from['contributor']),
    name: chosen(from['name']),
    team: chosen(from['team']),
    profile: orNull(from['profile'], (profile) => text(profile, 8192)),
    ...work(from),
    rank: orNull(from['rank'], whole),
    day: work(fields(from['day'])),
    week: work(fields(from['week'])),
  };
}

export function readProjects(value: unknown): ProjectView[] {
  return list(value, 1000, (item) => {
    const from = fields(item);
    return {
      project: text(from['project'], 512),
      about: text(from['about'], 512),
      jobsRunning: whole(from['jobsRunning']),
      cellsOpen: whole(from['cellsOpen']),
      cellsTotal: whole(from['cellsTotal']),
    };
  });
}

export function readNetworkEvent(value: unknown): NetworkEvent {
  const from = fields(value);
  return {
    contributorsNow: whole(from['contributorsNow']),
    flopsLastMinute: amount(from['flopsLastMinute']),
    flopsLastHour: amount(from['flopsLastHour']),
    jobsRunning: whole(from['jobsRunning']),
  };
}

export function readNetwork(value: unknown): NetworkView {
  const from = fields(value);
  return {
    network: text(from['network']),
    coordinator: text(from['coordinator']),
    ...readNetworkEvent(from),
    shardsVerified: whole(from['shardsVerified']),
    multiplyAddsVerified: amount(from['multiplyAddsVerified']),
    jobs: list(from['jobs'], 1000, (item) => {
      const job = fields(item);
      return {
        job: text(job['job']),
        project: text(job['project'], 512),
        title: text(job['title'], 512),
        cellsVerified: whole(job['cellsVerified']),
        cellsTotal: whole(job['cellsTotal']),
        boundShare: orNull(job['boundShare'], amount),
      };
    }),
    receipts: list(from['receipts'], 1000, (item) => {
      const receipt = fields(item);
      return {
        contributor: text(receipt['contributor']),
        multiplyAdds: amount(receipt['multiplyAdds']),
        verifiedMs: amount(receipt['verifiedMs']),
        logIndex: whole(receipt['logIndex']),
      };
    }),
  };
}

export function readMosaic(value: unknown): MosaicView {
  const from = fields(value);
  const side = (name: string): number => Math.max(1, whole(from[name], 2 ** 23));
  const runs = (run: unknown): number[] => list(run, MAX_RUNS, (item) => whole(item));
  const [rows, cols] = [side('rows'), side('cols')];
  const [tileRows, tileCols] = [side('tileRows'), side('tileCols')];
  if (rows / tileRows > MAX_SIDE || cols / tileCols > MAX_SIDE) throw odd();
  return {
    job: text(from['job']),
    project: text(from['project'], 512),
    state: oneOf(from['state'], 'running', 'done', 'cancelled', 'failed', 'expired'),
    rows,
    cols,
    tileRows,
    tileCols,
    cells: runs(from['cells']),
    verified: orNull(from['verified'], runs),
    contributors: list(from['contributors'], 1000, (item) => text(item)),
    version: text(from['version']),
  };
}

export function readVerified(value: unknown): VerifiedEvent {
  const from = fields(value);
  const place = (name: string): number => whole(from[name], 2 ** 23);
  return {
    job: text(from['job']),
    row: place('row'),
    col: place('col'),
    rows: place('rows'),
    cols: place('cols'),
    contributor: text(from['contributor']),
    shard: text(from['shard']),
    multiplyAdds: amount(from['multiplyAdds']),
    verifiedMs: amount(from['verifiedMs']),
  };
}

export function readJobEvent(value: unknown): JobEvent {
  const from = fields(value);
  return { job: text(from['job']), change: oneOf(from['change'], 'created', 'finished') };
}
