/** Options of every command that an operator gives to a running coordinator. */
import type { Command } from 'commander';
import { DEFAULT_DATA, DEFAULT_URL } from './connection.ts';

export interface ConnectionFlags {
  readonly url?: string;
  readonly token?: string;
  readonly data?: string;
}

export function connecting(command: Command): Command {
  return command
    .option('--url <url>', `the coordinator (or TILEWORK_URL; else ${DEFAULT_URL})`)
    .option('--token <token>', `the operator's (or TILEWORK_TOKEN; else from ${DEFAULT_DATA}/token)`)
    .option('--data <folder>', 'the data folder of a coordinator on this machine, for its token');
}
