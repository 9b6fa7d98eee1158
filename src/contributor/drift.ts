/**
 * Heat where no browser tells of it: a GPU that is too hot lowers its clock, and the same work takes longer. The
 * speed of the last few shards over the best speed that shards of their kind have had on this visit.
 */

export interface ShardSpeed {
  /** Shards are compared with those of the same kernel and number type… */
  readonly kernel: string;
  /** …of about the same size and form: small ones are mostly overhead… */
  readonly rows: number;
  readonly cols: number;
  /** …computed at about the same share of time: between slices that are far apart a GPU's clock falls by itself. */
  readonly intensity: number;
  /** Multiply-adds per second of GPU time. */
  readonly rate: number;
  readonly gpuMs: number;
}

/** Timers are too coarse for less. */
const LEAST_GPU_MS = 100;
/** Shards that are averaged: one may be slow for reasons of its own. */
const RECENT = 4;
const MAX_KINDS = 32;

interface Kind {
  readonly recent: Pick<ShardSpeed, 'rate' | 'gpuMs'>[];
  best: number;
}

export class Drift {
  readonly #kinds = new Map<string, Kind>();
  #last: Kind | undefined;

  /** Shards too short to say anything are skipped. */
  add(shard: ShardSpeed): void {
    const { gpuMs, rate } = shard;
    if (!(gpuMs >= LEAST_GPU_MS && rate > 0 && Number.isFinite(rate))) return;
    const name = nameOf(shard);
    const kind = this.#kinds.get(name) ?? { recent: [], best: 0 };
    this.#kinds.delete(name); // the latest stand last
    this.#kinds.set(name, kind);
    if (this.#kinds.size > MAX_KINDS) this.#kinds.delete(this.#kinds.keys().next().value!);
    kind.recent.push({ rate, gpuMs });
    if (kind.recent.length > RECENT) kind.recent.shift();
    // An average too, so that one lucky shard does not make all others slow.
    if (kind.recent.length === RECENT) kind.best = Math.max(kind.best, averageOf(kind.recent));
    this.#last = kind;
  }

  /** Of the kind computed last, 0…1; undefined until enough were computed. */
  get value(): number | undefined {
    if (!this.#last || this.#last.best === 0) return undefined;
    return Math.min(1, averageOf(this.#last.recent) / this.#last.best);
  }
}

function nameOf({ kernel, rows, cols, intensity }: ShardSpeed): string {
  return [kernel, ...[rows, cols, intensity].map((value) => Math.round(Math.log2(value)))].join('/');
}

/** Multiply-adds over time, so that a long shard counts for more. */
function averageOf(shards: Kind['recent']): number {
  let work = 0;
  let ms = 0;
  for (const { rate, gpuMs } of shards) {
    work += rate * gpuMs;
    ms += gpuMs;
  }
  return work / ms;
}
