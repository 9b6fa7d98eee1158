/** How much is verified a second, over the last minute and the last hour. Pure. */

export const STEP_MS = 5000;
const MINUTE_STEPS = 12;
const HOUR_STEPS = 720;

export class WorkRate {
  /** Multiply-adds of each step, the one that is not over included. */
  readonly #steps = new Float64Array(HOUR_STEPS + 1);
  #step: number;

  constructor(nowMs: number) {
    this.#step = Math.floor(nowMs / STEP_MS);
  }

  /** What is older than the window is left out. */
  add(multiplyAdds: number, atMs: number, nowMs: number = atMs): void {
    this.#turnTo(nowMs);
    const step = Math.min(this.#step, Math.floor(atMs / STEP_MS));
    if (step < this.#step - HOUR_STEPS) return;
    const at = step % this.#steps.length;
    this.#steps[at] = this.#steps[at]! + multiplyAdds;
  }

  /** Floating-point operations a second: two for each multiply-add. */
  flopsLastMinute(nowMs: number): number {
    return this.#flops(MINUTE_STEPS, nowMs);
  }

  flopsLastHour(nowMs: number): number {
    return this.#flops(HOUR_STEPS, nowMs);
  }

  /** Over so many whole steps and the one that is not over. */
  #flops(steps: number, nowMs: number): number {
    this.#turnTo(nowMs);
    let sum = 0;
    for (let back = 0; back <= steps; back++) sum += this.#steps[(this.#step - back) % this.#steps.length]!;
    const seconds = (steps * STEP_MS + Math.max(0, nowMs - this.#step * STEP_MS)) / 1000;
    return (2 * sum) / seconds;
  }

  /** A clock that was set back stands still until it is where it was. */
  #turnTo(nowMs: number): void {
    const step = Math.floor(nowMs / STEP_MS);
    if (step - this.#step > this.#steps.length) this.#steps.fill(0);
    else for (let at = this.#step + 1; at <= step; at++) this.#steps[at % this.#steps.length] = 0;
    this.#step = Math.max(this.#step, step);
  }
}
