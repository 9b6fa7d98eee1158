/**
 * Watches a coordinator's public log (src/protocol/README.md, "Public log") on behalf of one contributor: every
 * receipt that it got must be in there, and every checkpoint must extend the last one that this browser saw, on
 * earlier visits too. Consistency is transitive, so the last one stands for all before it. Two signed statements
 * that contradict each other are kept: they are the evidence.
 */
import { fromHex, toHex, utf8 } from '../core/bytes.ts';
import type { Clock } from '../core/clock.ts';
import { AppError, isAppError, toAppError } from '../core/errors.ts';
import { type Checkpoint, openCheckpoint } from '../protocol/checkpoint.ts';
import { MAX_NOTE_BYTES, TILE_WIDTH } from '../protocol/limits.ts';
import { encodeLogEntry } from '../protocol/log-entry.ts';
import { type ReadNodes, leafHash } from '../protocol/merkle.ts';
import { tileReader } from '../protocol/tiles.ts';
import type { LogProblem, LogView } from './api.ts';
import { isExtension, isIncluded } from './log-proofs.ts';

/** A file below the log's URL. @throws AppError 'not-found', 'unreachable', 'too-large' */
export type FetchLog = (
  path: string,
  options: { readonly maxBytes: number; readonly fresh: boolean; readonly signal: AbortSignal },
) => Promise<Uint8Array>;

/** What outlives a visit. */
export interface Remembered {
  /** The last checkpoint seen, as it was signed. */
  readonly note?: string | undefined;
  /** Receipts whose leaf has not been seen in the log yet. */
  readonly waiting: readonly Waiting[];
  /** Proven once, for ever. */
  readonly problem?: Proven | undefined;
  /** The signed notes that prove it. */
  readonly evidence?: readonly string[] | undefined;
}

type Proven = Exclude<LogProblem, 'unverifiable'>;

export interface Waiting {
  readonly index: number;
  /** Hash of the leaf that must be there, hexadecimal. */
  readonly leaf: string;
}

export interface LogMemory {
  load(coordinator: string): Promise<unknown>;
  save(coordinator: string, remembered: Remembered): Promise<void>;
}

/** A credit: three envelopes, and where the receipt says they stand. */
export interface Credited {
  readonly index: number;
  readonly receipt: Uint8Array;
  readonly result: Uint8Array;
  readonly lease: Uint8Array;
}

export interface LogWatchOptions {
  /** PeerId that the page pins. */
  readonly coordinator: string;
  readonly fetch: FetchLog;
  readonly memory: LogMemory;
  readonly clock: Clock;
}

/** After a receipt, and at most so often. */
const CHECK_MS = 60_000;
/** Without receipts. */
const IDLE_MS = 30 * 60_000;
/** After a check that came to nothing. */
const RETRY_MS = 5 * 60_000;
/** Receipts kept while the log cannot be read. */
const MAX_WAITING = 1024;
const LEAVES_PER_CHECK = 256;
/** Checks in a row that prove nothing before the visitor hears of it: servers and caches have bad minutes. */
const MAX_STRIKES = 5;
const TILE_BYTES = TILE_WIDTH * 32;

export class LogWatch {
  readonly #options: LogWatchOptions;
  readonly #ended = new AbortController();
  #onView: (view: LogView) => void = () => {};
  #seen: { readonly note: string; readonly checkpoint: Checkpoint } | undefined;
  #waiting: (Waiting & { late?: number })[] = [];
  #proven: Proven | undefined;
  #evidence: readonly string[] | undefined;
  #recalled = false;
  #checked = 0;
  #strikes = 0;
  #checkedMs = -Infinity;
  #checking = false;
  #cancelTimer: (() => void) | undefined;
  #running: Promise<void> = Promise.resolve();
  #saving: Promise<void> = Promise.resolve();

  constructor(options: LogWatchOptions) {
    this.#options = options;
  }

