/** Every text about the visitor's own speed, name, key, projects and card, as types. */

export interface SpeedStrings {
  readonly title: string;
  readonly span: string;
  readonly spans: Readonly<Record<'hour' | 'day', string>>;
  readonly mean: string;
  readonly best: string;
  readonly worked: string;
  readonly minutes: (minutes: number) => string;
  /** What a screen reader is told of the curve. */
  readonly described: (span: string, mean: string, best: string, worked: string) => string;
  /** Nothing at all yet, and nothing in the span that is shown. */
  readonly empty: string;
  readonly emptySpan: string;
  readonly rest: string;
  readonly note: string;
  readonly table: string;
  readonly from: string;
  readonly failed: string;
}

export interface RankStrings {
  readonly title: string;
  readonly none: string;
  readonly rank: (rank: number) => string;
  readonly day: string;
  readonly week: string;
  readonly all: string;
  /** The number as this language writes it. */
  readonly credit: (credit: string) => string;
  readonly shards: (shards: number) => string;
  readonly around: string;
  readonly place: string;
  readonly who: string;
  readonly creditHead: string;
  readonly you: string;
}

export interface NameStrings {
  readonly title: string;
  readonly lead: string;
  readonly name: string;
  readonly team: string;
  readonly allowed: (max: number) => string;
  readonly save: string;
  readonly takeBack: string;
  readonly tooLong: (field: string, max: number) => string;
  readonly notShown: (field: string) => string;
  /** What has become of what was said last. */
  readonly none: string;
  readonly removing: string;
  readonly removed: string;
  readonly pending: string;
  readonly waiting: string;
  readonly kept: string;
  readonly refused: string;
  readonly reason: string;
}

export interface KeyStrings {
  readonly title: string;
  readonly lead: string;
  readonly id: string;
  readonly kinds: Readonly<Record<'none' | 'sealed' | 'portable', string>>;
  readonly save: string;
  readonly saveWarning: string;
  readonly saveNow: string;
  readonly renew: string;
  readonly renewWarning: string;
  readonly renewNow: string;
  readonly load: string;
  readonly loadWarning: string;
  readonly loadNow: string;
  readonly cancel: string;
  readonly undo: string;
  readonly former: string;
  readonly unavailable: string;
  readonly done: Readonly<Record<'saved' | 'loaded' | 'renewed' | 'undone', string>>;
  readonly faults: Readonly<Record<'not-a-key' | 'damaged' | 'same' | 'failed', string>>;
  /** Stands in the file above the key; one line. */
  readonly fileNote: string;
}

export interface ProjectsStrings {
  readonly title: string;
  readonly lead: string;
  readonly any: string;
  readonly anyHelp: string;
  readonly only: string;
  readonly onlyHelp: string;
  readonly list: string;
  readonly loading: string;
  readonly failed: string;
  readonly none: string;
  readonly running: (jobs: number, percent: number) => string;
  readonly idle: string;
  readonly gone: string;
  readonly nothingChosen: string;
  readonly resting: string;
  readonly most: (max: number) => string;
}

export interface ShareStrings {
  readonly title: string;
  readonly lead: string;
  readonly empty: string;
  readonly withName: string;
  readonly withId: string;
  readonly download: string;
  readonly share: string;
  readonly failed: string;
  /** What a screen reader is told of the picture. */
  readonly described: (texts: string) => string;
  /** On the card. */
  readonly shards: (shards: number) => string;
  readonly credit: (credit: string) => string;
  readonly motto: string;
  /** Goes with the picture where a browser can share. */
  readonly text: (shards: string) => string;
}

export interface YouStrings {
  /** BCP 47: how numbers and times are written. */
  readonly locale: string;
  readonly speed: SpeedStrings;
  readonly rank: RankStrings;
  readonly name: NameStrings;
  readonly key: KeyStrings;
  readonly projects: ProjectsStrings;
  readonly share: ShareStrings;
}
