/**
 * The worker boundary, wrapped once. comlink alone has no deadlines, never settles a call to a dead
 * worker, and carries errors as text; here every call ends, and an AppError arrives with its code.
 */
import * as comlink from 'comlink';
import { type Clock, withDeadline } from '../core/clock.ts';
import { AppError, type ErrorCode, toAppError } from '../core/errors.ts';

interface Thrown {
  readonly code: ErrorCode;
  readonly message: string;
}

/** comlink's handler for exceptions, its wire form replaced on both sides by one that keeps our codes. */
const builtin = comlink.transferHandlers.get('throw')!;
comlink.transferHandlers.set('throw', {
  canHandle: (value): value is { value: unknown } => builtin.canHandle(value),
  serialize: ({ value }: { value: unknown }) => {
    const { code, message } = toAppError(value);
    return [{ code, message } satisfies Thrown, []];
  },
  deserialize: ({ code, message }: Thrown) => {
    throw new AppError(code, message);
  },
});

export { expose, proxy, transfer } from 'comlink';
export type { Remote } from 'comlink';

/** A call to the other side takes no longer than this unless it says so. */
const CALL_MS = 30_000;

/** What is on the other end of a worker or port, with a promise that rejects when it has died. */
export class Peer<T> {
  readonly api: comlink.Remote<T>;
  readonly #clock: Clock;
  readonly #died = Promise.withResolvers<never>();
  /** Rejections of the calls in progress. A race against one lasting promise would keep every answer alive. */
  readonly #pending = new Set<(error: AppError) => void>();
  #dead: AppError | undefined;

  constructor(endpoint: Worker | MessagePort, clock: Clock) {
    this.api = comlink.wrap<T>(endpoint);
    this.#clock = clock;
    this.#died.promise.catch(() => {}); // each call reports it; by itself it is nobody's unhandled rejection
    endpoint.addEventListener('messageerror', () => {
      this.die(new AppError('internal', 'a worker sent something that cannot be read'));
    });
    if (!('onerror' in endpoint)) return;
    endpoint.addEventListener('error', (event) => {
      const { message } = event;
      this.die(new AppError('internal', `a worker of this page failed${message ? `: ${message}` : ''}`));
    });
  }

  /** Every pending and later call rejects with this. */
  die(error: AppError): void {
    if (this.#dead) return;
    this.#dead = error;
    this.#died.reject(error);
    for (const reject of this.#pending) reject(error);
  }

  /** Resolves never; rejects when the other side has died. */
  get died(): Promise<never> {
    return this.#died.promise;
  }

  /** `work` is a call on `api`. @throws 'timeout' after `ms`; what the other side threw, with its code. */
  async call<R>(what: string, work: Promise<R>, ms: number = CALL_MS): Promise<R> {
    const { promise: death, reject } = Promise.withResolvers<never>();
    this.#pending.add(reject);
    if (this.#dead) reject(this.#dead);
    try {
      return await Promise.race([withDeadline(this.#clock, ms, what, work), death]);
    } finally {
      this.#pending.delete(reject);
    }
  }
}
