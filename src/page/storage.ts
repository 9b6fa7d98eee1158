/** localStorage where there is one: for what a visitor chose, and what a visit came to. */

export type Kept = Pick<Storage, 'getItem' | 'setItem'>;

/** Undefined where a page may keep nothing. */
export function storageOf(scope: typeof globalThis): Storage | undefined {
  try {
    return scope.localStorage;
  } catch {
    return undefined;
  }
}

/** Null where nothing was kept, and undefined where nobody can tell. */
export function readKept(storage: Pick<Kept, 'getItem'> | undefined, key: string): string | null | undefined {
  try {
    return storage?.getItem(key);
  } catch {
    return undefined;
  }
}

/** False where it cannot be kept, for want of room or of leave: then it holds for this visit. */
export function keep(storage: Pick<Kept, 'setItem'> | undefined, key: string, text: string): boolean {
  try {
    storage?.setItem(key, text);
    return storage !== undefined;
  } catch {
    return false;
  }
}
