/** Keeps the history of speeds from status to status and from visit to visit. What stores and what time it is, are parameters. */
import type { ContributorStatus, Stage } from '../contributor/api.ts';
import type { Clock } from '../core/clock.ts';
import { type SpeedHistory, historyText, readHistory, record } from './speed-history.ts';
import { type Kept, keep, readKept } from './storage.ts';

const KEY = 'tilework-speed';
const MINUTE_MS = 60_000;
/** Between shards the speed is that of the last one; without work there is none. */
const AT_WORK: ReadonlySet<Stage> = new Set(['downloading', 'computing', 'uploading', 'verified']);

export interface SpeedKeeperOptions {
  /** Undefined where the page may keep nothing: then the history is of this visit. */
  readonly storage: Kept | undefined;
  readonly clock: Clock;
}

export class SpeedKeeper {
  readonly #options: SpeedKeeperOptions;
  #history: SpeedHistory;
  /** What is kept, as far as this tab knows. */
  #text: string | null;
  #savedMinute = 0;

  constructor(options: SpeedKeeperOptions) {
    this.#options = options;
    this.#text = this.#read();
    this.#history = readHistory(this.#text);
  }

  get history(): SpeedHistory {
    return this.#history;
  }

  /** Of every status; writes once a minute at most. */
  onStatus({ stage, paused, rate }: Pick<ContributorStatus, 'stage' | 'paused' | 'rate'>): void {
    if (paused || !AT_WORK.has(stage)) return;
    const now = this.#options.clock.now();
    const minute = Math.floor(now / MINUTE_MS);
    const due = minute !== this.#savedMinute;
    if (due) this.#takeOver();
    // Multiply-adds, of two operations each.
    this.#history = record(this.#history, now, 2 * rate);
    if (due && this.#history.values.length > 0) {
      this.#savedMinute = minute;
      this.#save();
    }
  }

  /** Another tab may have contributed meanwhile. */
  #takeOver(): void {
    const text = this.#read();
    if (text === this.#text || text === null) return;
    this.#text = text;
    this.#history = readHistory(text);
  }

  #read(): string | null {
    return readKept(this.#options.storage, KEY) ?? null;
  }

  #save(): void {
    this.#text = historyText(this.#history);
    keep(this.#options.storage, KEY, this.#text);
  }
}
