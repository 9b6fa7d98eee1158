/**
 * Group commit: what arrives while a transaction is being committed goes into the next one together. Waiting for the
 * disk is most of what a small transaction costs, and it is the same wait for one as for thirty (DeWitt et al.,
 * Implementation Techniques for Main Memory Database Systems, SIGMOD 1984, section 5.2).
 */
import { type Kysely, sql } from 'kysely';
import type { Schema } from './schema.ts';

type Queries = Kysely<Schema>;
type Work<T> = (trx: Queries) => Promise<T>;
type Transact = <T>(work: Work<T>) => Promise<T>;

interface Waiting {
  /** Resolves to what tells its caller, to be called after the commit; rejects with what it threw. */
  readonly run: (trx: Queries) => Promise<() => void>;
  readonly fail: (error: unknown) => void;
}

/** What one commit may hold up, and a crash undo. */
const MAX_TOGETHER = 32;

export class GroupCommit {
  readonly #transact: Transact;
  readonly #waiting: Waiting[] = [];
  #running = false;

  /** @param transact - runs a transaction; where others write as well, one group of all is under way at a time */
  constructor(transact: Transact) {
    this.#transact = transact;
  }

  /**
   * Resolves when what `work` wrote is committed. Works see what those before them wrote; one that fails undoes its
   * own writes only.
   * @param work - must use `trx` alone, and wait for no other transaction
   */
  run<T>(work: Work<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        fail: reject,
        run: async (trx) => {
          const value = await work(trx);
          return () => resolve(value);
        },
      });
      if (!this.#running) void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) await this.#commit(this.#waiting.splice(0, MAX_TOGETHER));
    this.#running = false;
  }

  async #commit(group: readonly Waiting[]): Promise<void> {
    try {
      const told = await this.#transact(async (trx) => {
        if (group.length === 1) return [await group[0]!.run(trx)];
        const outcomes: (() => void)[] = [];
        for (const member of group) outcomes.push(await apart(trx, member));
        return outcomes;
      });
      for (const tell of told) tell();
    } catch (error) {
      for (const { fail } of group) fail(error);
    }
  }
}

/** Within a savepoint, so that its failure is its own. Rejects only where the whole transaction is lost. */
async function apart(trx: Queries, { run, fail }: Waiting): Promise<() => void> {
  await sql`SAVEPOINT member`.execute(trx);
  try {
    const tell = await run(trx);
    await sql`RELEASE SAVEPOINT member`.execute(trx);
    return tell;
  } catch (error) {
    await sql`ROLLBACK TO SAVEPOINT member`.execute(trx);
    return () => fail(error);
  }
}
