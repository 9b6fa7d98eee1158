/**
 * What the visitor wants of a running engine: to pause, to finish, to use no more of the link than so much. It
 * outlives devices and connections, and everything that has to keep to it looks here.
 */
import { Emitter } from '../core/async.ts';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { TokenBucket } from '../core/token-bucket.ts';
import { LEAST_RATE_CAP, type RateCaps } from './api.ts';

export class Wishes {
  /** Blocks and their lists that are asked for; while paused, none are. */
  readonly down: TokenBucket;
  /** Blocks of results, also while paused. */
  readonly up: TokenBucket;
  readonly changes = new Emitter<void>();
  #paused = false;
  #finishing = false;
  #caps: RateCaps = {};

  constructor(clock: Clock) {
    this.down = new TokenBucket(clock);
    this.up = new TokenBucket(clock);
  }

  get paused(): boolean {
    return this.#paused;
  }

  set paused(paused: boolean) {
    if (paused === this.#paused) return;
    this.#paused = paused;
    this.#tell();
  }

  get finishing(): boolean {
    return this.#finishing;
  }

  /** There is no way back: after the last receipt the engine stops. */
  finish(): void {
    if (this.#finishing) return;
    this.#finishing = true;
    this.#tell();
  }

  get caps(): RateCaps {
    return this.#caps;
  }

  /** @throws AppError 'bad-input' below LEAST_RATE_CAP. */
  set caps(caps: RateCaps) {
    assertCaps(caps);
    this.#caps = { ...caps };
    this.up.rate = caps.up;
    this.#tell();
  }

  #tell(): void {
    this.down.rate = this.#paused ? 0 : this.#caps.down;
    this.changes.emit();
  }
}

/** @throws AppError 'bad-input' below LEAST_RATE_CAP. */
export function assertCaps({ down, up }: RateCaps): void {
  for (const cap of [down, up]) {
    if (cap === undefined || (cap >= LEAST_RATE_CAP && cap < Infinity)) continue;
    throw new AppError('bad-input', `a cap is at least ${LEAST_RATE_CAP} bytes a second, not ${cap}`);
  }
}
