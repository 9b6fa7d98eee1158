/** Files of a public log over HTTP, each limited in bytes and in time: whoever serves them is not trusted. */
import { readBody } from '../core/body.ts';
import { AppError, isAppError } from '../core/errors.ts';
import type { FetchLog } from './log-watch.ts';

const FETCH_MS = 20_000;

/** @param base - the absolute URL of the log's folder */
export function logFetcher(base: string): FetchLog {
  const folder = base.endsWith('/') ? base : `${base}/`;
  return async (path, { maxBytes, fresh, signal }) => {
    try {
      const response = await fetch(new URL(path, folder), {
        cache: fresh ? 'no-store' : 'default',
        credentials: 'omit',
        redirect: 'error',
        signal: AbortSignal.any([signal, AbortSignal.timeout(FETCH_MS)]),
      });
      if (response.status === 404) throw new AppError('not-found', `${path} is not there`);
      if (!response.ok) throw new AppError('unreachable', `${path} answered ${response.status}`);
      return await readBody(response, maxBytes, 'a file of the log');
    } catch (error) {
      if (isAppError(error)) throw error;
      throw new AppError('unreachable', `${path} could not be read`, { cause: error });
    }
  };
}
