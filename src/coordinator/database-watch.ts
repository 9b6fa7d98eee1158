/**
 * Whether the database answers, asked once a second. While it does not, nobody is leased anything, results wait
 * with their contributors, and HTTP says when to come back. When it is back, what may have been decided without our
 * hearing of it is read first (see resync.ts).
 */
import type { Clock } from '../core/clock.ts';
import { AppError, toAppError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { isDatabaseAway } from '../store/away.ts';
import { Health } from './health.ts';

export interface DatabaseWatchContext {
  /** Asks the database anything at all. */
  readonly ask: () => Promise<unknown>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What a client should wait before it asks again. */
export const AWAY_RETRY_S = 5;
const POLL_MS = 1000;

export class DatabaseWatch {
  readonly #context: DatabaseWatchContext;
  readonly #health: Health;
  #catchUp: () => Promise<void> = () => Promise.resolve();
  #resume: () => void = () => {};
  #away = false;
  #isLate = false;
  #closed = false;
  #cancelPoll: () => void = () => {};
  #back = Promise.withResolvers<void>();

  constructor(context: DatabaseWatchContext) {
    this.#context = context;
    this.#health = new Health(context.ask, context.clock);
  }

  get isAway(): boolean {
    return this.#away;
  }

  /**
   * Looks until `close`.
   * @param catchUp - reads what was missed, before anything goes on; tried again when it fails
   * @param resume - called when work may go on
   */
  start(catchUp: () => Promise<void>, resume: () => void): void {
    this.#catchUp = catchUp;
    this.#resume = resume;
    this.#poll();
  }

  /** A query failed: if it was for want of a database, that counts from now on. @returns whether it was */
  suspect(thrown: unknown): boolean {
    if (!isDatabaseAway(thrown)) return false;
    this.#lost(toAppError(thrown).message);
    return true;
  }

  /** @throws AppError 'unreachable' with the reason when the database does not answer */
  async check(): Promise<void> {
    await this.#health.check();
  }

  /** Resolves at once while the database answers, else when it is back. @throws AppError 'aborted' after `close` */
  async answering(): Promise<void> {
    while (this.#away && !this.#closed) await this.#back.promise;
    if (this.#away) throw new AppError('aborted', 'the coordinator stops');
  }

  close(): void {
    this.#closed = true;
    this.#cancelPoll();
    this.#back.resolve();
  }

  #poll(): void {
    this.#cancelPoll = this.#context.clock.after(POLL_MS, () => {
      void this.#look().finally(() => {
        if (!this.#closed) this.#poll();
      });
    });
  }

  async #look(): Promise<void> {
    try {
      await this.#health.check();
      this.#isLate = false;
      if (!this.#away) return;
      await this.#catchUp();
    } catch (thrown) {
      // One answer that is late may be a machine that slept; a connection that is refused is no such thing.
      if (this.#isLate || isDatabaseAway(thrown)) this.#lost(toAppError(thrown).message);
      this.#isLate = true;
      return;
    }
    this.#away = false;
    this.#context.log.info({}, 'the database answers again: work goes on');
    this.#back.resolve();
    this.#resume();
  }

  #lost(reason: string): void {
    if (this.#away || this.#closed) return;
    this.#away = true;
    this.#back = Promise.withResolvers();
    this.#context.log.error({ error: reason }, 'the database does not answer: work pauses until it does');
  }
}
