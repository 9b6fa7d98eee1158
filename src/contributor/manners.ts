/**
 * What a coordinator may ask of a contributor, and how often. One that asks for more is hung up on: every message
 * costs this machine work, and the page that shows it.
 */
import { Allowance } from '../core/allowance.ts';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import {
  COORDINATOR_BURST,
  MAX_COORDINATOR_PER_SECOND,
  MAX_WINDOW,
  SELF_TESTS_PER_MINUTE,
  SELF_TEST_BURST,
} from '../protocol/limits.ts';
import type { FromCoordinator } from '../protocol/messages.ts';

export class Manners {
  readonly #messages: Allowance;
  readonly #selfTests: Allowance;
  #welcomed = false;

  constructor(clock: Clock) {
    this.#messages = new Allowance(clock, {
      burst: COORDINATOR_BURST,
      perSecond: MAX_COORDINATOR_PER_SECOND,
    });
    this.#selfTests = new Allowance(clock, {
      burst: SELF_TEST_BURST,
      perSecond: SELF_TESTS_PER_MINUTE / 60,
    });
  }

  /** Before a frame is decoded. @throws AppError 'too-large' */
  heard(): void {
    if (!this.#messages.take()) throw tooMuch('it sends messages faster than anybody can use them');
  }

  /** @param waiting - things of this connection that have not come to their end @throws AppError */
  check({ type }: FromCoordinator, waiting: number): void {
    if (type === 'lease' && waiting >= MAX_WINDOW) {
      throw tooMuch(`it gave more than ${MAX_WINDOW} leases at once`);
    }
    if (type === 'self-test' && !this.#selfTests.take()) {
      throw tooMuch('it asks for the known answers over and over');
    }
    if (type === 'welcome') {
      if (this.#welcomed) throw new AppError('bad-frame', 'it welcomes this contributor twice');
      this.#welcomed = true;
    }
  }

  get welcomed(): boolean {
    return this.#welcomed;
  }
}

const tooMuch = (what: string): AppError => new AppError('too-large', what);
