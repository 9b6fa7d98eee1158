/** How a browser asks a coordinator as its operator: fetch with the token, which goes nowhere else. */
import { AppError, toAppError } from '../core/errors.ts';
import type { OrderRequest } from './operator-orders.ts';

/** Why the coordinator does not talk to this page: its token, what the token allows, or where the page is. */
export type Refusal = 'token' | 'scope' | 'place';

export class RefusedError extends AppError {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal === 'token' ? 'unauthorized' : 'forbidden', `refused: ${refusal}`);
    this.refusal = refusal;
  }
}

export interface OperatorNetwork {
  /** @throws RefusedError; AppError 'unreachable' and those that the coordinator answers, 'aborted' */
  get(path: string, token: string, signal: AbortSignal): Promise<unknown>;
  send(request: OrderRequest, token: string): Promise<void>;
}

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

const ANSWER_MS = 10_000;

/** @param base - absolute URL of the coordinator, with a slash at its end */
export function browserOperator(base: string): OperatorNetwork {
  const ask = async (path: string, token: string, init: Asked): Promise<Response> => {
    const late = AbortSignal.timeout(ANSWER_MS);
    let response: Response;
    try {
      response = await fetch(new URL(path, base), {
        ...init,
        headers: { ...init.headers, accept: 'application/json', authorization: `Bearer ${token}` },
        signal: init.signal ? AbortSignal.any([init.signal, late]) : late,
        credentials: 'omit',
        cache: 'no-store',
        referrerPolicy: 'no-referrer',
      });
    } catch (error) {
      if (init.signal?.aborted) throw toAppError(error, 'aborted');
      throw new AppError('unreachable', 'The coordinator does not answer.', { cause: error });
    }
    if (response.ok) return response;
    throw await refused(response);
  };
  return {
    async get(path, token, signal) {
      const response = await ask(path, token, { signal });
      return response.json().catch((error: unknown) => {
        throw new AppError('unreachable', 'The coordinator’s answer cannot be read.', { cause: error });
      });
    },
    async send({ method, path, body }, token) {
      await ask(path, token, {
        method,
        ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      });
    },
  };
}

async function refused(response: Response): Promise<AppError> {
  if (response.status === 401) return new RefusedError('token');
  // RFC 6750 §3.1: a token that may not do this is told so; whoever comes from elsewhere is not asked for one.
  const asked = response.headers.get('www-authenticate') ?? '';
  if (response.status === 403)
    return new RefusedError(asked.includes('insufficient_scope') ? 'scope' : 'place');
  const problem = (await response.json().catch(() => ({}))) as { detail?: unknown };
  const detail =
    typeof problem.detail === 'string' ? problem.detail : `The coordinator answered ${response.status}.`;
  if (response.status === 404) return new AppError('not-found', detail);
  if (response.status === 429) return new AppError('rate-limited', detail);
  return new AppError(response.status >= 500 ? 'unreachable' : 'bad-input', detail);
}
