/**
 * What contributing came to, session by session: a pure fold over what the page sees, for the report in the morning. A
 * session goes from Start to its end. Every moment of it counts to one kind: work, or the first reason why there was
 * none. What jumps over time (a frozen tab, a sleeping machine, a closed page) is a gap and never counts as work.
 */
import type { ContributorStatus } from '../contributor/api.ts';
import type { Conduct, PauseReason } from '../contributor/policy.ts';

/** Why nothing was computed: the policy's reasons, and what no policy decides. */
export type PauseKind =
  | PauseReason['kind']
  | 'by-hand'
  | 'offline'
  | 'unreachable'
  | 'no-work'
  /** The browser froze the tab, or the machine slept: a page cannot tell which. */
  | 'suspended'
  /** The page was not there. */
  | 'closed';

const KNOWN: Readonly<Record<PauseKind, true>> = {
  'on-battery': true,
  'battery-low': true,
  'quiet-hours': true,
  'data-cap': true,
  metered: true,
  'in-use': true,
  'very-hot': true,
  'by-hand': true,
  offline: true,
  unreachable: true,
  'no-work': true,
  suspended: true,
  closed: true,
};

export const PAUSE_KINDS = Object.keys(KNOWN) as readonly PauseKind[];

export type Kind = PauseKind | 'work';

