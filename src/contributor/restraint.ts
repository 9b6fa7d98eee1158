/**
 * What a pause or an end that is wished for means for the leases of one connection. A short pause keeps them where
 * they are; after HAND_BACK_MS they go back to the coordinator, so that others may have them.
 */
import { Gate } from '../core/async.ts';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { Wishes } from './wishes.ts';

/** Less than the 30 s that the shortest lease lasts: nobody else has begun to compute it again. */
export const HAND_BACK_MS = 20_000;

export interface RestraintOptions {
  readonly wishes: Wishes;
  readonly clock: Clock;
  /** What is not computed is to be declined, for this reason. */
  readonly handBack: (why: AppError) => void;
  /** How many leases would be taken may have changed. */
  readonly onChange: () => void;
}

export class Restraint {
  readonly #options: RestraintOptions;
  readonly #gate = new Gate();
  readonly #off: () => void;
  #handedBack = false;
  #cancelTimer: (() => void) | undefined;

  constructor(options: RestraintOptions) {
    this.#options = options;
    this.#heed();
    this.#off = options.wishes.changes.on(() => {
      this.#heed();
      options.onChange();
    });
  }

  /** More leases would be welcome. */
  get takes(): boolean {
    const { paused, finishing } = this.#options.wishes;
    return !paused && !finishing;
  }

  /** Why a lease that comes now, because it was on its way, is declined at once. */
  get refusal(): AppError | undefined {
    if (this.#options.wishes.finishing) return new AppError('aborted', 'This contributor is finishing.');
    return this.#handedBack ? paused() : undefined;
  }

  /** Resolves when computing may begin. @throws AppError 'aborted' */
  pass(signal: AbortSignal): Promise<void> {
    return this.#gate.pass(signal);
  }

  end(): void {
    this.#off();
    this.#cancelTimer?.();
  }

  #heed(): void {
    const { wishes, clock, handBack } = this.#options;
    if (wishes.paused !== this.#gate.open) return;
    this.#gate.open = !wishes.paused;
    this.#handedBack = false;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (!wishes.paused) return;
    this.#cancelTimer = clock.after(HAND_BACK_MS, () => {
      this.#handedBack = true;
      handBack(paused());
    });
  }
}

const paused = (): AppError => new AppError('aborted', 'This contributor is paused.');
