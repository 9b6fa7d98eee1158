/**
 * Signs what the log has come to. A checkpoint that was signed once binds for ever: the next one is signed only
 * after a proof that it extends the last, and none when the tree says otherwise. What is signed is on disk
 * before anybody sees it, so no death of the process can make us sign against ourselves.
 */
import { type Bytes, bytesEqual } from '../core/bytes.ts';
import type { Clock } from '../core/clock.ts';
import { AppError, isAppError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { logOrigin, signCheckpoint } from '../protocol/checkpoint.ts';
import { type SigningKey, peerIdOf } from '../protocol/keys.ts';
import {
  EMPTY_ROOT,
  type ReadNodes,
  consistencyProof,
  rootAt,
  verifyConsistency,
} from '../protocol/merkle.ts';
import type { Database, Queries } from '../store/database.ts';
import { logSize, readNodes } from './log.ts';

export interface CheckpointContext {
  readonly db: Database;
  /** The coordinator's; its PeerId is in the log's origin. */
  readonly key: SigningKey;
  readonly clock: Clock;
  readonly log: Logger;
}

export class Checkpoints {
  readonly #context: CheckpointContext;
  readonly #origin: string;
  #running: Promise<string> | undefined;
  #next: Promise<string> | undefined;

  constructor(context: CheckpointContext) {
    this.#context = context;
    this.#origin = logOrigin(peerIdOf(context.key));
  }

  /**
   * The checkpoint of everything that was committed before the call, as a signed note. However many ask at
   * once, one at a time is made: whoever comes while one is under way shares the next.
   * @throws AppError 'internal' when the tree contradicts what was signed before; the log says how
   */
  current(): Promise<string> {
    if (!this.#running) return this.#run();
    this.#next ??= this.#running
      .catch(() => '')
      .then(() => {
        this.#next = undefined;
        return this.#run();
      });
    return this.#next;
  }

  #run(): Promise<string> {
    const run = this.#sign().finally(() => {
      if (this.#running === run) this.#running = undefined;
    });
    this.#running = run;
    return run;
  }

  async #sign(): Promise<string> {
    const { db, log } = this.#context;
    const last = await this.#last(db);
    try {
      // Nothing new: no transaction, which would have to reach the disk, only to say it again.
      if (last && last.size === BigInt(await logSize(db)) && (await holds(db, last))) return last.note;
      return await db.transaction().execute((trx) => this.#signIn(trx));
    } catch (error) {
      if (error instanceof Contradiction) {
        log.error(error.details, 'THE LOG CONTRADICTS A CHECKPOINT THAT WAS SIGNED: nothing more is signed');
      }
      throw error;
    }
  }

  #last(db: Queries): Promise<Signed | undefined> {
    return db
      .selectFrom('logCheckpoints')
      .select(['size', 'root', 'note'])
      .where('origin', '=', this.#origin)
      .executeTakeFirst();
  }

  async #signIn(trx: Queries): Promise<string> {
    const { key, clock } = this.#context;
    const last = await this.#lockLast(trx);
    // Nodes never change and are committed with the size that they belong to, so this tree stays as it is.
    const size = await logSize(trx);
    const root = await this.#extend(trx, last, size);
    if (last.size === BigInt(size) && last.note !== '') return last.note; // another process was first
    const note = await signCheckpoint(size, root, key);
    await trx
      .updateTable('logCheckpoints')
      .set({ size: BigInt(size), root, note, signedMs: clock.now() })
      .where('origin', '=', this.#origin)
      .execute();
    return note;
  }

  /** The root at `size`, which is proven to extend the last. */
  async #extend(trx: Queries, last: Signed, size: number): Promise<Bytes> {
    const first = Number(last.size);
    const contradiction = (what: string): Contradiction =>
      new Contradiction({ origin: this.#origin, signed: first, size, what });
    if (size < first) throw contradiction('leaves are gone');
    const read: ReadNodes = async (nodes) =>
      readNodes(trx)(nodes).catch((error: unknown) => {
        throw isAppError(error) ? contradiction(error.message) : error;
      });
    const root = await rootAt(size, read);
    const proof = await consistencyProof(first, size, read);
    const claim = { first, second: size, firstRoot: last.root, secondRoot: root, proof };
    if (!(await verifyConsistency(claim))) throw contradiction('its leaves have changed');
    return root;
  }

  /** The last one that was signed, kept from other processes with the same key until the transaction ends. */
  async #lockLast(trx: Queries): Promise<Signed> {
    // Nothing signed yet: the empty tree, which every tree extends.
    const nothing = { origin: this.#origin, size: 0n, root: EMPTY_ROOT, note: '', signedMs: 0 };
    await trx
      .insertInto('logCheckpoints')
      .values(nothing)
      .onConflict((conflict) => conflict.column('origin').doNothing())
      .execute();
    return trx
      .selectFrom('logCheckpoints')
      .select(['size', 'root', 'note'])
      .where('origin', '=', this.#origin)
      .forUpdate()
      .executeTakeFirstOrThrow();
  }
}

interface Signed {
  readonly size: bigint;
  readonly root: Uint8Array;
  readonly note: string;
}

interface Details {
  readonly origin: string;
  /** Leaves in the last checkpoint. */
  readonly signed: number;
  /** Leaves in the log. */
  readonly size: number;
  readonly what: string;
}

class Contradiction extends AppError {
  readonly details: Details;

  constructor(details: Details) {
    const { signed, size, what } = details;
    super(
      'internal',
      `the log has ${size} leaves and contradicts the checkpoint of ${signed} that was signed: ${what}`,
    );
    this.details = details;
  }
}

async function holds(db: Queries, { size, root }: Pick<Signed, 'size' | 'root'>): Promise<boolean> {
  if (Number(size) > (await logSize(db))) return false;
  try {
    return bytesEqual(await rootAt(Number(size), readNodes(db)), root);
  } catch (error) {
    if (isAppError(error)) return false; // a node is gone
    throw error;
  }
}

/** The origins whose last checkpoint does not hold in the tree as it is. */
export async function brokenCheckpoints(db: Queries): Promise<string[]> {
  const checkpoints = await db.selectFrom('logCheckpoints').select(['origin', 'size', 'root']).execute();
  const broken: string[] = [];
  for (const checkpoint of checkpoints) if (!(await holds(db, checkpoint))) broken.push(checkpoint.origin);
  return broken;
}
