/**
 * The requester's side of the HTTP API: upload operands, create a job, watch it, fetch the product.
 * Works wherever fetch does; the helpers for files are in files.node.ts.
 */
import { type Clock, sleep, systemClock } from '../core/clock.ts';
import { AppError, isAppError, throwIfAborted } from '../core/errors.ts';
import type {
  ContributorView,
  CreditView,
  GrantRequest,
  JobRequest,
  JobView,
  NetworkView,
  NewTokenRequest,
  NewTokenView,
  OperandView,
  OrderView,
  ReceiptView,
  StatementView,
  TokenView,
  TransferRequest,
} from '../core/v1.ts';
import { countedStream } from './counted-stream.ts';
import { serverSentEvents } from './events.ts';
import { type HttpRequest, Transport, type TransportOptions } from './http.ts';
import type { CallOptions, OperandSource, ReceiptQuery, SeededOptions, UploadOptions } from './options.ts';

export interface ClientOptions extends TransportOptions {
  /** @default systemClock */
  readonly clock?: Clock | undefined;
}

/** For everything that answers at once. */
const ANSWER_MS = 60_000;
/** A dropped event stream is opened again after these pauses, ms; the last one repeats. */
const RECONNECT_MS = [250, 1_000, 2_000, 5_000] as const;
/** Attempts in a row without an event: some two minutes, a restart of the coordinator takes seconds. */
const MAX_RECONNECTS = 25;

export class TileworkClient {
  readonly #http: Transport;
  readonly #clock: Clock;

  /** @throws AppError 'bad-input' unless the address is an http or https URL. */
  constructor(options: ClientOptions) {
    this.#http = new Transport(options);
    this.#clock = options.clock ?? systemClock;
  }

  /** The coordinator's address, without a slash at the end. */
  get url(): string {
    return this.#http.url;
  }