export interface Pause {
  readonly kind: PauseKind;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** What a session added up to, as ContributorStatus counts it. */
export interface Totals {
  readonly shardsVerified: number;
  readonly shardsRejected: number;
  readonly multiplyAddsVerified: number;
  readonly microcredits: bigint;
  readonly bytesDown: number;
  readonly bytesUp: number;
  readonly gpuBusyMs: number;
}

export interface Session {
  readonly beganMs: number;
  /** When it was last seen; the moment after that is not known yet, or never will be. */
  readonly seenMs: number;
  /** Undefined: it goes on, or its page has gone. */
  readonly end: 'stopped' | 'failed' | undefined;
  readonly spentMs: Readonly<Partial<Record<Kind, number>>>;
  /** Of the work: while the browser held timers back, and while less was done because of heat. */
  readonly throttledMs: number;
  readonly hotMs: number;
  readonly totals: Totals;
  /** The earliest first; brief ones are left out, but count in `spentMs`. */
  readonly pauses: readonly Pause[];
}

export interface Journal {
  /** What the visitor takes the GPU to draw while it computes. */
  readonly watts: number;
  /** The earliest first. */
  readonly sessions: readonly Session[];
  /** While a session goes on in this page. */
  readonly last: Last | undefined;
}

interface Last {
  readonly nowMs: number;
  readonly kind: Kind;
  readonly throttled: boolean;
  readonly hot: boolean;
  readonly totals: Totals;
}

export interface Moment {
  readonly nowMs: number;
  /** Start was pressed, and what follows Stop has not come to its end: until then a receipt may arrive. */
  readonly wanted: boolean;
  readonly conduct: Pick<Conduct, 'run' | 'reasons'>;
  readonly status: Totals & Pick<ContributorStatus, 'stage' | 'paused'>;
  /** It goes on by itself with what went on before this page was loaded: see Lifecycle.begin. */
  readonly resumed?: boolean | undefined;
}

/**
 * No browser tells what a GPU draws. 60 W is an assumption, not a measurement: more than an integrated GPU at work
 * takes (some 15 to 30 W), less than a gaming card (150 W and up). The visitor sets what they know or measure.
 */
export const DEFAULT_WATTS = 60;
export const WATTS = [1, 2000] as const;

export const NO_JOURNAL: Journal = { watts: DEFAULT_WATTS, sessions: [], last: undefined };

/** Hidden pages get their timers once a minute at worst (late-timers.ts): what is longer is no timer's doing. */
const GAP_MS = 90_000;
/** A page that was away for less goes on with its session. */
const SAME_SESSION_MS = 30 * 60_000;
/** Connecting and waiting between two shards take seconds, and are no pause to anybody. */
const BRIEF_MS = 30_000;
const MAX_SESSIONS = 10;
export const MAX_PAUSES = 100;
/** Of sessions before the last. */
const MAX_OLD_PAUSES = 20;

const NOTHING: Totals = {
  shardsVerified: 0,
  shardsRejected: 0,
  multiplyAddsVerified: 0,
  microcredits: 0n,
  bytesDown: 0,
  bytesUp: 0,
  gpuBusyMs: 0,
};

/** Call it at every change, and every half minute while work is wanted. */
export function record(journal: Journal, moment: Moment): Journal {
  const { last } = journal;
  if (!last && !moment.wanted) return journal;
  const [session, earlier] = last
    ? [advanced(journal.sessions.at(-1)!, last, moment), journal.sessions.slice(0, -1)]
    : begun(journal.sessions, moment);
  if (moment.wanted) return { ...journal, sessions: [...earlier, session], last: lookOf(moment) };
  const end = moment.status.stage === 'failed' ? 'failed' : 'stopped';
  const ended = { ...session, end, pauses: settled(session.pauses) } as const;
  return { ...journal, sessions: [...earlier, ended], last: undefined };
}

function begun(sessions: readonly Session[], { nowMs, resumed }: Moment): [Session, readonly Session[]] {
  const before = sessions.at(-1);
  const awayMs = nowMs - (before?.seenMs ?? Infinity);
  if (before?.end === undefined && awayMs >= 0 && (resumed === true || awayMs <= SAME_SESSION_MS)) {
    return [spent(before!, 'closed', before!.seenMs, nowMs), sessions.slice(0, -1)];
  }
  const fresh: Session = {
    beganMs: nowMs,
    seenMs: nowMs,
    end: undefined,
    spentMs: {},
    throttledMs: 0,
    hotMs: 0,
    totals: NOTHING,
    pauses: [],
  };
  const kept = sessions.filter(isWorthKeeping).slice(1 - MAX_SESSIONS);
  return [fresh, kept.map((each) => ({ ...each, pauses: longest(settled(each.pauses), MAX_OLD_PAUSES) }))];
}

/** A start by mistake must not stand where last night stood. */
const isWorthKeeping = ({ spentMs, totals }: Session): boolean =>
  totals.shardsVerified > 0 || (spentMs.work ?? 0) >= 60_000;

function advanced(session: Session, last: Last, { nowMs, status }: Moment): Session {
  // A clock that was set back takes no time away.
  const tookMs = Math.max(0, nowMs - last.nowMs);
  const kind = tookMs > GAP_MS ? 'suspended' : last.kind;
  const worked = kind === 'work' ? tookMs : 0;
  return {
    ...spent(session, kind, nowMs - tookMs, nowMs),
    throttledMs: session.throttledMs + (last.throttled ? worked : 0),
    hotMs: session.hotMs + (last.hot ? worked : 0),
    totals: plus(session.totals, gained(last.totals, status)),
  };
}

function spent(session: Session, kind: Kind, fromMs: number, untilMs: number): Session {
  const seenMs = Math.max(session.seenMs, untilMs);
  if (untilMs <= fromMs) return { ...session, seenMs };
  const spentMs = { ...session.spentMs, [kind]: (session.spentMs[kind] ?? 0) + untilMs - fromMs };
  return { ...session, seenMs, spentMs, pauses: extended(session.pauses, kind, fromMs, untilMs) };
}

function extended(pauses: readonly Pause[], kind: Kind, fromMs: number, untilMs: number): readonly Pause[] {
  if (kind === 'work') return settled(pauses);
  const open = pauses.at(-1);
  if (open?.kind === kind && open.untilMs === fromMs) return [...pauses.slice(0, -1), { ...open, untilMs }];
  return [...longest(settled(pauses), MAX_PAUSES - 1), { kind, fromMs, untilMs }];
}

/** Once it grows no more, a brief one goes. */
function settled(pauses: readonly Pause[]): readonly Pause[] {
  const open = pauses.at(-1);
  return open && lengthOf(open) < BRIEF_MS ? pauses.slice(0, -1) : pauses;
}

function longest(pauses: readonly Pause[], most: number): readonly Pause[] {
  if (pauses.length <= most) return pauses;
  const kept = new Set(pauses.toSorted((a, b) => lengthOf(b) - lengthOf(a)).slice(0, most));
  return pauses.filter((pause) => kept.has(pause));
}

export const lengthOf = ({ fromMs, untilMs }: Pause): number => untilMs - fromMs;

function lookOf({ nowMs, conduct, status }: Moment): Last {
  const has = (kind: string): boolean => conduct.reasons.some((reason) => reason.kind === kind);
  return {
    nowMs,
    kind: kindOf(conduct, status),
    throttled: has('throttled'),
    hot: has('hot'),
    totals: totalsOf(status),
  };
}

function kindOf({ run, reasons }: Moment['conduct'], { stage, paused }: Moment['status']): Kind {
  const known = (kind: string | undefined): PauseKind | undefined =>
    PAUSE_KINDS.find((each) => each === kind);
  if (!run) return known(reasons[0]?.kind) ?? 'by-hand';
  if (paused) return 'by-hand';
  if (reasons.some(({ kind }) => kind === 'offline')) return 'offline';
  if (stage === 'connecting') return 'unreachable';
  return stage === 'waiting' || stage === 'stopped' || stage === 'failed' ? 'no-work' : 'work';
}

function totalsOf(from: Totals): Totals {
  const {
    shardsVerified,
    shardsRejected,
    multiplyAddsVerified,
    microcredits,
    bytesDown,
    bytesUp,
    gpuBusyMs,
  } = from;
  return {
    shardsVerified,
    shardsRejected,
    multiplyAddsVerified,
    microcredits,
    bytesDown,
    bytesUp,
    gpuBusyMs,
  };
}

export function plus(a: Totals, b: Totals): Totals {
  return {
    shardsVerified: a.shardsVerified + b.shardsVerified,
    shardsRejected: a.shardsRejected + b.shardsRejected,
    multiplyAddsVerified: a.multiplyAddsVerified + b.multiplyAddsVerified,
    microcredits: a.microcredits + b.microcredits,
    bytesDown: a.bytesDown + b.bytesDown,
    bytesUp: a.bytesUp + b.bytesUp,
    gpuBusyMs: a.gpuBusyMs + b.gpuBusyMs,
  };
}

/** A count that is lower than it was began anew. */
function gained(before: Totals, now: Totals): Totals {
  const since = (was: number, is: number): number => (is >= was ? is - was : is);
  const { microcredits } = now;
  return {
    shardsVerified: since(before.shardsVerified, now.shardsVerified),
    shardsRejected: since(before.shardsRejected, now.shardsRejected),
    multiplyAddsVerified: since(before.multiplyAddsVerified, now.multiplyAddsVerified),
    microcredits: microcredits >= before.microcredits ? microcredits - before.microcredits : microcredits,
    bytesDown: since(before.bytesDown, now.bytesDown),
    bytesUp: since(before.bytesUp, now.bytesUp),
    gpuBusyMs: since(before.gpuBusyMs, now.gpuBusyMs),
  };
}
