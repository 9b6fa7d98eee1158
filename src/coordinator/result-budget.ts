/**
 * Memory for claimed results on their way in: bounded over all contributors, with a share that one of them
 * cannot pass, or a few that commit and then send slowly would hold up everybody (facts: trust §6.1).
 */
import { Semaphore } from '../core/async.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { RESULT_BUDGET_BYTES, RESULT_SHARE_BYTES } from '../protocol/limits.ts';
import { Admission } from './admission.ts';

interface Share {
  readonly semaphore: Semaphore;
  /** Who holds some of it or waits for it: it is forgotten with the last. */
  users: number;
}

export interface ResultBudgetOptions {
  /** @default RESULT_BUDGET_BYTES */
  readonly bytes?: number;
  /** @default RESULT_SHARE_BYTES */
  readonly shareBytes?: number;
  /** Whether the thread that receives has no time to spare. @default never */
  readonly isBusy?: () => boolean;
  readonly clock?: Clock;
}

/** Some seconds of what one thread receives: enough that a few slow links leave it no gap. */
const BUSY_BYTES = 64 * 1024 * 1024;

export class ResultBudget {
  readonly #all: Admission;
  readonly #shareBytes: number;
  readonly #shares = new Map<string, Share>();
  #order = 0;

  constructor(options: ResultBudgetOptions = {}) {
    const { bytes = RESULT_BUDGET_BYTES, shareBytes = RESULT_SHARE_BYTES } = options;
    const { isBusy = () => false, clock = systemClock } = options;
    this.#all = new Admission({ bytes, busyBytes: BUSY_BYTES, isBusy, clock });
    this.#shareBytes = shareBytes;
  }

  /** A result's place: all its strips go before those of results that come after it. */
  place(): number {
    return this.#order++;
  }

  /** Contributors that hold or wait. */
  get contributors(): number {
    return this.#shares.size;
  }

  /**
   * Waits for room; resolves to the function that gives it back. A strip larger than a share is let in when it
   * is all that its contributor has on the way.
   * @param place - of the result
   * @throws AppError 'aborted', or 'too-large' for more than the whole budget
   */
  async acquire(
    contributor: string,
    bytes: number,
    signal: AbortSignal,
    place: number = this.place(),
  ): Promise<() => void> {
    const share = this.#share(contributor);
    const undo: (() => void)[] = [];
    const release = (): void => {
      for (const step of undo.splice(0)) step();
    };
    share.users += 1;
    undo.push(() => {
      share.users -= 1;
      if (share.users === 0) this.#shares.delete(contributor);
    });
    try {
      // Its own share first: who waits for that holds nothing that others want.
      undo.push(await share.semaphore.acquire(Math.min(bytes, this.#shareBytes), signal));
      undo.push(await this.#all.acquire(bytes, place, signal));
      return release;
    } catch (error) {
      release();
      throw error;
    }
  }

  #share(contributor: string): Share {
    let share = this.#shares.get(contributor);
    if (!share) {
      share = { semaphore: new Semaphore(this.#shareBytes), users: 0 };
      this.#shares.set(contributor, share);
    }
    return share;
  }
}
