/** The little of IndexedDB that we need, as promises. */
import { AppError } from '../core/errors.ts';

/** @param upgrade makes the object stores when the database is new. Rejects where a page may keep nothing. */
export function openDatabase(name: string, upgrade: (database: IDBDatabase) => void): Promise<IDBDatabase> {
  const opening = indexedDB.open(name, 1);
  opening.addEventListener('upgradeneeded', () => {
    upgrade(opening.result);
  });
  return request(opening);
}

export function request<T>(pending: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    pending.addEventListener('success', () => {
      resolve(pending.result);
    });
    pending.addEventListener('error', () => {
      reject(pending.error ?? new AppError('internal', 'IndexedDB failed'));
    });
  });
}

export interface StoreName {
  readonly database: string;
  readonly store: string;
  /** Makes the store when the database is new. */
  readonly make: (database: IDBDatabase) => void;
}

/** One transaction: `work` may wait for its own requests and for nothing else. Resolves when it is kept. */
export async function inStore<T>(
  { database: name, store, make }: StoreName,
  mode: IDBTransactionMode,
  work: (store: IDBObjectStore) => Promise<T>,
): Promise<T> {
  const database = await openDatabase(name, make);
  try {
    const transaction = database.transaction(store, mode);
    const ended = new Promise<void>((resolve, reject) => {
      transaction.addEventListener('complete', () => {
        resolve();
      });
      transaction.addEventListener('abort', () => {
        reject(transaction.error ?? new AppError('internal', 'IndexedDB failed'));
      });
    });
    const [result] = await Promise.all([work(transaction.objectStore(store)), ended]);
    return result;
  } finally {
    database.close();
  }
}
