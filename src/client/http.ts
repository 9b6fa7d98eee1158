/**
 * One HTTP request to a coordinator, and every way in which it can fail as an AppError.
 * Errors arrive as problem details (RFC 9457) that carry one of our codes.
 */
import { AppError, type ErrorCode, isAppError, throwIfAborted, toAppError } from '../core/errors.ts';

export interface TransportOptions {
  /** Where the coordinator's page is, such as http://127.0.0.1:8080. */
  readonly url: string;
  readonly token?: string | undefined;
  /** @default globalThis.fetch */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

export interface HttpRequest {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below the coordinator's address, without a leading slash. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: BodyInit | undefined;
  /** Sends the token. @default true */
  readonly authorize?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Problem answers are short; whatever is longer comes from something else. */
const MAX_PROBLEM_CHARS = 16_384;

/** What Node says when nobody listens or no such machine is found; browsers give no reason at all. */
const NOBODY_THERE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Every code, so that one made up by another server is not taken for ours. */
const KNOWN_CODES: Readonly<Record<ErrorCode, true>> = {
  'bad-input': true,
  'bad-file': true,
  'non-finite': true,
  'k-too-large': true,
  'shape-mismatch': true,
  unauthorized: true,
  forbidden: true,
  'rate-limited': true,
  'not-found': true,
  conflict: true,
  'no-credit': true,
  'too-large': true,
  'bad-range': true,
  'key-reused': true,
  'bad-version': true,
  gone: true,
  'no-room': true,
  'bad-frame': true,
  'bad-signature': true,
  'wrong-peer': true,
  unreachable: true,
  unavailable: true,
  timeout: true,
  aborted: true,
  banned: true,
  closed: true,
  'no-webgpu': true,
  'software-adapter': true,
  'gpu-lost': true,
  'gpu-wrong': true,
  'out-of-memory': true,
  'unsupported-key': true,
  'port-in-use': true,
  locked: true,
  'no-browser': true,
  internal: true,
};

const CODE_OF_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'bad-input',
  401: 'unauthorized',
  402: 'no-credit',
  403: 'forbidden',
  404: 'not-found',
  408: 'timeout',
  409: 'conflict',
  410: 'gone',
  413: 'too-large',
  415: 'bad-input',
  416: 'bad-range',
  422: 'bad-input',
  429: 'rate-limited',
  502: 'unreachable',
  503: 'unreachable',
  504: 'timeout',
  507: 'no-room',
};

export class Transport {
  readonly #base: URL;
  readonly #token: string | undefined;
  readonly #fetch: typeof globalThis.fetch;

  /** @throws AppError 'bad-input' unless the address is an http or https URL. */
  constructor(options: TransportOptions) {
    this.#base = baseOf(options.url);
    this.#token = options.token;
    // Browsers refuse a fetch that is called as somebody's method.
    this.#fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
  }

  /** The coordinator's address as people write it, without a slash at the end. */
  get url(): string {
    return this.#base.href.replace(/\/$/, '');
  }

  /**
   * The answer, if it is a good one (2xx).
   * @throws AppError with the coordinator's code and sentence; 'unreachable' when nobody answers,
   * 'closed' when the connection breaks, 'aborted' when the signal fires.
   */
  async request(request: HttpRequest): Promise<Response> {
    const { method = 'GET', path, query = {}, headers = {}, body, authorize = true, signal } = request;
    throwIfAborted(signal);
    const address = new URL(path, this.#base);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) address.searchParams.set(name, value);
    }
    const init: RequestInit & { duplex?: 'half' } = { method, headers: { ...headers } };
    if (authorize && this.#token !== undefined)
      init.headers = { ...headers, authorization: `Bearer ${this.#token}` };
    if (signal) init.signal = signal;
    if (body !== undefined) init.body = body;
    // Required for a stream as a body (https://fetch.spec.whatwg.org/#dom-requestinit-duplex).
    if (body instanceof ReadableStream) init.duplex = 'half';
    let response: Response;
    try {
      response = await this.#fetch(address, init);
    } catch (error) {
      throw this.failure(error, signal);
    }
    if (response.ok) return response;
    throw await problemOf(response, this.url, signal);
  }

  /** The JSON of a good answer. @throws as `request`, and 'bad-frame' when it is not JSON. */
  async json<T>(request: HttpRequest): Promise<T> {
    const response = await this.request({
      ...request,
      headers: { accept: 'application/json', ...request.headers },
    });
    let text: string;
    try {
      text = await response.text();
    } catch (error) {
      throw this.failure(error, request.signal);
    }
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      throw new AppError('bad-frame', `${this.url} does not answer like a Tilework coordinator`, { cause });
    }
  }

