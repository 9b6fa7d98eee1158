/** localStorage where there is one: for what a visitor chose. */

/** Undefined where a page may keep nothing. */
export function storageOf(scope: typeof globalThis): Storage | undefined {
  try {
    return scope.localStorage;
  } catch {
    return undefined;
  }
}
