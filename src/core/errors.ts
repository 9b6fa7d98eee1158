/**
 * One error class for the whole project. A code crosses comlink, the wire and HTTP unchanged;
 * a message is a sentence for a person and says what to do.
 */

export type ErrorCode =
  | 'bad-input' // what the caller gave cannot be used as it is
  | 'bad-file' // a .npy or .safetensors file that is truncated, lies, or has an unsupported type
  | 'non-finite' // an operand holds NaN or an infinity
  | 'k-too-large' // i8 products are exact only up to K = 131,071
  | 'shape-mismatch'
  | 'unauthorized' // no token, or a wrong one
  | 'forbidden' // the token is good, but not for this; or this is not reached from there
  | 'rate-limited' // too much at once; the same is fine later
  | 'not-found'
  | 'conflict' // the state does not allow it (a cancelled job, a used name)
  | 'no-credit' // an account does not hold what this costs
  | 'too-large' // over one of our limits
  | 'bad-range' // a part of something that it does not have
  | 'key-reused' // an idempotency key that stands for another request
  | 'bad-version' // the other end speaks another version of what was agreed on
  | 'gone' // it was here, and was let go
  | 'no-room' // the disk is full, or what is set aside on it
  | 'bad-frame' // bytes from the network that are not a message of ours
  | 'bad-signature'
  | 'wrong-peer' // the key is not the one that was pinned
  | 'unreachable'
  | 'unavailable' // not now: the database is away, or the coordinator restarts; the same is fine later
  | 'timeout'
  | 'aborted'
  | 'banned' // by the operator of the network
  | 'closed' // the other end went away
  | 'no-webgpu'
  | 'software-adapter'
  | 'gpu-lost'
  | 'gpu-wrong' // a kernel failed its known answers
  | 'out-of-memory'
  | 'unsupported-key' // the browser lacks the key types needed
  | 'port-in-use'
  | 'locked' // the data folder belongs to a running coordinator
  | 'no-browser'
  | 'internal';

export class AppError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'AppError';
    this.code = code;
  }
}

/** True for an AppError with one of these codes (with any code when none is given). */
export function isAppError(error: unknown, ...codes: ErrorCode[]): error is AppError {
  return error instanceof AppError && (codes.length === 0 || codes.includes(error.code));
}

/**
 * Whatever was thrown, as an AppError. Libraries throw strings, DOM Events without a message
 * (libp2p's dial) and AbortErrors; nobody downstream should have to know.
 */
export function toAppError(thrown: unknown, fallback: ErrorCode = 'internal'): AppError {
  if (thrown instanceof AppError) return thrown;
  if (thrown instanceof Error) {
    const code =
      thrown.name === 'AbortError' ? 'aborted' : thrown.name === 'TimeoutError' ? 'timeout' : fallback;
    return new AppError(code, thrown.message || thrown.name, { cause: thrown });
  }
  if (typeof thrown === 'string') return new AppError(fallback, thrown);
  const type = (thrown as { type?: unknown } | null)?.type;
  return new AppError(fallback, typeof type === 'string' ? `${type} event` : 'unknown error', {
    cause: thrown,
  });
}

/** Throws 'aborted' if the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AppError('aborted', 'the operation was aborted', { cause: signal.reason });
}

/** For the `default` of a switch over a union: compiles only when every case is handled. */
export function unreachable(value: never): never {
  throw new AppError('internal', `unhandled case: ${String(value)}`);
}