  /** What a failed fetch, or a body that broke off, means. */
  failure(error: unknown, signal: AbortSignal | undefined): AppError {
    if (signal?.aborted) return abortOf(signal);
    if (isAppError(error)) return error;
    const cause = error instanceof Error ? error.cause : undefined;
    if (isAppError(cause)) return cause;
    const code = (cause as { code?: unknown } | undefined)?.code;
    if (typeof code === 'string' && !NOBODY_THERE.has(code)) {
      return new AppError('closed', `the connection to ${this.url} broke off (${code}); try again`, {
        cause: error,
      });
    }
    if (error instanceof TypeError && !isBodyFailure(error)) {
      return new AppError('unreachable', this.#nobodyThere(), { cause: error });
    }
    if (error instanceof TypeError) {
      return new AppError('closed', `the connection to ${this.url} broke off; try again`, { cause: error });
    }
    return toAppError(error, 'unreachable');
  }

  /** A browser does not tell a page whether nobody answered, or somebody who does not let its origin in. */
  #nobodyThere(): string {
    const here = (globalThis as { location?: { readonly origin: string } }).location?.origin;
    return here === undefined || here === this.#base.origin
      ? `no coordinator at ${this.url}: start one with npm start`
      : `no coordinator at ${this.url}, or none that lets pages of ${here} in (--allow-origin)`;
  }
}

/** undici's word for a body that ended early, before it gives the reason. */
function isBodyFailure(error: TypeError): boolean {
  return error.message === 'terminated';
}

function abortOf(signal: AbortSignal): AppError {
  const reason: unknown = signal.reason;
  if (isAppError(reason)) return reason;
  const late = reason instanceof DOMException && reason.name === 'TimeoutError';
  return late
    ? new AppError('timeout', 'the coordinator did not answer in time', { cause: reason })
    : new AppError('aborted', 'the request was aborted', { cause: reason });
}

async function problemOf(
  response: Response,
  url: string,
  signal: AbortSignal | undefined,
): Promise<AppError> {
  const fallback = CODE_OF_STATUS[response.status] ?? 'internal';
  let text = '';
  try {
    text = (await response.text()).slice(0, MAX_PROBLEM_CHARS);
  } catch (error) {
    if (signal?.aborted) return abortOf(signal);
    return new AppError(fallback, `${url} answered ${response.status}`, { cause: error });
  }
  const problem = jsonObject(text);
  const detail = problem['detail'] ?? problem['title'];
  const code = problem['code'];
  if (typeof detail !== 'string' || detail === '') {
    return new AppError(fallback, `${url} answered ${response.status}; is it a Tilework coordinator?`);
  }
  const known = typeof code === 'string' && Object.hasOwn(KNOWN_CODES, code);
  return new AppError(known ? (code as ErrorCode) : fallback, detail);
}

function jsonObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function baseOf(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw new AppError('bad-input', `${JSON.stringify(text)} is not an address like http://127.0.0.1:8080`, {
      cause,
    });
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new AppError(
      'bad-input',
      `a coordinator's address begins with http:// or https://, not ${url.protocol}`,
    );
  }
  url.search = '';
  url.hash = '';
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}
