/** Errors as HTTP answers: RFC 9457 problem documents that say what to change. */
import type { ErrorCode } from '../core/errors.ts';
import { AppError, isAppError, toAppError } from '../core/errors.ts';
import type { ProblemView } from '../core/v1.ts';
import { isDatabaseAway, isDiskFull } from '../store/away.ts';
import { INTERNAL, PROBLEM_KINDS } from './problem-kinds.ts';

const CODE_OF_STATUS: Partial<Record<number, ErrorCode>> = { 404: 'not-found', 413: 'too-large' };

/** Sentences in place of Fastify's own, which say what is wrong and not what to change. */
const BETTER: Readonly<Record<string, string>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'this takes JSON; send it with Content-Type: application/json',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'the body is empty; send JSON, or leave Content-Type out',
  FST_ERR_CTP_BODY_TOO_LARGE: 'the body is larger than this request ever needs; send less',
};

export const FULL =
  'the coordinator’s disk is full, and nothing of this was kept; send it again when its operator has made room';
export const AWAY = 'the coordinator’s database does not answer at the moment; try again soon';

/** What passes, and is nobody's mistake but the operator's. */
function troubleOfOurs(thrown: unknown): AppError | undefined {
  // Whoever knows what was kept says so.
  if (isAppError(thrown, 'no-room')) return undefined;
  if (isDatabaseAway(thrown)) return new AppError('unavailable', AWAY);
  return isDiskFull(thrown) ? new AppError('no-room', FULL) : undefined;
}

/** Anything thrown in a route. Fastify's own errors (bad JSON, too large a body) carry a statusCode. */
export function problemOf(thrown: unknown): ProblemView {
  const error = troubleOfOurs(thrown) ?? appErrorOf(thrown);
  const kind = PROBLEM_KINDS[error.code];
  const { status, title } = kind ?? INTERNAL;
  const code = kind ? error.code : 'internal';
  return {
    // Relative to the coordinator: it serves the page itself (docs-page.ts).
    type: `/docs#problem-${code}`,
    title,
    status,
    // An internal error's text may name paths or SQL: it goes to the log, not to strangers.
    detail: kind ? error.message : 'The coordinator failed at this request; its log says why.',
    code: error.code,
  };
}

function appErrorOf(thrown: unknown): AppError {
  const { statusCode, code } = (thrown ?? {}) as { statusCode?: unknown; code?: unknown };
  if (thrown instanceof AppError || typeof statusCode !== 'number' || statusCode >= 500)
    return toAppError(thrown);
  const text = typeof code === 'string' ? BETTER[code] : undefined;
  return new AppError(CODE_OF_STATUS[statusCode] ?? 'bad-input', text ?? toAppError(thrown).message);
}
