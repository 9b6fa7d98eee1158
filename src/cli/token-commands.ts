/** The commands about tokens and their options. */
import { type Command, InvalidArgumentError } from 'commander';
import type { TokenScope } from '../core/v1.ts';
import { type ConnectionFlags, connecting } from './connecting.ts';
import type { Context } from './context.ts';
import { duration } from './quantities.ts';
import type { TokenOptions } from './token.ts';

export interface TokenCommands {
  token(options: TokenOptions, context: Context): Promise<void>;
}

export const realTokenCommands: TokenCommands = {
  token: async (options, context) => (await import('./token.ts')).token(options, context),
};

const SCOPES: readonly TokenScope[] = ['submit', 'read', 'operate'];

const NOTES = `
Scopes: submit (upload operands, create and cancel jobs), read (its own jobs and their results),
operate (everybody's, and tokens). A coordinator answers these commands on its own machine only,
unless it was started with --operate-from.

  npm run tilework -- token create --scope submit,read --label "Ada's laptop" --expires 30d
  npm run tilework -- token revoke 0123456789abcdef`;

interface CreateFlags extends ConnectionFlags {
  readonly scope: readonly TokenScope[];
  readonly label: string;
  readonly expires?: number;
}

export function addToken(program: Command, context: () => Context, commands: TokenCommands): void {
  const token = program
    .command('token')
    .description('hand out API tokens, and take them back')
    .addHelpText('after', NOTES);

  connecting(token.command('create'))
    .description('make a token; it is shown once')
    .requiredOption('--scope <scopes>', `what it may do: some of ${SCOPES.join(',')}`, scopes)
    .requiredOption('--label <text>', 'whose it is')
    .option('--expires <time>', 'after how long it stops being good: 12h, 30d (default: never)', duration)
    .action(({ scope, expires, ...flags }: CreateFlags) =>
      commands.token({ action: 'create', ...flags, scopes: scope, lifetimeMs: expires }, context()),
    );
  connecting(token.command('list'))
    .description('every token with its label, scopes and last use; never the tokens themselves')
    .action((flags: ConnectionFlags) => commands.token({ action: 'list', ...flags }, context()));
  connecting(token.command('revoke'))
    .description('end a token now, with everything that it has open')
    .argument('<ID>', 'from token list')
    .action((id: string, flags: ConnectionFlags) =>
      commands.token({ action: 'revoke', ...flags, id }, context()),
    );
}

function scopes(text: string): TokenScope[] {
  const named = new Set(text.split(','));
  const held = SCOPES.filter((scope) => named.has(scope));
  if (held.length === named.size && held.length > 0) return held;
  throw new InvalidArgumentError(`It is a list of ${SCOPES.join(', ')}, with commas.`);
}