  /** Never rejects; `onView` is told whatever changes. */
  async start(onView: (view: LogView) => void): Promise<void> {
    this.#onView = onView;
    // A browser that keeps nothing, or nothing that we know: this visit counts by itself.
    await this.#recall().catch(() => {});
    this.#recalled = true;
    if (this.#proven || this.#waiting.length > 0) this.#publish();
    await this.#check();
  }

  stop(): void {
    this.#ended.abort();
    this.#cancelTimer?.();
    this.#onView = () => {};
  }

  /** A receipt came, which names its leaf. Never rejects. */
  async credited({ index, ...envelopes }: Credited): Promise<void> {
    const leaf = toHex(leafHash(encodeLogEntry(envelopes)));
    this.#waiting.push({ index, leaf });
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift();
    if (!this.#recalled) return; // or what was remembered would be written over
    this.#save();
    this.#publish();
    this.#schedule(CHECK_MS);
  }

  async #recall(): Promise<void> {
    const { coordinator, memory } = this.#options;
    const found = (await memory.load(coordinator)) as Partial<Remembered> | undefined;
    if (!found) return;
    const { note, waiting = [], problem, evidence } = found;
    this.#proven = problem;
    this.#evidence = evidence;
    // Receipts of this visit may have come while the memory was read.
    this.#waiting = [...waiting, ...this.#waiting].slice(-MAX_WAITING);
    if (note !== undefined) this.#seen = { note, checkpoint: await openCheckpoint(note, coordinator) };
  }

  #schedule(ms: number): void {
    if (this.#ended.signal.aborted || this.#checking || this.#proven) return;
    this.#cancelTimer?.();
    const { clock } = this.#options;
    const wait = Math.max(0, this.#checkedMs + ms - clock.now());
    this.#cancelTimer = clock.after(wait, () => void this.#check());
  }

  /** Resolves when no check runs and everything is remembered. */
  async settled(): Promise<void> {
    await this.#running;
    await this.#saving;
  }

  #check(): Promise<void> {
    if (!this.#checking && !this.#proven && !this.#ended.signal.aborted) this.#running = this.#checkNow();
    return this.#running;
  }

  async #checkNow(): Promise<void> {
    this.#checking = true;
    this.#checkedMs = this.#options.clock.now();
    let next = RETRY_MS;
    try {
      const newest = await this.#advance();
      if (newest) await this.#find(newest);
      this.#strikes = 0;
      next = this.#waiting.length > 0 ? CHECK_MS : IDLE_MS;
    } catch (thrown) {
      // Only what came from the log and cannot be true counts against it.
      if (!isAppError(toAppError(thrown), 'unreachable', 'not-found', 'aborted')) this.#strikes += 1;
    }
    this.#checking = false;
    if (this.#ended.signal.aborted) return;
    this.#save();
    if (this.#seen || this.#strikes >= MAX_STRIKES) this.#publish();
    this.#schedule(next);
  }

  /** The newest checkpoint there is, once it is shown to go with the last one seen; undefined when it does not. */
  async #advance(): Promise<Checkpoint | undefined> {
    const note = utf8.decode(await this.#fetch('checkpoint', MAX_NOTE_BYTES, true));
    const checkpoint = await openCheckpoint(note, this.#options.coordinator);
    const seen = this.#seen;
    if (!seen || (await this.#agree(seen.checkpoint, checkpoint))) {
      // A cache may still show an older one, which proves nothing.
      if (!seen || checkpoint.size > seen.checkpoint.size) this.#seen = { note, checkpoint };
      return this.#seen?.checkpoint;
    }
    this.#prove('forked', [seen.note, note]);
    return undefined;
  }

  #agree(seen: Checkpoint, now: Checkpoint): Promise<boolean> {
    const [earlier, later] = seen.size <= now.size ? [seen, now] : [now, seen];
    return isExtension(earlier, later, this.#reader(later));
  }

  async #find(newest: Checkpoint): Promise<void> {
    const read = this.#reader(newest);
    for (const receipt of this.#waiting.slice(0, LEAVES_PER_CHECK)) {
      if (receipt.index >= newest.size) {
        // It was credited with its leaf, in one step: a checkpoint that is younger must have it.
        receipt.late = (receipt.late ?? 0) + 1;
        continue;
      }
      if (!(await isIncluded(newest, receipt.index, fromHex(receipt.leaf), read))) {
        this.#prove('missing', [this.#seen!.note]);
        return;
      }
      this.#waiting.splice(this.#waiting.indexOf(receipt), 1);
      this.#checked += 1;
    }
  }

  #prove(problem: Proven, evidence: readonly string[]): void {
    this.#proven = problem;
    this.#evidence = evidence;
  }

  #reader({ size }: Checkpoint): ReadNodes {
    return tileReader(size, async (path) => {
      try {
        return await this.#fetch(path, TILE_BYTES, this.#strikes > 0);
      } catch (error) {
        if (!isAppError(error, 'not-found')) throw error;
        throw new AppError('bad-frame', 'the public log lacks a part that its checkpoint counts');
      }
    });
  }

  #fetch(path: string, maxBytes: number, fresh: boolean): Promise<Uint8Array> {
    return this.#options.fetch(path, { maxBytes, fresh, signal: this.#ended.signal });
  }

  /** One after the other; storage that is full or forbidden costs only the memory of this visit. */
  #save(): void {
    const { coordinator, memory } = this.#options;
    const remembered: Remembered = {
      note: this.#seen?.note,
      waiting: this.#waiting.map(({ index, leaf }) => ({ index, leaf })),
      problem: this.#proven,
      evidence: this.#evidence,
    };
    this.#saving = this.#saving.then(() => memory.save(coordinator, remembered)).catch(() => {});
  }

  #publish(): void {
    const late = this.#waiting.some((receipt) => (receipt.late ?? 0) >= MAX_STRIKES);
    const unproven = late ? 'missing' : this.#strikes >= MAX_STRIKES ? 'unverifiable' : undefined;
    this.#onView({
      checked: this.#checked,
      receipts: this.#checked + this.#waiting.length,
      size: this.#seen?.checkpoint.size ?? 0,
      problem: this.#proven ?? unproven,
    });
  }
}
