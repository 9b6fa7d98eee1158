/** How long each stage of a shard takes here: the mean of the latest, by what was shown. Pure but for the times given. */
import type { Stage } from '../contributor/api.ts';

/** Weight of the newest: five shards or so count. */
const NEWEST = 0.3;
/** Pauses and sleep are no stage's time. */
const LONGEST_MS = 10 * 60_000;

export class StageTimes {
  readonly #meanMs = new Map<Stage, number>();
  #stage: Stage = 'stopped';
  #sinceMs = 0;
  #paused = false;

  /** Call it with every status. */
  follow(stage: Stage, paused: boolean, nowMs: number): void {
    if (paused) this.#paused = true;
    if (stage === this.#stage) return;
    const ms = nowMs - this.#sinceMs;
    if (!this.#paused && ms >= 0 && ms < LONGEST_MS && isStep(this.#stage)) {
      const mean = this.#meanMs.get(this.#stage);
      this.#meanMs.set(this.#stage, mean === undefined ? ms : mean + NEWEST * (ms - mean));
    }
    this.#stage = stage;
    this.#sinceMs = nowMs;
    this.#paused = paused;
  }

  /** Undefined until it was seen; waiting for work takes as long as it takes. */
  expectedMs(stage: Stage): number | undefined {
    return this.#meanMs.get(stage);
  }
}

const isStep = (stage: Stage): boolean =>
  stage !== 'stopped' && stage !== 'failed' && stage !== 'waiting' && stage !== 'verified';
