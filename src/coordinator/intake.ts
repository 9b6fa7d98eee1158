/** Whether new work is taken. A coordinator that is about to stop takes none, and lets uploads end. */
import { AppError } from '../core/errors.ts';

/** What a client should wait before it asks again: a restart takes seconds. */
export const DRAIN_RETRY_S = 10;

export class Intake {
  #draining = false;
  #open = 0;
  #ended = Promise.withResolvers<void>();

  get draining(): boolean {
    return this.#draining;
  }

  /** Nothing new from now on. */
  drain(): void {
    this.#draining = true;
    if (this.#open === 0) this.#ended.resolve();
  }

  /**
   * Something that a requester hands in.
   * @returns call it when it has been taken, or not
   * @throws AppError 'unavailable' while draining
   */
  begin(): () => void {
    if (this.#draining)
      throw new AppError('unavailable', 'the coordinator is about to restart; send this again in a moment');
    this.#open += 1;
    return () => {
      this.#open -= 1;
      if (this.#draining && this.#open === 0) this.#ended.resolve();
    };
  }

  /** Resolves when nothing is being handed in any more, after `drain`. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }
}
