/**
 * Which coordinator puts a job's result together: the one that settled its last shard, by the order of the log. The
 * others do so only when it takes long, as one that has died would: putting it together twice does no harm.
 */

/** As long as it takes until a coordinator counts as dead. */
const PATIENCE_MS = 10_000;

interface Last {
  readonly leaf: number;
  readonly isHere: boolean;
  readonly ms: number;
}

export class Endings {
  readonly #last = new Map<string, Last>();

  /** A shard was settled, here or elsewhere, at this leaf of the log. */
  settled(job: string, leaf: number, isHere: boolean, ms: number): void {
    const last = this.#last.get(job);
    if (!last || leaf >= last.leaf) this.#last.set(job, { leaf, isHere, ms });
  }

  /** Also where nothing was settled since the start: whoever settled the last shard may be gone. */
  isOurs(job: string, now: number): boolean {
    const last = this.#last.get(job);
    return !last || last.isHere || now - last.ms > PATIENCE_MS;
  }

  forget(job: string): void {
    this.#last.delete(job);
  }
}
