/** Whether requests should be sent here: the answer of /readyz, of which a proxy only reads the status. */
import { type Clock, withDeadline } from '../core/clock.ts';
import { sha256, toHex, utf8 } from '../core/bytes.ts';
import type { Logger } from '../core/logger.ts';
import { toAppError } from '../core/errors.ts';
import type { BlockStore } from '../store/blocks.ts';
import { Cached } from './cached.ts';
import type { DatabaseWatch } from './database-watch.ts';
import type { Intake } from './intake.ts';

export interface ReadinessContext {
  readonly database: Pick<DatabaseWatch, 'check' | 'isAway'>;
  readonly blocks: BlockStore;
  readonly intake: Pick<Intake, 'draining'>;
  /** Contributors can connect. */
  readonly isListening: () => boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Booleans only: why not is in the log, and nobody else's business. */
export interface ReadyView {
  readonly ok: boolean;
  readonly database: boolean;
  readonly blocks: boolean;
  readonly peers: boolean;
  readonly draining: boolean;
}

/** A block is written and removed again for it, which costs a sync of the disk. */
const BLOCKS_EVERY_MS = 10_000;
const BLOCKS_DEADLINE_MS = 5000;
const PROBE = utf8.encode('Tilework writes this to see that it can.\n');

export class Readiness {
  readonly #context: ReadinessContext;
  readonly #writable: Cached<boolean>;

  constructor(context: ReadinessContext) {
    this.#context = context;
    this.#writable = new Cached(context.clock, BLOCKS_EVERY_MS, 1, () => this.#probe());
  }

  async view(): Promise<ReadyView> {
    const { database, intake, isListening } = this.#context;
    const [answers, blocks] = await Promise.all([
      database.check().then(
        () => !database.isAway,
        () => false,
      ),
      this.#writable.get(),
    ]);
    const { draining } = intake;
    const peers = isListening();
    return { ok: answers && blocks && peers && !draining, database: answers, blocks, peers, draining };
  }

  /** Removed before as well: a store may know without looking that it has a block. */
  async #probe(): Promise<boolean> {
    const { blocks, clock, log } = this.#context;
    const hash = toHex(await sha256(PROBE));
    try {
      const work = blocks
        .delete(hash)
        .then(() => blocks.put(hash, PROBE))
        .then(() => blocks.delete(hash));
      await withDeadline(clock, BLOCKS_DEADLINE_MS, 'writing a block', work);
      return true;
    } catch (thrown) {
      log.error({ error: toAppError(thrown).message }, 'the block store cannot be written to');
      return false;
    }
  }
}
