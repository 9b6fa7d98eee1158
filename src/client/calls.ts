/** What every part of the client does: a question with a token, an answer in time. */
import { type Clock, systemClock } from '../core/clock.ts';
import type { AppError } from '../core/errors.ts';
import { type HttpRequest, Transport, type TransportOptions } from './http.ts';
import type { CallOptions, KeyedOptions } from './options.ts';

export interface ClientOptions extends TransportOptions {
  /** @default systemClock */
  readonly clock?: Clock | undefined;
}

/** For everything that answers at once. */
const ANSWER_MS = 60_000;

export class Calls {
  protected readonly http: Transport;
  readonly clock: Clock;

  /** @throws AppError 'bad-input' unless the address is an http or https URL. */
  constructor(options: ClientOptions) {
    this.http = new Transport(options);
    this.clock = options.clock ?? systemClock;
  }

  /** The coordinator's address, without a slash at the end. */
  get url(): string {
    return this.http.url;
  }

  /** What an error met while reading an answer means, as an AppError. */
  failure(error: unknown, signal?: AbortSignal): AppError {
    return this.http.failure(error, signal);
  }

  protected post<T>(path: string, body: object, options: KeyedOptions = {}): Promise<T> {
    const { idempotencyKey: key, signal } = options;
    const headers = { 'content-type': 'application/json' };
    return this.http.json<T>({
      method: 'POST',
      path,
      headers: key === undefined ? headers : { ...headers, 'idempotency-key': `"${key}"` },
      body: JSON.stringify(body),
      signal: inTime(signal),
    });
  }

  protected async delete(path: string, options: CallOptions = {}): Promise<void> {
    const response = await this.http.request({ method: 'DELETE', path, signal: inTime(options.signal) });
    await response.body?.cancel();
  }

  protected get<T>(path: string, options: CallOptions = {}, more: Partial<HttpRequest> = {}): Promise<T> {
    return this.http.json<T>({ path, signal: inTime(options.signal), ...more });
  }
}

/** The signal, or the end of the time that an answer may take. */
export function inTime(signal: AbortSignal | undefined): AbortSignal {
  const late = AbortSignal.timeout(ANSWER_MS);
  return signal ? AbortSignal.any([signal, late]) : late;
}
