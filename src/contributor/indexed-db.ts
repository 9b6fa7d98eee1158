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
