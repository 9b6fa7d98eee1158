/** A coordinator's public files over HTTP. Nothing that it answers can fill the memory or hang the audit. */
import { readBody } from '../core/body.ts';
import type { Bytes } from '../core/bytes.ts';
import { type Clock, sleep } from '../core/clock.ts';
import { AppError, isAppError, throwIfAborted } from '../core/errors.ts';
import type { Source } from './source.ts';

export interface HttpSourceOptions {
  /** The coordinator's address, such as "http://127.0.0.1:8080". */
  readonly url: string;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

/** For one file; the largest is a bundle of a few MiB. */
const REQUEST_MS = 60_000;
const RETRIES = 5;
/** Before a retry, where the coordinator does not say how long to wait; doubled each time. */
const RETRY_MS = 250;
const MAX_RETRY_MS = 10_000;

/** @throws AppError 'bad-input' unless the URL is one of http or https. */
export function httpSource({ url, clock, signal }: HttpSourceOptions): Source {
  const base = baseOf(url);
  const once = async (path: string, maxBytes: number): Promise<Answer> => {
    const stop = AbortSignal.any([AbortSignal.timeout(REQUEST_MS), ...(signal ? [signal] : [])]);
    try {
      const response = await fetch(new URL(path, base), { signal: stop, redirect: 'error' });
      if (response.status === 200) return { bytes: await readBody(response, maxBytes, path) };
      await response.body?.cancel();
      if (response.status === 404) return { bytes: undefined };
      const busy = response.status === 429 || response.status === 503;
      if (busy) return { retryMs: retryAfterMs(response) };
      throw new AppError('unreachable', `${path}: the coordinator answers ${response.status}`);
    } catch (error) {
      if (isAppError(error)) throw error;
      throwIfAborted(signal);
      if (stop.aborted) throw new AppError('timeout', `${path} took longer than ${REQUEST_MS} ms`);
      return { retryMs: undefined, cause: error };
    }
  };
  return {
    async read(path, maxBytes) {
      let answer = await once(path, maxBytes);
      for (let retry = 0; retry < RETRIES && !('bytes' in answer); retry++) {
        const wait = answer.retryMs ?? RETRY_MS * 2 ** retry;
        await sleep(clock, Math.min(MAX_RETRY_MS, wait), signal);
        answer = await once(path, maxBytes);
      }
      if ('bytes' in answer) return answer.bytes;
      const { cause } = answer;
      throw new AppError(
        'unreachable',
        `${base}${path} cannot be read: ${cause === undefined ? 'the coordinator is busy' : reasonOf(cause)}`,
        { cause },
      );
    },
  };
}

interface Answer {
  readonly bytes?: Bytes | undefined;
  readonly retryMs?: number | undefined;
  readonly cause?: unknown;
}

function baseOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !/^https?:$/.test(parsed.protocol)) {
    throw new AppError('bad-input', `${url} is not the address of a coordinator, such as http://host:8080`);
  }
  parsed.search = '';
  parsed.hash = '';
  if (!parsed.pathname.endsWith('/')) parsed.pathname += '/';
  return parsed.href;
}

function retryAfterMs(response: Response): number | undefined {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined;
}

/** undici's "fetch failed" says why only in its cause. */
function reasonOf(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  return inner instanceof Error ? inner.message || inner.name : String(inner);
}
