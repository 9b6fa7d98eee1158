/** How a command ends: one sentence for a person, and a number for a script. */
import { AppError, isAppError, toAppError } from '../core/errors.ts';
import type { Terminal } from './terminal.ts';

/** What shells use for a program that was stopped by Ctrl-C: 128 + SIGINT. */
export const EXIT_INTERRUPTED = 130;
export const EXIT_FAILED = 1;

/** Writes why a command failed. @returns its exit code */
export function reportFailure(thrown: unknown, terminal: Terminal, debug: boolean): number {
  const error = toAppError(thrown);
  if (debug && thrown instanceof Error) terminal.note(traceOf(thrown));
  if (isAppError(error, 'aborted')) {
    terminal.note(error.message);
    return EXIT_INTERRUPTED;
  }
  const unexpected = !(thrown instanceof AppError);
  terminal.note(`error: ${sentenceOf(error)}${unexpected && !debug ? ' (--debug shows where)' : ''}`);
  return EXIT_FAILED;
}

/** One line, whatever a library put into its message. */
function sentenceOf(error: AppError): string {
  const [first = ''] = error.message.split('\n', 1);
  return first.trim() || error.code;
}

function traceOf(error: Error): string {
  const own = error.stack ?? String(error);
  return error.cause instanceof Error ? `${own}\ncaused by: ${traceOf(error.cause)}` : own;
}
