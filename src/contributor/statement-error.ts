/** How a signed statement that is not the coordinator's is reported. */
import { AppError, isAppError, toAppError } from '../core/errors.ts';

/** 'wrong-peer' is kept for a coordinator with another key; here it only signs what is not its own. */
export function statementError(thrown: unknown): AppError {
  const error = toAppError(thrown);
  return isAppError(error, 'wrong-peer')
    ? new AppError('bad-signature', error.message, { cause: error })
    : error;
}
