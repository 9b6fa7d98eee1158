/** Waiting for what comes soon, whatever else the machine does meanwhile. */
import { vi } from 'vitest';

/** Resolves to what `check` returns once it no longer throws. The library's own second is short on a busy machine. */
export const eventually = <T>(check: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(check, { timeout: 10_000, interval: 20 });
