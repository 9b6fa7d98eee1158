/** The JSON of the public figures of `/v1`: ranks, projects, the mosaic and its live events. Plain data only. */
import type { JobState, Microcredits } from './v1.ts';

export type LeaderboardBy = 'contributor' | 'team';
/** The last 24 hours, the last 7 days (each up to an hour longer), or all of time. */
export type LeaderboardWindow = 'day' | 'week' | 'all';

export interface WorkView {
  readonly shards: number;
  readonly multiplyAdds: number;
  readonly microcredits: Microcredits;
}

export interface LeaderboardRow extends WorkView {
  /** From 1; nobody shares a rank: ties stand in the order of PeerIds or teams. */
  readonly rank: number;
  /** PeerId; '' for a team. */
  readonly contributor: string;
  /** Chosen by the contributor, '' for none: text, never markup. */
  readonly name: string;
  readonly team: string;
  /** Contributors that name the team and have work in this window; 1 for a contributor. */
  readonly members: number;
}

export interface LeaderboardView {
  readonly by: LeaderboardBy;
  readonly window: LeaderboardWindow;
  readonly rows: readonly LeaderboardRow[];
}

/** One contributor's own line; zeros for one that nobody knows. */
export interface ContributorFiguresView extends WorkView {
  readonly contributor: string;
  readonly name: string;
  readonly team: string;
  /** The signed Profile that says so, base64; null for none. */
  readonly profile: string | null;
  /** Of all time; null without a verified shard, and for a key that counts under its main key. */
  readonly rank: number | null;
  /** PeerId of the main key under which this one counts; absent: none. */
  readonly main?: string;
  /** Keys that count under this one, whose work is in here; absent: none. */
  readonly joined?: number;
  readonly day: WorkView;
  readonly week: WorkView;
}

export interface ProjectView {
  readonly project: string;
  /** What the requester calls its oldest running job; may be ''. */
  readonly about: string;
  readonly jobsRunning: number;
  /** Cells that nobody has verified yet, and all. */
  readonly cellsOpen: number;
  readonly cellsTotal: number;
}

/**
 * The grid of C in cells of 256 × 256, and whose they are. A grid of more than 200 cells on a side is reduced: a tile
 * is `tileRows` × `tileCols` cells (fewer at the far edges), else one cell.
 */
export interface MosaicView {
  readonly job: string;
  readonly project: string;
  readonly state: JobState;
  /** Cells. */
  readonly rows: number;
  readonly cols: number;
  readonly tileRows: number;
  readonly tileCols: number;
  /**
   * Tile after tile, row after row, as runs: how many, of what, how many, of what… 0 is nothing verified; n the
   * n-th of `contributors`, who has most of the tile; one more than there are, somebody who is not listed.
   */
  readonly cells: readonly number[];
  /** Verified cells of each tile, as runs; null where a tile is one cell. */
  readonly verified: readonly number[] | null;
  /** PeerIds: at most 500, those with most cells first. */
  readonly contributors: readonly string[];
  /** The id of the last event that is in here: ask `/v1/events?after=` for those that are not. */
  readonly version: string;
}

/** `event: verified` */
export interface VerifiedEvent {
  readonly job: string;
  /** In cells. */
  readonly row: number;
  readonly col: number;
  readonly rows: number;
  readonly cols: number;
  readonly contributor: string;
  readonly shard: string;
  readonly multiplyAdds: number;
  readonly verifiedMs: number;
}

/** `event: job` */
export interface JobEvent {
  readonly job: string;
  readonly change: 'created' | 'finished';
}

/** `event: network`, every five seconds; it has no id. */
export interface NetworkEvent {
  readonly contributorsNow: number;
  /** See NetworkView. */
  readonly flopsLastMinute: number;
  readonly flopsLastHour: number;
  readonly jobsRunning: number;
}
