/** The commands about credit and their options. */
import { type Command, InvalidArgumentError } from 'commander';
import { DEFAULT_URL } from './connection.ts';
import { type ConnectionFlags, connecting } from './connecting.ts';
import type { Context } from './context.ts';
import type { CreditOptions } from './credit.ts';
import type { StatementOptions } from './statement.ts';

export interface CreditCommands {
  credit(options: CreditOptions, context: Context): Promise<void>;
  statement(options: StatementOptions, context: Context): Promise<void>;
}

export const realCreditCommands: CreditCommands = {
  credit: async (options, context) => (await import('./credit.ts')).credit(options, context),
  statement: async (options, context) => (await import('./statement.ts')).showStatement(options, context),
};

const NOTES = `
Amounts are whole microcredits: 1000000 are one credit, 10^12 verified multiply-adds.
Accounts are called kind:name, such as requester:default, team:physics, project:digits.`;

export function addCredit(program: Command, context: () => Context, commands: CreditCommands): void {
  const credit = program
    .command('credit')
    .description('what the operator may do with credit')
    .addHelpText('after', NOTES);

  ordering(credit.command('grant'))
    .description('give an account credit from the mint; it counts as issued')
    .argument('<account>')
    .argument('<microcredits>', 'how much', microcredits)
    .action((to: string, amount: string, flags: OrderFlags) =>
      commands.credit({ action: 'grant', ...flags, to, microcredits: amount }, context()),
    );
  ordering(credit.command('transfer'))
    .description('move credit from one account to another')
    .argument('<from>')
    .argument('<to>')
    .argument('<microcredits>', 'how much', microcredits)
    .action((from: string, to: string, amount: string, flags: OrderFlags) =>
      commands.credit({ action: 'transfer', ...flags, from, to, microcredits: amount }, context()),
    );
  connecting(credit.command('show'))
    .description('the supply, or the balance and the latest events of an account')
    .argument('[account]')
    .action((account: string | undefined, flags: ConnectionFlags) =>
      commands.credit({ action: 'show', ...flags, account }, context()),
    );
}

export function addStatement(program: Command, context: () => Context, commands: CreditCommands): void {
  program
    .command('statement')
    .description('what a contributor has been credited; needs no token')
    .argument('<PeerId>', 'who')
    .option('--csv', 'all of it, as a file signed by the coordinator, checked before it is written', false)
    .option('-o, --output <file>', 'where the CSV goes')
    .option('--coordinator <PeerId>', 'who must have signed it (else whoever the coordinator says it is)')
    .option('--url <url>', `the coordinator (or TILEWORK_URL; else ${DEFAULT_URL})`)
    .action((contributor: string, flags: Omit<StatementOptions, 'contributor'>) =>
      commands.statement({ ...flags, contributor }, context()),
    );
}

interface OrderFlags extends ConnectionFlags {
  readonly memo?: string;
  readonly id?: string;
}

function ordering(command: Command): Command {
  return connecting(command)
    .option('--memo <text>', 'what for; it stands in the statements of both')
    .option('--id <id>', 'an order with the same id happens once');
}

/** @throws InvalidArgumentError unless it is 1 to 2⁵³ − 1, in digits */
export function microcredits(text: string): string {
  const value = /^\d{1,16}$/.test(text) ? BigInt(text) : 0n;
  if (value >= 1n && value < 2n ** 53n) return value.toString();
  throw new InvalidArgumentError('It is a whole number of microcredits, 1 to 9007199254740991.');
}
