/** What every command works with: the terminal, the time, the environment, and the wish to stop. */
import type { Clock } from '../core/clock.ts';
import type { Environment } from './browser.ts';
import type { Terminal } from './terminal.ts';

export interface Context {
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly env: Environment;
  /** Fires at the first Ctrl-C; the second one ends the process, whatever it does. */
  readonly signal: AbortSignal;
  /** Show what is otherwise only counted: stack traces, the coordinator's debug log. */
  readonly debug: boolean;
}
