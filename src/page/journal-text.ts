/** The journal as text, for localStorage. What is read there may be anything: it never throws, and what is odd is left out. */
import {
  DEFAULT_WATTS,
  type Journal,
  type Kind,
  MAX_PAUSES,
  NO_JOURNAL,
  type Pause,
  PAUSE_KINDS,
  type Session,
  WATTS,
} from './journal.ts';

/** Raised when a field changes its meaning; fields that come or go need no new one. */
const VERSION = 1;
/** Our own are under 20 KB. */
const MAX_TEXT = 256 * 1024;
const MAX_SESSIONS = 20;
/** Times that a Date can hold. */
const MAX_TIME = 8.64e15;
const KINDS: readonly Kind[] = ['work', ...PAUSE_KINDS];

type Fields = Readonly<Record<string, unknown>>;

export function serializeJournal({ watts, sessions }: Journal): string {
  return JSON.stringify({ version: VERSION, watts, sessions: sessions.map(plain) });
}

function plain({ totals, pauses, ...session }: Session): unknown {
  return {
    ...session,
    totals: { ...totals, microcredits: totals.microcredits.toString() },
    pauses: pauses.map(({ kind, fromMs, untilMs }) => [kind, fromMs, untilMs]),
  };
}

/** @param text - as it was kept, if anything was */
export function parseJournal(text: string | null | undefined): Journal {
  if (typeof text !== 'string' || text.length > MAX_TEXT) return NO_JOURNAL;
  try {
    const { version, watts, sessions } = fieldsOf(JSON.parse(text));
    if (version !== VERSION) return NO_JOURNAL;
    const read = listOf(sessions, MAX_SESSIONS).map(session);
    return {
      watts: wattsOf(watts) ?? DEFAULT_WATTS,
      sessions: read.filter((each) => each !== undefined),
      last: undefined,
    };
  } catch {
    return NO_JOURNAL;
  }
}

/** Undefined for what no GPU draws. */
export function wattsOf(value: unknown): number | undefined {
  const [least, most] = WATTS;
  return typeof value === 'number' && value >= least && value <= most ? Math.round(value) : undefined;
}

function session(value: unknown): Session | undefined {
  const from = fieldsOf(value);
  const { beganMs, seenMs, end } = from;
  if (!isTime(beganMs) || !isTime(seenMs) || seenMs < beganMs) return undefined;
  const totals = fieldsOf(from['totals']);
  const spent = fieldsOf(from['spentMs']);
  const total = (name: string): number => amountOf(totals[name]);
  return {
    beganMs,
    seenMs,
    end: end === 'stopped' || end === 'failed' ? end : undefined,
    spentMs: Object.fromEntries(
      KINDS.map((kind) => [kind, amountOf(spent[kind])] as const).filter(([, ms]) => ms > 0),
    ),
    throttledMs: amountOf(from['throttledMs']),
    hotMs: amountOf(from['hotMs']),
    totals: {
      shardsVerified: total('shardsVerified'),
      shardsRejected: total('shardsRejected'),
      multiplyAddsVerified: total('multiplyAddsVerified'),
      microcredits: microcreditsOf(totals['microcredits']),
      bytesDown: total('bytesDown'),
      bytesUp: total('bytesUp'),
      gpuBusyMs: total('gpuBusyMs'),
    },
    pauses: listOf(from['pauses'], MAX_PAUSES)
      .map(pause)
      .filter((each) => each !== undefined),
  };
}

function pause(value: unknown): Pause | undefined {
  const [named, fromMs, untilMs] = listOf(value, 3);
  const kind = PAUSE_KINDS.find((each) => each === named);
  if (kind === undefined || !isTime(fromMs) || !isTime(untilMs) || untilMs < fromMs) return undefined;
  return { kind, fromMs, untilMs };
}

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {};

const listOf = (value: unknown, most: number): readonly unknown[] =>
  Array.isArray(value) ? value.slice(-most) : [];

const isTime = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value <= MAX_TIME;

const amountOf = (value: unknown): number =>
  typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER ** 2 ? value : 0;

const microcreditsOf = (value: unknown): bigint =>
  typeof value === 'string' && /^\d{1,30}$/.test(value) ? BigInt(value) : 0n;
