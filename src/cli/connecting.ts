/** Options of every command that is for a running coordinator. */
import type { Command } from 'commander';
import { DEFAULT_DATA, DEFAULT_URL } from './connection.ts';

export interface ConnectionFlags {
  readonly url?: string;
  readonly token?: string;
  readonly data?: string;
}

/** @param token - whose token it takes */
export function connecting(command: Command, token = "the operator's"): Command {
  return command
    .option('--url <url>', `the coordinator (or TILEWORK_URL; else ${DEFAULT_URL})`)
    .option('--token <token>', `${token} (or TILEWORK_TOKEN; else from ${DEFAULT_DATA}/token)`)
    .option('--data <folder>', 'the data folder of a coordinator on this machine, for its token');
}
