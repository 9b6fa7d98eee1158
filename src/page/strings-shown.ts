/** Every text of the public figures, as types: one object of them for each language, handed to the elements. */
import type { LeaderboardBy, LeaderboardWindow } from '../core/v1-figures.ts';

export interface MosaicStrings {
  readonly title: string;
  /** What a screen reader is told of the picture. */
  readonly described: (percent: number, tiles: number, yours: number, state: string) => string;
  /** Said when a round percentage is passed. */
  readonly milestone: (percent: number) => string;
  readonly empty: string;
  readonly stale: string;
  readonly states: Readonly<Record<'running' | 'done' | 'cancelled' | 'failed' | 'expired', string>>;
  readonly open: string;
  readonly others: string;
  readonly yours: string;
  readonly you: string;
  readonly unlisted: string;
  /** From 1. */
  readonly tile: (row: number, column: number) => string;
  /** Of a tile that is several cells of the product. */
  readonly part: (verified: number, cells: number) => string;
  readonly hint: string;
  readonly list: string;
  readonly listWho: string;
  readonly listTiles: string;
  readonly more: (contributors: number) => string;
}

export interface NetworkStrings {
  readonly title: string;
  readonly lead: string;
  readonly now: string;
  readonly loading: string;
  readonly unreachable: string;
  readonly stale: string;
  readonly contributors: string;
  readonly lastMinute: string;
  readonly lastHour: string;
  readonly shards: string;
  readonly work: string;
  /** How the speeds are meant. */
  readonly speedNote: string;
  readonly jobs: string;
  readonly noJobs: string;
  readonly jobProgress: (title: string) => string;
  readonly cells: (verified: number, total: number) => string;
  readonly boundShare: (percent: number) => string;
  readonly untitled: string;
  readonly receipts: string;
  readonly noReceipts: string;
  readonly receiptWho: string;
  readonly receiptWork: string;
  readonly receiptWhen: string;
  readonly receiptLog: string;
  readonly logEntry: (index: number) => string;
  readonly justNow: string;
}

export interface LeaderboardStrings {
  readonly title: string;
  readonly by: string;
  readonly window: string;
  readonly bys: Readonly<Record<LeaderboardBy, string>>;
  readonly windows: Readonly<Record<LeaderboardWindow, string>>;
  readonly rank: string;
  readonly who: string;
  readonly team: string;
  readonly members: string;
  readonly shards: string;
  readonly credit: string;
  readonly empty: string;
  readonly failed: string;
  readonly you: string;
}

export interface SearchStrings {
  readonly title: string;
  readonly label: string;
  readonly help: string;
  readonly button: string;
  readonly asking: string;
  readonly malformed: string;
  readonly nothing: string;
  readonly failed: string;
  readonly rank: (rank: number) => string;
  readonly total: string;
  /** The number as this language writes it. */
  readonly creditOf: (credit: string) => string;
  readonly shardsOf: (shards: number) => string;
}

export interface ShownStrings {
  /** BCP 47: how numbers and times are written, and what the page says its language is. */
  readonly locale: string;
  readonly mosaic: MosaicStrings;
  readonly network: NetworkStrings;
  readonly leaderboard: LeaderboardStrings;
  readonly search: SearchStrings;
  readonly back: string;
  readonly footer: string;
}
