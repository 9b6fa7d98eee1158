/**
 * The kernels that earlier visits chose (gpu/tuner.ts), in IndexedDB: they stay on this machine and say nothing
 * of the person. A database of its own, so that the identity's schema never changes for it.
 */
import { AppError } from '../core/errors.ts';
import type { TuningStore } from '../gpu/tuner.ts';
import { openDatabase, request } from './indexed-db.ts';

const DATABASE = 'tilework-tunings';
const STORE = 'choices';
const BY_KEY = 'key';
/** Nine of them are one browser version on one adapter. */
const MOST_CHOICES = 64;

interface Row {
  readonly key: string;
  readonly choice: unknown;
}

/** Rejects where a page may keep nothing (private windows of some browsers): the tuner then does without. */
export function openTuningStore(): TuningStore {
  return {
    load: (key) =>
      using('readonly', async (choices) => {
        const row = (await request(choices.index(BY_KEY).get(key))) as Row | undefined;
        return row?.choice;
      }),
    save: (key, choice) =>
      using('readwrite', async (choices) => {
        const earlier = await request(choices.index(BY_KEY).getKey(key));
        if (earlier !== undefined) await request(choices.delete(earlier));
        await request(choices.add({ key, choice } satisfies Row));
        // Row numbers only grow: the first are the oldest.
        const rows = await request(choices.getAllKeys());
        for (const row of rows.slice(0, -MOST_CHOICES)) await request(choices.delete(row));
      }),
  };
}

/** One transaction: `work` may wait for its own requests and for nothing else. */
async function using<T>(mode: IDBTransactionMode, work: (choices: IDBObjectStore) => Promise<T>): Promise<T> {
  const database = await openDatabase(DATABASE, (made) => {
    made.createObjectStore(STORE, { autoIncrement: true }).createIndex(BY_KEY, 'key', { unique: true });
  });
  try {
    const transaction = database.transaction(STORE, mode);
    const ended = new Promise<void>((resolve, reject) => {
      transaction.addEventListener('complete', () => {
        resolve();
      });
      transaction.addEventListener('abort', () => {
        reject(transaction.error ?? new AppError('internal', 'IndexedDB failed'));
      });
    });
    const [result] = await Promise.all([work(transaction.objectStore(STORE)), ended]);
    return result;
  } finally {
    database.close();
  }
}
