/** What a page keeps where it may: what a visitor chose, what a visit came to, and for a tab what was typed there. */

export type Kept = Pick<Storage, 'getItem' | 'setItem'>;

/** Undefined where a page may keep nothing. */
export function storageOf(
  scope: typeof globalThis,
  which: 'localStorage' | 'sessionStorage' = 'localStorage',
): Storage | undefined {
  try {
    return scope[which];
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
