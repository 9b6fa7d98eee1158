/** Follows the public log: what other coordinators settle comes to count here, in order, each shard once. */
import { coalesced } from '../core/async.ts';
import { logSize } from '../ledger/log.ts';
import type { Queries } from '../store/database.ts';
import { type SettledShard, settledElsewhere } from '../store/settled.ts';

/** Leaves that are read at once. */
const STEP = 1000;

export class LogFeed {
  /** Reads what is new; resolves when it has been told. */
  readonly pull: () => Promise<void>;
  readonly #db: Queries;
  readonly #id: string;
  #next: number;

  /** @param next - the first leaf that is to be told */
  constructor(db: Queries, id: string, next: number, tell: (settled: SettledShard) => Promise<void>) {
    this.#db = db;
    this.#id = id;
    this.#next = next;
    this.pull = coalesced(async () => {
      const size = await logSize(this.#db);
      while (this.#next < size) {
        const end = Math.min(size, this.#next + STEP);
        const found = await settledElsewhere(this.#db, this.#id, this.#next, end);
        this.#next = end;
        for (const settled of found) await tell(settled);
      }
    });
  }
}
