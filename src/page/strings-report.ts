/** Every text of the night report, as types: one object of them for each language, handed to the element. */
import type { PauseKind } from './journal.ts';

export interface ReportStrings {
  /** BCP 47: how numbers and times are written. */
  readonly locale: string;
  readonly dir: 'ltr' | 'rtl';
  readonly title: string;
  readonly empty: string;
  /** The list of sessions to choose from. */
  readonly which: string;
  readonly present: string;
  readonly failed: string;
  /** Its page went without a word. */
  readonly unfinished: string;
  readonly atWork: string;
  /** What a screen reader is told of the line of the night. */
  readonly line: (work: string, pauses: string, gaps: string) => string;
  readonly legend: Readonly<Record<'work' | 'pause' | 'gap', string>>;
  /** The longest with its reason, where there is any. */
  readonly pausesInShort: (count: number, together: string, longest: string, reason: string) => string;
  readonly noPauses: string;
  readonly shards: string;
  readonly rejected: (count: number) => string;
  readonly work: string;
  readonly credit: string;
  readonly down: string;
  readonly up: string;
  readonly energy: string;
  readonly energyNote: (watts: number, busy: string) => string;
  readonly watts: string;
  readonly wattsHelp: string;
  readonly throttled: (length: string) => string;
  readonly hot: (length: string) => string;
  readonly pauses: string;
  readonly from: string;
  readonly until: string;
  readonly length: string;
  readonly reason: string;
  readonly kinds: Readonly<Record<PauseKind, string>>;
  readonly brief: (together: string) => string;
  readonly csv: string;
  readonly image: string;
  readonly clear: string;
  readonly undo: string;
  readonly cleared: string;
  readonly restored: string;
  /** Without an extension; what follows is the date. */
  readonly fileName: string;
  /** On the image, below everything. */
  readonly signature: string;
}
