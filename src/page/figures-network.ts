/** How a browser reaches a coordinator's public figures: fetch and EventSource, without credentials. */
import { AppError, toAppError } from '../core/errors.ts';
import type { FiguresNetwork } from './figures.ts';

const NAMES = ['verified', 'job', 'network', 'reset'] as const;
/** A mosaic of the most tiles, in the worst order. */
const MAX_JSON_CHARS = 2 * 1024 * 1024;

/** @param base - absolute URL of the coordinator, with a slash at its end */
export function browserFigures(base: string): FiguresNetwork {
  return {
    async json(path, signal) {
      let response: Response;
      try {
        const headers = { accept: 'application/json' };
        response = await fetch(new URL(path, base), {
          signal,
          headers,
          credentials: 'omit',
          referrerPolicy: 'no-referrer',
        });
      } catch (error) {
        throw toAppError(error, 'unreachable');
      }
      if (!response.ok) throw refused(response.status);
      const text = await response.text().catch((error: unknown) => {
        throw toAppError(error, 'unreachable');
      });
      if (text.length > MAX_JSON_CHARS)
        throw new AppError('unreachable', 'The coordinator’s answer is too long.');
      try {
        return JSON.parse(text);
      } catch {
        throw new AppError('unreachable', 'The coordinator’s answer cannot be read.');
      }
    },
    events(path, { event, failed }) {
      const source = new EventSource(new URL(path, base));
      for (const name of NAMES) {
        source.addEventListener(name, ({ lastEventId, data }: MessageEvent<string>) => {
          event(name, lastEventId, data);
        });
      }
      // It would try again by itself, at the same moment as every other page, and for ever at the same pace.
      source.addEventListener('error', () => {
        source.close();
        failed();
      });
      return () => source.close();
    },
  };
}

function refused(status: number): AppError {
  if (status === 404) return new AppError('not-found', 'The coordinator knows nothing of this.');
  if (status === 429) return new AppError('rate-limited', 'Too many ask just now; try again in a moment.');
  return new AppError('unreachable', `The coordinator answered ${status}.`);
}
