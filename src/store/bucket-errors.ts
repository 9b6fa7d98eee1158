/** What an S3-compatible store, the AWS SDK and the network throw, as sentences that say what to change. Pure. */
import { AppError, toAppError } from '../core/errors.ts';
import type { BucketPlace } from './bucket-url.ts';

interface Thrown {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

const BAD_CREDENTIALS = new Set([
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'ExpiredToken',
  'InvalidToken',
  'TokenRefreshRequired',
]);
/** Statuses after which the same request may succeed: slow down, and faults of the server. */
const PASSING_STATUS = new Set([408, 429, 500, 502, 503, 504]);
/** Names that come with other statuses. */
const PASSING_NAMES = new Set(['TimeoutError', 'RequestTimeout', 'SlowDown', 'InternalError', 'AbortError']);

const statusOf = (error: unknown): number | undefined => (error as Thrown | null)?.$metadata?.httpStatusCode;
const nameOf = (error: unknown): string => {
  const { name, code } = (error ?? {}) as Thrown;
  return typeof code === 'string' ? code : typeof name === 'string' ? name : '';
};

/** There is no such object; a missing bucket is something else. */
export function isNotFound(error: unknown): boolean {
  return statusOf(error) === 404 && nameOf(error) !== 'NoSuchBucket';
}

/** Whether to try again: a busy store, a fault of its own, a connection that broke. Not what it refused. */
export function isPassing(error: unknown): boolean {
  const status = statusOf(error);
  const name = nameOf(error);
  if (name === 'CredentialsProviderError') return false;
  // 'XAmzContentSHA256Mismatch', 'BadDigest': the body was damaged on its way.
  if (PASSING_NAMES.has(name) || name === 'BadDigest' || name === 'XAmzContentSHA256Mismatch') return true;
  if (status !== undefined) return PASSING_STATUS.has(status);
  return /^E[A-Z_]+$/.test(name);
}

export function bucketError(error: unknown, { bucket, endpoint }: BucketPlace): AppError {
  const where = endpoint ?? 'Amazon S3';
  const name = nameOf(error);
  const status = statusOf(error);
  const text = toAppError(error).message;
  const say = (code: AppError['code'], sentence: string): AppError =>
    new AppError(code, sentence, { cause: error });
  if (name === 'NoSuchBucket')
    return say(
      'not-found',
      `${where} has no bucket "${bucket}": create it, or correct the address of --blocks`,
    );
  if (name === 'CredentialsProviderError') {
    return say(
      'unauthorized',
      `there are no credentials for ${where}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE`,
    );
  }
  if (BAD_CREDENTIALS.has(name)) {
    return say(
      'unauthorized',
      `${where} does not accept the credentials (${name}): check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`,
    );
  }
  if (name === 'PermanentRedirect' || name === 'AuthorizationHeaderMalformed') {
    return say(
      'bad-input',
      `the bucket "${bucket}" is in another region: add region=… to --blocks (${text})`,
    );
  }
  if (/region is missing/i.test(text))
    return say('bad-input', 'no region is given: add region=… to --blocks, or set AWS_REGION');
  if (status === 401 || status === 403) {
    return say(
      'forbidden',
      `${where} does not let these credentials list, read, write and delete in the bucket "${bucket}" (${text})`,
    );
  }
  if (status !== undefined)
    return say('internal', `${where} answered ${status} for the bucket "${bucket}" (${name}: ${text})`);
  return say('unreachable', `${where} cannot be reached for the bucket "${bucket}" (${text})`);
}
