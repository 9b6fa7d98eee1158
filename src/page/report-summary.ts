/** What the report says of one session, as numbers. Pure. */
import type { Journal, Pause, PauseKind, Session } from './journal.ts';
import { lengthOf, PAUSE_KINDS } from './journal.ts';

export interface Summary {
  readonly session: Session;
  /** It goes on in this page. */
  readonly present: boolean;
  readonly workMs: number;
  readonly pausedMs: number;
  /** Of `pausedMs`, what no listed pause tells of. */
  readonly briefMs: number;
  readonly longest: Pause | undefined;
  readonly watts: number;
  readonly wattHours: number;
  /** The whole of it, without holes: what the line of the night shows. */
  readonly line: readonly Stretch[];
}

export interface Stretch {
  readonly kind: 'work' | 'pause' | 'gap';
  /** Of the session's length, 0…1. */
  readonly from: number;
  readonly length: number;
}

/** 'suspended', 'closed': nobody was there to decide on a pause. */
export const isGap = (kind: PauseKind): boolean => kind === 'suspended' || kind === 'closed';

/** @param back - 0 for the last session, 1 for the one before… Undefined where there is none. */
export function summaryOf({ sessions, last, watts }: Journal, back = 0): Summary | undefined {
  const session = sessions.at(-1 - back);
  if (!session) return undefined;
  const { spentMs, pauses, totals } = session;
  const pausedMs = PAUSE_KINDS.reduce((sum, kind) => sum + (spentMs[kind] ?? 0), 0);
  const listedMs = pauses.reduce((sum, pause) => sum + lengthOf(pause), 0);
  return {
    session,
    present: back === 0 && last !== undefined,
    workMs: spentMs.work ?? 0,
    pausedMs,
    briefMs: Math.max(0, pausedMs - listedMs),
    longest: pauses.reduce<Pause | undefined>(
      (found, pause) => (found && lengthOf(found) >= lengthOf(pause) ? found : pause),
      undefined,
    ),
    watts,
    wattHours: wattHours(totals.gpuBusyMs, watts),
    line: lineOf(session),
  };
}

const wattHours = (busyMs: number, watts: number): number => (watts * busyMs) / 3_600_000;

function lineOf({ beganMs, seenMs, pauses }: Session): readonly Stretch[] {
  const wholeMs = seenMs - beganMs;
  if (wholeMs <= 0) return [];
  const line: Stretch[] = [];
  let atMs = beganMs;
  const until = (ms: number, kind: Stretch['kind']): void => {
    // Where the clock was set, pauses may overlap.
    const toMs = Math.min(seenMs, ms);
    if (toMs <= atMs) return;
    line.push({ kind, from: (atMs - beganMs) / wholeMs, length: (toMs - atMs) / wholeMs });
    atMs = toMs;
  };
  for (const pause of pauses) {
    until(pause.fromMs, 'work');
    until(pause.untilMs, isGap(pause.kind) ? 'gap' : 'pause');
  }
  until(seenMs, 'work');
  return line;
}
