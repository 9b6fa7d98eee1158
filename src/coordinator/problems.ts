/** Errors as HTTP answers: RFC 9457 problem documents that say what to change. */
import type { ErrorCode } from '../core/errors.ts';
import { AppError, toAppError } from '../core/errors.ts';
import type { ProblemView } from '../core/v1.ts';

const STATUS: Partial<Record<ErrorCode, number>> = {
  'bad-input': 400,
  'bad-file': 400,
  'non-finite': 400,
  'k-too-large': 400,
  'shape-mismatch': 400,
  unauthorized: 401,
  'no-credit': 402,
  forbidden: 403,
  'not-found': 404,
  timeout: 408,
  conflict: 409,
  'too-large': 413,
  'bad-range': 416,
  'key-reused': 422,
  'rate-limited': 429,
};

const CODE_OF_STATUS: Partial<Record<number, ErrorCode>> = { 404: 'not-found', 413: 'too-large' };

/** Anything thrown in a route. Fastify's own errors (bad JSON, too large a body) carry a statusCode. */
export function problemOf(thrown: unknown): ProblemView {
  const statusCode = (thrown as { statusCode?: unknown } | null)?.statusCode;
  const error =
    thrown instanceof AppError || typeof statusCode !== 'number' || statusCode >= 500
      ? toAppError(thrown)
      : new AppError(CODE_OF_STATUS[statusCode] ?? 'bad-input', toAppError(thrown).message);
  const status = STATUS[error.code] ?? 500;
  return {
    type: 'about:blank',
    title: error.code,
    status,
    // An internal error's text may name paths or SQL: it goes to the log, not to strangers.
    detail: status === 500 ? 'The coordinator failed at this request; its log says why.' : error.message,
    code: error.code,
  };
}
