/** Time as a parameter: nothing outside a composition root asks the machine what time it is. */
import { AppError } from './errors.ts';

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Calls back once after `ms`; the returned function cancels. */
  after(ms: number, callback: () => void): () => void;
}

function after(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms);
  return () => {
    clearTimeout(timer);
  };
}

export const systemClock: Clock = { now: () => Date.now(), after };

/** For measuring: fractions of a millisecond, never set back; its zero means nothing. */
export const stopwatch: Clock = { now: () => performance.now(), after };

/** @throws AppError 'aborted' as soon as the signal fires. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      cancel();
      reject(new AppError('aborted', 'the wait was aborted', { cause: signal?.reason }));
    };
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener('abort', abort);
      resolve();
    });
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
}

/** Settles as `work` does, or rejects with 'timeout' after `ms`. It does not stop the work. */
export async function withDeadline<T>(clock: Clock, ms: number, what: string, work: Promise<T>): Promise<T> {
  let cancel: () => void = () => {};
  const late = new Promise<never>((_, reject) => {
    cancel = clock.after(ms, () => {
      reject(new AppError('timeout', `${what} took longer than ${ms} ms`));
    });
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    cancel();
  }
}
