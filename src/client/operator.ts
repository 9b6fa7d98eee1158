/** The operator's side of a coordinator: bans and paused projects. The console at /operator does more. */
import type { BanRequest, BanView, OperatorView, PauseRequest } from '../core/v1-operator.ts';
import { inTime } from './calls.ts';
import { Transport, type TransportOptions } from './http.ts';
import type { CallOptions } from './options.ts';

export class OperatorClient {
  readonly #http: Transport;

  /** @param options - its token needs the scope 'operate' */
  constructor(options: TransportOptions) {
    this.#http = new Transport(options);
  }

  /** @throws AppError 'forbidden' where operating is not allowed from here, as all of these */
  view({ signal }: CallOptions = {}): Promise<OperatorView> {
    return this.#http.json({ path: 'v1/operator', signal: inTime(signal) });
  }

  bans({ signal }: CallOptions = {}): Promise<BanView[]> {
    return this.#http.json({ path: 'v1/operator/bans', signal: inTime(signal) });
  }

  /** @throws AppError 'conflict' when it is banned already */
  ban(request: BanRequest, options?: CallOptions): Promise<void> {
    return this.#post('v1/operator/bans', request, options);
  }

  /** @throws AppError 'not-found' */
  unban(contributor: string, options?: CallOptions): Promise<void> {
    return this.#delete('v1/operator/bans', { contributor }, options);
  }

  /** @throws AppError 'conflict' when it is paused already */
  pause(request: PauseRequest, options?: CallOptions): Promise<void> {
    return this.#post('v1/operator/pauses', request, options);
  }

  /** @throws AppError 'not-found' */
  resume(project: string, options?: CallOptions): Promise<void> {
    return this.#delete('v1/operator/pauses', { project }, options);
  }

  async #post(path: string, body: object, { signal }: CallOptions = {}): Promise<void> {
    await this.#http.request({
      method: 'POST',
      path,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: inTime(signal),
    });
  }

  async #delete(
    path: string,
    query: Readonly<Record<string, string>>,
    { signal }: CallOptions = {},
  ): Promise<void> {
    await this.#http.request({ method: 'DELETE', path, query, signal: inTime(signal) });
  }
}
