/** Whether a failed query says something about the query, or that there is no database at the moment. */

import { STOPPED } from './panic.ts';

/** PostgreSQL's own words (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
const SHUT_DOWN = /^(?:08...|57P0[1235]|53300)$/;
/** What sockets say. */
const SOCKET = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT', // a Unix socket whose server is not there
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
/** What `pg` says without a code (seen with pg 8.23). */
const DRIVER =
  /^(?:Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|Client was closed|Cannot use a pool after calling end|connection terminated|driver has already been destroyed)/;

/**
 * True for a failure that passes when the database is there again: the same query may then succeed. Whether it
 * took effect the first time is not known.
 */
export function isDatabaseAway(thrown: unknown): boolean {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    const { code, syscall, message } = error as Error & { code?: unknown; syscall?: unknown };
    if (typeof code === 'string' && SHUT_DOWN.test(code)) return true;
    // Files have such codes as well; these calls are those of sockets.
    if (
      typeof code === 'string' &&
      SOCKET.has(code) &&
      (syscall === 'connect' || syscall === 'read' || syscall === 'write')
    )
      return code !== 'ENOENT' || syscall === 'connect';
    if (DRIVER.test(message) || message === STOPPED) return true;
  }
  return false;
}

/** True for a write that found no room. */
export function isDiskFull(thrown: unknown): boolean {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT') return true;
  }
  return false;
}