  /**
   * Stores a matrix: the raw bytes of a .npy or .safetensors file. The same matrix twice is one operand.
   * @throws AppError 'bad-file', 'non-finite', 'k-too-large', 'too-large', 'unauthorized'.
   */
  async uploadOperand(source: OperandSource, options: UploadOptions): Promise<OperandView> {
    const { side, as, tensor, name, size, signal, onProgress } = options;
    const stream = source instanceof ReadableStream ? countedStream(source, onProgress) : undefined;
    const headers: Record<string, string> = { 'content-type': 'application/octet-stream' };
    // Browsers ignore this header; Node sends it, and fails the request when the stream has another length.
    if (stream && size !== undefined) headers['content-length'] = String(size);
    try {
      const operand = await this.#http.json<OperandView>({
        method: 'POST',
        path: 'v1/operands',
        query: { side, as, tensor, name },
        headers,
        body: stream?.body ?? (source as Blob | Uint8Array<ArrayBuffer>),
        signal,
      });
      if (!stream) onProgress?.(source instanceof Blob ? source.size : (source as Uint8Array).byteLength);
      return operand;
    } finally {
      stream?.stop();
    }
  }

  /**
   * An operand of random values that is never sent: whoever needs a part of it makes it from the seed, the same on
   * every machine. The same one twice is one operand.
   * @throws AppError 'bad-input', 'k-too-large', 'unauthorized'.
   */
  seeded({ seed, ...rest }: SeededOptions, options?: CallOptions): Promise<OperandView> {
    return this.#post('v1/operands', { ...rest, seed: String(seed) }, options);
  }

  operands(options?: CallOptions): Promise<OperandView[]> {
    return this.#get('v1/operands', options);
  }

  operand(id: string, options?: CallOptions): Promise<OperandView> {
    return this.#get(`v1/operands/${encodeURIComponent(id)}`, options);
  }

  /** C = A·Bᵀ over two stored operands. @throws AppError 'shape-mismatch', 'not-found', 'non-finite'. */
  createJob(request: JobRequest, options?: CallOptions): Promise<JobView> {
    return this.#post('v1/jobs', request, options);
  }

  jobs(options?: CallOptions): Promise<JobView[]> {
    return this.#get('v1/jobs', options);
  }

  job(id: string, options?: CallOptions): Promise<JobView> {
    return this.#get(jobPath(id), options);
  }

  /**
   * The job now, after every progress, and once it has ended; then the loop ends. A connection that
   * drops is opened again: every event is the whole job, so nothing is missed.
   * @throws AppError 'unreachable' when the coordinator stays away, 'aborted', 'not-found'.
   */
  async *watch(id: string, options: CallOptions = {}): AsyncGenerator<JobView, void, undefined> {
    const { signal } = options;
    let failures = 0;
    for (let seen = false; ;) {
      let dropped: AppError;
      try {
        for await (const view of this.#events(id, signal)) {
          seen = true;
          failures = 0;
          yield view;
          if (view.state !== 'running') return;
        }
        dropped = new AppError('closed', `${this.url} ended the events of a job that is still running`);
      } catch (error) {
        dropped = this.#http.failure(error, signal);
      }
      failures += 1;
      const passing = isAppError(dropped, 'unreachable', 'closed', 'timeout');
      if (!passing || !seen || failures > MAX_RECONNECTS) throw dropped;
      await sleep(this.#clock, RECONNECT_MS[Math.min(failures, RECONNECT_MS.length) - 1]!, signal);
    }
  }

  async *#events(id: string, signal: AbortSignal | undefined): AsyncGenerator<JobView, void, undefined> {
    const response = await this.#http.request({
      path: `${jobPath(id)}/events`,
      headers: { accept: 'text/event-stream' },
      signal,
    });
    if (!response.body) return;
    for await (const { event, data } of serverSentEvents(response.body, this.#clock)) {
      throwIfAborted(signal);
      if (event === 'job') yield jobOf(data);
    }
  }

  /** @throws AppError 'conflict' when the job has ended already. */
  cancelJob(id: string, options?: CallOptions): Promise<void> {
    return this.#delete(jobPath(id), options);
  }

  /**
   * The product as a .npy file: int32 for int8 operands, else float32; C order.
   * @throws AppError 'conflict' while the job is not done.
   */
  result(id: string, options?: CallOptions): Promise<Response> {
    return this.#http.request({ path: `${jobPath(id)}/result`, signal: options?.signal });
  }

  /** What an error met while reading a `result` means, as an AppError. */
  failure(error: unknown, signal?: AbortSignal): AppError {
    return this.#http.failure(error, signal);
  }

  /** A contributor's public record: what was asked, stated and credited, newest first. Needs no token. */
  receipts({ contributor, limit, before, signal }: ReceiptQuery): Promise<ReceiptView[]> {
    const query = {
      contributor,
      limit: limit?.toString(),
      beforeMs: before?.verifiedMs.toString(),
      beforeShard: before?.shard,
    };
    return this.#get('v1/receipts', { signal }, { authorize: false, query });
  }

  /** Needs no token. */
  contributors(options?: CallOptions): Promise<ContributorView[]> {
    return this.#get('v1/contributors', options, { authorize: false });
  }

  /** Needs no token. */
  network(options?: CallOptions): Promise<NetworkView> {
    return this.#get('v1/network', options, { authorize: false });
  }

  /** What credit is on this network. Needs no token. */
  credit(options?: CallOptions): Promise<CreditView> {
    return this.#get('v1/credit', options, { authorize: false });
  }

  /** A contributor's latest credit. Needs no token. */
  statement(contributor: string, options?: CallOptions): Promise<StatementView> {
    return this.#get(`v1/contributors/${encodeURIComponent(contributor)}/statement`, options, {
      authorize: false,
    });
  }

  /** All of a contributor's credit as a signed CSV file, not yet checked. Needs no token. */
  async statementCsv(contributor: string, options: CallOptions = {}): Promise<string> {
    const path = `v1/contributors/${encodeURIComponent(contributor)}/statement.csv`;
    const response = await this.#http.request({ path, authorize: false, signal: options.signal });
    try {
      return await response.text();
    } catch (error) {
      throw this.#http.failure(error, options.signal);
    }
  }

  /** An account's balance and latest events: one's own, or for the operator any. */
  account(account?: string, options?: CallOptions): Promise<StatementView> {
    const path =
      account === undefined ? 'v1/credit/account' : `v1/credit/accounts/${encodeURIComponent(account)}`;
    return this.#get(path, options);
  }

  /** Mints credit for an account; the same id again changes nothing. @throws AppError 'conflict', 'bad-input'. */
  grantCredit(request: GrantRequest, options?: CallOptions): Promise<OrderView> {
    return this.#post('v1/credit/grants', request, options);
  }

  /** As grantCredit. @throws AppError 'no-credit' besides. */
  transferCredit(request: TransferRequest, options?: CallOptions): Promise<OrderView> {
    return this.#post('v1/credit/transfers', request, options);
  }

  /** The token is in this answer and in no other. @throws AppError 'forbidden', 'bad-input'. */
  createToken(request: NewTokenRequest, options?: CallOptions): Promise<NewTokenView> {
    return this.#post('v1/tokens', request, options);
  }

  tokens(options?: CallOptions): Promise<TokenView[]> {
    return this.#get('v1/tokens', options);
  }

  /** @throws AppError 'forbidden', 'not-found', 'conflict' when it was revoked before. */
  revokeToken(id: string, options?: CallOptions): Promise<void> {
    return this.#delete(`v1/tokens/${encodeURIComponent(id)}`, options);
  }

  /** What the pages read: where contributors reach the coordinator. */
  coordinatorAddresses(options?: CallOptions): Promise<{ v: number; addrs: string[] }> {
    return this.#get('coordinator.json', options, { authorize: false });
  }

  #post<T>(path: string, body: object, options: CallOptions = {}): Promise<T> {
    return this.#http.json<T>({
      method: 'POST',
      path,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: inTime(options.signal),
    });
  }

  async #delete(path: string, options: CallOptions = {}): Promise<void> {
    const response = await this.#http.request({ method: 'DELETE', path, signal: inTime(options.signal) });
    await response.body?.cancel();
  }

  #get<T>(path: string, options: CallOptions = {}, more: Partial<HttpRequest> = {}): Promise<T> {
    return this.#http.json<T>({ path, signal: inTime(options.signal), ...more });
  }
}

function jobPath(id: string): string {
  return `v1/jobs/${encodeURIComponent(id)}`;
}

function jobOf(data: string): JobView {
  try {
    return JSON.parse(data) as JobView;
  } catch (cause) {
    throw new AppError('bad-frame', 'an event of the coordinator is not JSON', { cause });
  }
}

/** The signal, or the end of the time that an answer may take. */
export function inTime(signal: AbortSignal | undefined): AbortSignal {
  const late = AbortSignal.timeout(ANSWER_MS);
  return signal ? AbortSignal.any([signal, late]) : late;
}
