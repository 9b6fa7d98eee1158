/** The operator's commands about contributors and projects, and their options. */
import { type Command, InvalidArgumentError } from 'commander';
import { PEER_ID } from '../core/peer-id.ts';
import { type ConnectionFlags, connecting } from './connecting.ts';
import type { Context } from './context.ts';
import type { OperatorOptions } from './operator.ts';

export interface OperatorCommands {
  operator(options: OperatorOptions, context: Context): Promise<void>;
}

export const realOperatorCommands: OperatorCommands = {
  operator: async (options, context) => (await import('./operator.ts')).operator(options, context),
};

interface ReasonFlags extends ConnectionFlags {
  readonly reason: string;
}

interface PauseFlags extends ConnectionFlags {
  readonly reason?: string;
}

export function addOperator(program: Command, context: () => Context, commands: OperatorCommands): void {
  connecting(program.command('ban'))
    .description('shut a contributor out: its connection is closed with the reason, its credit stays')
    .argument('<PEERID>', 'the contributor’s id, 12D3KooW…', peerId)
    .requiredOption('--reason <text>', 'why; the contributor is told')
    .action((contributor: string, { reason, ...flags }: ReasonFlags) =>
      commands.operator({ action: 'ban', ...flags, contributor, reason }, context()),
    );
  connecting(program.command('unban'))
    .description('let a contributor in again')
    .argument('<PEERID>', 'the contributor’s id, from bans', peerId)
    .action((contributor: string, flags: ConnectionFlags) =>
      commands.operator({ action: 'unban', ...flags, contributor }, context()),
    );
  connecting(program.command('bans'))
    .description('who is banned, since when and why')
    .action((flags: ConnectionFlags) => commands.operator({ action: 'bans', ...flags }, context()));
  connecting(program.command('pause'))
    .description('give no new leases to the jobs of a project; their requesters read that it is paused')
    .argument('<PROJECT>', 'its name, as multiply --project gave it')
    .option('--reason <text>', 'why; requesters are told')
    .action((project: string, flags: PauseFlags) =>
      commands.operator({ action: 'pause', ...flags, project }, context()),
    );
  connecting(program.command('resume'))
    .description('go on with a project')
    .argument('<PROJECT>', 'its name')
    .action((project: string, flags: ConnectionFlags) =>
      commands.operator({ action: 'resume', ...flags, project }, context()),
    );
}

function peerId(text: string): string {
  if (PEER_ID.test(text)) return text;
  throw new InvalidArgumentError('A contributor’s id is 52 characters long and begins with 12D3KooW.');
}
