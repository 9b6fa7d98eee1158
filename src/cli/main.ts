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

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportFailure(error, terminal, debugging);
}
