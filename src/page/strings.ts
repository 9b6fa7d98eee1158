/** Every text of the contributor's page, as a type: one object of them for each language. Static text stands in index.html. */
import type { LogProblem, Stage } from '../contributor/api.ts';
import type { Badge } from '../contributor/policy.ts';

export type Step = Exclude<Stage, 'stopped' | 'failed'>;

/** A title without a full stop, and what to do. */
export interface NoticeText {
  readonly title: string;
  readonly advice: string;
}

/** What can be wrong before the click, or while it works: error codes, and what only the page knows. */
export type Trouble =
  | 'insecure'
  | 'no-webgpu'
  | 'software-adapter'
  | 'unsupported-key'
  | 'locked'
  | 'conflict'
  | 'wrong-peer'
  | 'unreachable'
  | 'not-found'
  | 'gpu-lost'
  | 'gpu-wrong'
  | 'out-of-memory'
  | 'forbidden'
  | 'banned'
  | 'bad-input'
  | 'bad-frame'
  | 'bad-signature'
  | 'too-large'
  | 'timeout'
  | 'closed'
  | 'internal';

export interface NowStrings {
  readonly cannotStart: string;
  readonly ready: string;
  readonly stopped: string;
  readonly stopping: string;
  readonly testing: string;
  readonly connecting: string;
  readonly waiting: string;
  /** Each of these three: of a project, or '' where that is not known. */
  readonly downloading: (project: string) => string;
  readonly computing: (project: string) => string;
  readonly uploading: (project: string) => string;
  readonly checking: string;
  readonly verified: string;
  readonly finishing: string;
  readonly paused: string;
  /** Why the coordinator is tried again; `within` is a duration, or undefined while it is being tried. */
  readonly retrying: (trouble: Trouble, within: string | undefined) => string;
}

export interface ReasonStrings {
  readonly byHand: string;
  readonly onBattery: string;
  readonly batteryLow: (level: string, floor: string) => string;
  readonly quietHours: (until: string) => string;
  readonly dataCap: (used: string, cap: string, until: string) => string;
  readonly metered: string;
  /** `until` is a time, or undefined while it is still in use. */
  readonly inUse: (idle: string, until: string | undefined) => string;
  readonly veryHot: string;
  readonly hotByPressure: (share: string) => string;
  readonly hotBySpeed: (share: string) => string;
  readonly throttled: string;
  readonly offline: string;
  readonly intensity: (share: string) => string;
}

export interface Strings {
  /** BCP 47: how numbers and times are written, and what the page says its language is. */
  readonly locale: string;
  readonly dir: 'ltr' | 'rtl';
  readonly panel: string;
  readonly button: Readonly<
    Record<
      | 'start'
      | 'again'
      | 'retry'
      | 'stop'
      | 'stopping'
      | 'pause'
      | 'resume'
      | 'finish'
      | 'finishing'
      | 'here'
      | 'copy'
      | 'copied',
      string
    >
  >;
  readonly invitation: string;
  readonly nothingRuns: string;
  /** What exactly will happen after the click. `disk` is undefined where nothing is kept. */
  readonly promise: (memory: string, disk: string | undefined) => readonly string[];
  readonly stages: string;
  readonly stage: Readonly<Record<Step, string>>;
  /** How long a stage takes, as measured on this visit. */
  readonly about: (duration: string) => string;
  readonly now: NowStrings;
  readonly said: {
    readonly working: string;
    readonly workingSince: (shards: string, count: number) => string;
  };
  readonly badge: Readonly<Record<Badge, string>>;
  readonly badgeName: string;
  readonly reason: ReasonStrings;
  /** One or many. */
  readonly shardsVerified: (count: number) => string;
  readonly stat: {
    readonly speedNow: string;
    readonly speedHour: string;
    readonly work: string;
    readonly credit: string;
    readonly creditInAll: (credit: string) => string;
    readonly receipts: string;
    readonly link: string;
    readonly linkNote: string;
    readonly data: string;
    readonly dataIn: (bytes: string) => string;
    readonly dataOut: (bytes: string) => string;
    readonly dataToday: (bytes: string) => string;
    readonly unknown: string;
  };
  readonly fact: {
    readonly project: string;
    readonly gpu: string;
    readonly network: string;
    readonly you: string;
    readonly copyId: string;
    readonly log: string;
    readonly checkedOf: (checked: string, receipts: string) => string;
  };
  readonly summary: (work: string, credit: string) => string;
  readonly summaryNone: string;
  readonly notice: Readonly<Record<Trouble, NoticeText>>;
  readonly overWebRtc: NoticeText;
  readonly rejected: (count: number) => NoticeText;
  readonly log: Readonly<Record<LogProblem, NoticeText>>;
  readonly clockOff: (by: string) => NoticeText;
  readonly diskRefused: NoticeText;
  readonly development: NoticeText;
  /** What the program itself said about a problem, always in English. */
  readonly detail: string;
  readonly otherTab: NoticeText;
  readonly otherTabWaiting: NoticeText;
  readonly section: Readonly<Record<'controls' | 'speed' | 'report' | 'you' | 'projects' | 'share', string>>;
  readonly loading: string;
  readonly title: {
    readonly attention: string;
    readonly verified: (count: string) => string;
    readonly paused: string;
  };
  readonly language: string;
}
