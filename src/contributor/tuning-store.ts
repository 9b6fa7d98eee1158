/**
 * The kernels that earlier visits chose (gpu/tuner.ts), in IndexedDB: they stay on this machine and say nothing
 * of the person. A database of its own, so that the identity's schema never changes for it.
 */
import type { TuningStore } from '../gpu/tuner.ts';
import { type StoreName, inStore, request } from './indexed-db.ts';

const BY_KEY = 'key';
const CHOICES: StoreName = {
  database: 'tilework-tunings',
  store: 'choices',
  make: (database) => {
    database
      .createObjectStore('choices', { autoIncrement: true })
      .createIndex(BY_KEY, 'key', { unique: true });
  },
};
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
      inStore(CHOICES, 'readonly', async (choices) => {
        const row = (await request(choices.index(BY_KEY).get(key))) as Row | undefined;
        return row?.choice;
      }),
    save: (key, choice) =>
      inStore(CHOICES, 'readwrite', async (choices) => {
        const earlier = await request(choices.index(BY_KEY).getKey(key));
        if (earlier !== undefined) await request(choices.delete(earlier));
        await request(choices.add({ key, choice } satisfies Row));
        // Row numbers only grow: the first are the oldest.
        const rows = await request(choices.getAllKeys());
        for (const row of rows.slice(0, -MOST_CHOICES)) await request(choices.delete(row));
      }),
  };
}
