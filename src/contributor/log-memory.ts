/** What this browser remembers of public logs, in IndexedDB: a database of its own, a row for each coordinator. */
import { type StoreName, inStore, request } from './indexed-db.ts';
import type { LogMemory, Remembered } from './log-watch.ts';

const LOGS: StoreName = {
  database: 'tilework-logs',
  store: 'logs',
  make: (database) => {
    database.createObjectStore('logs');
  },
};
/** Coordinators of which a browser keeps the record; each row takes 0.5 MiB at most. */
const MOST_LOGS = 32;

/** Rejects where a page may keep nothing: the log is then watched for this visit only. */
export function openLogMemory(): LogMemory {
  return {
    load: (coordinator) => inStore(LOGS, 'readonly', (logs) => request(logs.get(coordinator))),
    save: (coordinator, remembered) =>
      inStore(LOGS, 'readwrite', async (logs) => {
        const known = await request(logs.getAllKeys());
        if (known.length >= MOST_LOGS && !known.includes(coordinator)) return;
        await request(logs.put(remembered satisfies Remembered, coordinator));
      }),
  };
}
