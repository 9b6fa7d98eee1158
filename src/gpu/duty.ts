/**
 * Intensity: how much of the time slices may take. A slice of t ms is followed by t·(1/share − 1) ms of rest.
 * Timers fire late (a few ms anywhere, up to a second in a hidden tab), so what a rest took too long is
 * saved, and the next rests are that much shorter. Time in which nobody wanted a slice is not: a burst would
 * follow every pause.
 *
 * What it holds, over any stretch of T ms in which slices are always wanted: a busy time of share·T, give or
 * take (1 − share) of one slice and share times the longest that a timer was late (at most a second).
 */
import { Emitter, Semaphore, withPermit } from '../core/async.ts';
import type { Clock } from '../core/clock.ts';
import { AppError, throwIfAborted } from '../core/errors.ts';

export const LEAST_SHARE = 0.05;
/** The most that is saved: hidden tabs run their timers once a second. */
const BANK_MS = 1000;
/** Between a rest and its slice: so much is made up for like a late timer. After more, what was saved is lost. */
const PAUSE_MS = 100;
/** A driver would have killed a longer slice; it was the machine that slept. */
const LONGEST_SLICE_MS = 2000;

/** @throws AppError 'bad-input' for a share that is not 0.05 to 1. */
export function assertShare(share: number): void {
  if (share >= LEAST_SHARE && share <= 1) return;
  throw new AppError('bad-input', `the intensity must be between ${LEAST_SHARE} and 1, not ${share}`);
}

export class Duty {
  readonly #clock: Clock;
  readonly #changes = new Emitter<void>();
  /** Several who wait for the same timer would each save what it was late. */
  readonly #queue = new Semaphore(1);
  #share = 1;
  #paused = false;
  #freeAt = -Infinity;
  /** The length of the present rest, or the last one. */
  #rest = 0;
  #saved = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Of 1. */
  get share(): number {
    return this.#share;
  }

  /** Takes effect at once, also for a slice that waits. @throws AppError 'bad-input' outside 0.05 to 1. */
  set share(share: number) {
    assertShare(share);
    const left = this.#left();
    if (left > 0) this.#restFor((left * restOf(share)) / restOf(this.#share));
    this.#saved = 0;
    this.#share = share;
    this.#changes.emit();
  }

  /** From now on no slice starts, or they start again; the time between is neither rest nor saved. */
  set paused(paused: boolean) {
    this.#paused = paused;
    this.#changes.emit();
  }

  /** Resolves when the next slice may start. @throws AppError 'aborted' as soon as the signal fires. */
  turn(signal: AbortSignal): Promise<void> {
    return withPermit(this.#queue, () => this.#wait(signal), signal);
  }

  async #wait(signal: AbortSignal): Promise<void> {
    let slept = false;
    for (let ms = this.#left(); ms > 0 || this.#paused; ms = this.#left()) {
      slept = !this.#paused;
      await this.#nap(this.#paused ? undefined : ms, signal);
    }
    if (!slept) return;
    this.#saved = Math.min(BANK_MS, this.#saved - this.#left());
    this.#restFor(0);
  }

  /** A slice that has just ended took `ms`. */
  spent(ms: number): void {
    const work = Math.min(Math.max(ms, 0), LONGEST_SLICE_MS);
    const gap = -(this.#left() + work);
    if (gap > PAUSE_MS) this.#saved = 0;
    else if (gap > 0) this.#saved = Math.max(this.#saved, Math.min(PAUSE_MS, this.#saved + gap));
    // A slice that was in flight already when the share was lowered ran in the rest of the one before.
    const owed = Math.max(0, -gap) + work * restOf(this.#share);
    const paid = Math.min(owed, this.#saved);
    this.#saved -= paid;
    this.#restFor(this.#share === 1 ? 0 : owed - paid);
  }

  /** Ms until the next slice may start; how long ago that was, if negative. */
  #left(): number {
    const left = this.#freeAt - this.#clock.now();
    if (left <= this.#rest) return left;
    this.#restFor(this.#rest); // the clock was set back
    return this.#rest;
  }

  #restFor(ms: number): void {
    this.#rest = ms;
    this.#freeAt = this.#clock.now() + ms;
  }

  /** Ends when the time is over, if there is one, or when the share or the pause changes. */
  async #nap(ms: number | undefined, signal: AbortSignal): Promise<void> {
    const woken = Promise.withResolvers<void>();
    const wake = (): void => {
      woken.resolve();
    };
    const cancel = ms === undefined ? wake : this.#clock.after(ms, wake);
    const off = this.#changes.on(wake);
    signal.addEventListener('abort', wake, { once: true });
    if (signal.aborted) wake();
    await woken.promise;
    cancel();
    off();
    signal.removeEventListener('abort', wake);
    throwIfAborted(signal);
  }
}

/** Ms of rest for each ms of work. */
const restOf = (share: number): number => 1 / share - 1;
