/** What was verified in the last hour over the time that it took, pauses included. Pure. */

const HOUR_MS = 3_600_000;
const SAMPLE_MS = 60_000;
/** Before that a single shard would make a speed. */
const LEAST_MS = 30_000;

interface Sample {
  readonly atMs: number;
  readonly multiplyAdds: number;
}

export class LastHour {
  /** The earliest first: one a minute, and one older than an hour at most. */
  #samples: Sample[] = [];

  /** @param multiplyAdds - verified on this visit so far */
  add(atMs: number, multiplyAdds: number): void {
    const last = this.#samples.at(-1);
    // A clock that was set back makes what came before it meaningless.
    if (last && atMs < last.atMs) this.#samples = [];
    else if (last && atMs - last.atMs < SAMPLE_MS) return;
    this.#samples.push({ atMs, multiplyAdds });
    while (this.#samples.length > 1 && atMs - this.#samples[1]!.atMs >= HOUR_MS) this.#samples.shift();
  }

  /** Multiply-adds per second; undefined until it means something. */
  rate(nowMs: number, multiplyAdds: number): number | undefined {
    const first = this.#samples[0];
    if (!first || nowMs - first.atMs < LEAST_MS) return undefined;
    return Math.max(0, multiplyAdds - first.multiplyAdds) / ((nowMs - first.atMs) / 1000);
  }
}
