/** The command line's composition root: joins the commands to this process. */
import { systemClock } from '../core/clock.ts';
import { reportFailure } from './failure.ts';
import { interruptSignal } from './interrupt.ts';
import { createProgram } from './program.ts';
import { processTerminal } from './terminal.ts';

const terminal = processTerminal(systemClock);
const signal = interruptSignal(process, systemClock);
let debugging = false;

const program = createProgram((debug) => {
  debugging = debug;
  return { terminal, clock: systemClock, env: process.env, signal, debug };
});

// A bug in something that nobody waits for. One line here too; a closed pipe (| head) needs none.
process.on('uncaughtException', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : reportFailure(error, terminal, debugging));
});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportFailure(error, terminal, debugging);
}
