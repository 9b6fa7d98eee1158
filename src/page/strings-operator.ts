/** Every text of the operator's console, as types: one object of them for each language. */
import type { JobState } from '../core/v1.ts';
import type { OperatorAction } from '../core/v1-operator.ts';
import type { Refusal } from './operator-network.ts';
import type { Order } from './operator-orders.ts';

export interface TableStrings {
  readonly title: string;
  /** There is nothing. */
  readonly empty: string;
}

export interface OrderStrings {
  /** Of the question. */
  readonly title: string;
  /** What will happen, and to whom. */
  readonly about: string;
  readonly button: string;
  /** Said when it has happened. */
  readonly done: string;
}

export type ColumnName =
  | 'who'
  | 'client'
  | 'since'
  | 'seen'
  | 'rate'
  | 'link'
  | 'now'
  | 'leases'
  | 'results'
  | 'lease'
  | 'job'
  | 'project'
  | 'shard'
  | 'age'
  | 'deadline'
  | 'state'
  | 'size'
  | 'progress'
  | 'when'
  | 'reason'
  | 'name'
  | 'token'
  | 'action'
  | 'subject'
  | 'actions';

export interface OperatorStrings {
  readonly locale: string;
  readonly title: string;
  readonly lead: string;
  readonly network: string;
  readonly footer: string;
  readonly token: {
    readonly label: string;
    readonly help: string;
    readonly button: string;
    readonly checking: string;
    readonly forget: string;
    readonly again: string;
    readonly refused: Readonly<Record<Refusal, string>>;
  };
  readonly lost: string;
  readonly draining: string;
  /** What a screen reader is told when these change. */
  readonly said: (contributors: number, jobs: number, failures: number) => string;
  readonly sections: string;
  readonly search: { readonly label: string; readonly help: string };
  readonly nothingFound: string;
  readonly cut: (shown: number, all: number) => string;
  readonly figures: {
    readonly title: string;
    readonly contributors: string;
    readonly leases: string;
    readonly jobs: string;
    readonly sent: string;
    readonly received: string;
    readonly blocks: string;
    readonly free: string;
    readonly database: string;
    readonly databases: Readonly<Record<'embedded' | 'postgres', string>>;
    readonly verification: string;
    readonly threads: (threads: number, waiting: number) => string;
    readonly busy: (percent: string) => string;
    readonly running: string;
    readonly counting: string;
  };
  readonly tables: Readonly<
    Record<
      'contributors' | 'leases' | 'jobs' | 'failures' | 'bans' | 'pauses' | 'hidden' | 'log',
      TableStrings
    >
  >;
  readonly columns: Readonly<Record<ColumnName, string>>;
  readonly sortBy: (column: string) => string;
  readonly justNow: string;
  readonly unknown: string;
  readonly down: string;
  readonly up: string;
  readonly committed: string;
  readonly computing: string;
  readonly overdue: string;
  readonly window: (held: number, window: number) => string;
  readonly results: (verified: string, rejected: string, failed: string) => string;
  readonly denied: string;
  readonly hiddenMark: string;
  readonly kinds: Readonly<Record<'contributor' | 'team', string>>;
  readonly cells: (rows: number, cols: number, row: number, col: number) => string;
  readonly done: (verified: string, total: string) => string;
  readonly states: Readonly<Record<JobState | 'paused', string>>;
  readonly mosaic: (job: string) => string;
  readonly mosaicButton: string;
  readonly unnamed: string;
  readonly actions: Readonly<Record<OperatorAction, string>>;
  readonly ownToken: string;
  readonly form: {
    readonly ban: string;
    readonly banHelp: string;
    readonly malformed: string;
    readonly hide: string;
    readonly hideHelp: string;
  };
  readonly order: (order: Order, who: string) => OrderStrings;
  readonly reason: string;
  readonly reasonTold: string;
  readonly reasonKept: string;
  readonly needed: string;
  readonly cancel: string;
  readonly undo: string;
  readonly close: string;
  readonly refusedOrder: string;
}
