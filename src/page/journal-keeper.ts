/**
 * Keeps the journal in this browser while the page works: looks every half minute by itself and writes what it saw, so
 * that a page that ends without a word loses a minute at most. Clearing can be undone until the page is left.
 */
import type { Clock } from '../core/clock.ts';
import { type Journal, type Moment, NO_JOURNAL, plus, record, type Session } from './journal.ts';
import { parseJournal, serializeJournal, wattsOf } from './journal-text.ts';
import { type Kept, keep, readKept } from './storage.ts';

const KEY = 'tilework-journal';
/** Where a hidden page gets its timers once a minute, it is a minute. */
const LOOK_MS = 30_000;

export interface JournalKeeperOptions {
  /** Undefined where a page may keep nothing: then the journal is this page's alone. */
  readonly storage: Kept | undefined;
  readonly clock: Clock;
  /** When a number changes that is worth showing, and every half minute of work. */
  readonly onChange?: (journal: Journal) => void;
}

export class JournalKeeper {
  readonly #options: JournalKeeperOptions;
  #journal: Journal = NO_JOURNAL;
  #cleared: readonly Session[] | undefined;
  #moment: Omit<Moment, 'nowMs'> | undefined;
  #writtenMs = -Infinity;
  /** What is kept is what this page wrote last, or there before. */
  #inStep = true;
  #cancel: (() => void) | undefined;

  constructor(options: JournalKeeperOptions) {
    this.#options = options;
    this.#journal = this.#read();
  }

  get journal(): Journal {
    return this.#journal;
  }

  /** Something was cleared that `undo` brings back. */
  get canUndo(): boolean {
    return this.#cleared !== undefined;
  }

  /** At every change of what the page sees, cheap enough for every status. */
  look(moment: Omit<Moment, 'nowMs'>): void {
    const before = this.#journal;
    // Another tab may have worked since this page was loaded.
    if (!before.last && moment.wanted) this.#journal = this.#read();
    const nowMs = this.#options.clock.now();
    this.#journal = record(this.#journal, { ...moment, nowMs });
    this.#moment = moment;
    this.#keepLooking();
    if (this.#journal === before) return;
    const changed = isNews(before, this.#journal);
    if (changed === 'state' || Math.abs(nowMs - this.#writtenMs) >= LOOK_MS) this.flush();
    if (changed) this.#tell();
  }

  /** What another tab has written, while nothing goes on in this one. */
  refresh(): void {
    if (this.#journal.last) return;
    this.#journal = this.#read();
    this.#tell();
  }

  /** What is beyond the possible is left as it was. */
  setWatts(watts: number): void {
    this.#change((journal) => ({ ...journal, watts: wattsOf(watts) ?? journal.watts }));
  }

  /** What goes on is counted from now on. */
  clear(): void {
    if (this.#moment && this.#journal.last) this.look(this.#moment);
    this.#change((journal) => {
      this.#cleared = journal.sessions;
      return { ...journal, sessions: [], last: undefined };
    });
    // The session begins anew at once, so that nothing of what follows is lost.
    if (this.#moment?.wanted) this.look(this.#moment);
  }

  undo(): void {
    const cleared = this.#cleared;
    if (!cleared) return;
    this.#cleared = undefined;
    this.#change((journal) => {
      const before = cleared.at(-1);
      const [next, ...later] = journal.sessions;
      // What went on when it was cleared is one session with what went on since.
      const joined = before && next && before.end === undefined ? [join(before, next)] : undefined;
      const sessions = joined
        ? [...cleared.slice(0, -1), ...joined, ...later]
        : [...cleared, ...journal.sessions];
      return { ...journal, sessions };
    });
  }

  /** Call it when the page is hidden or left. */
  flush(): void {
    this.#writtenMs = this.#options.clock.now();
    this.#inStep = keep(this.#options.storage, KEY, serializeJournal(this.#journal));
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.flush();
  }

  #change(change: (journal: Journal) => Journal): void {
    if (!this.#journal.last) this.#journal = this.#read();
    this.#journal = change(this.#journal);
    this.flush();
    this.#tell();
  }

  #keepLooking(): void {
    if (!this.#journal.last) {
      this.#cancel?.();
      this.#cancel = undefined;
      return;
    }
    this.#cancel ??= this.#options.clock.after(LOOK_MS, () => {
      this.#cancel = undefined;
      this.look(this.#moment!);
      this.#tell();
    });
  }

  #tell(): void {
    this.#options.onChange?.(this.#journal);
  }

  #read(): Journal {
    if (!this.#inStep) return this.#journal;
    const text = readKept(this.#options.storage, KEY);
    return text === undefined ? this.#journal : parseJournal(text);
  }
}

/** 'state': a session began or ended, or a pause did; 'number': a shard was verified. */
function isNews(before: Journal, now: Journal): 'state' | 'number' | undefined {
  if (before.last?.kind !== now.last?.kind || before.sessions.length !== now.sessions.length) return 'state';
  const shards = (journal: Journal): number => journal.sessions.at(-1)?.totals.shardsVerified ?? 0;
  return shards(before) === shards(now) ? undefined : 'number';
}

function join(a: Session, b: Session): Session {
  const spentMs: Record<string, number> = { ...a.spentMs };
  for (const [kind, ms] of Object.entries(b.spentMs)) spentMs[kind] = (spentMs[kind] ?? 0) + ms;
  return {
    beganMs: a.beganMs,
    seenMs: b.seenMs,
    end: b.end,
    spentMs,
    throttledMs: a.throttledMs + b.throttledMs,
    hotMs: a.hotMs + b.hotMs,
    totals: plus(a.totals, b.totals),
    pauses: [...a.pauses, ...b.pauses],
  };
}
