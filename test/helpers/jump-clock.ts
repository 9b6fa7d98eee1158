/** The system's clock, which a test can put forward: what falls due meanwhile happens at once. */
import { type Clock, systemClock } from '../../src/core/clock.ts';

interface Timer {
  readonly at: number;
  readonly fire: () => void;
}

export class JumpClock implements Clock {
  #ahead = 0;
  readonly #timers = new Set<Timer>();

  now(): number {
    return systemClock.now() + this.#ahead;
  }

  after(ms: number, callback: () => void): () => void {
    const cancel = (): void => {
      cancelReal();
      this.#timers.delete(timer);
    };
    const fire = (): void => {
      cancel();
      callback();
    };
    const timer: Timer = { at: this.now() + ms, fire };
    const cancelReal = systemClock.after(ms, fire);
    this.#timers.add(timer);
    return cancel;
  }

  jump(ms: number): void {
    this.#ahead += ms;
    const due = Array.from(this.#timers).filter((timer) => timer.at <= this.now());
    for (const timer of due.sort((x, y) => x.at - y.at)) if (this.#timers.has(timer)) timer.fire();
  }
}
