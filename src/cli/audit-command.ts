/** `audit`: its options. */
import { type Command, InvalidArgumentError } from 'commander';
import type { AuditFlags } from './audit.ts';
import type { Context } from './context.ts';

export interface AuditCommands {
  audit(flags: AuditFlags, context: Context): Promise<void>;
}

export const realAuditCommands: AuditCommands = {
  audit: async (flags, context) => (await import('./audit.ts')).audit(flags, context),
};

const NOTES = `
From the log's tiles, entries and checkpoint alone, everything in it is computed again: every hash and the
root, every signature, what each statement says of the others, that no work is credited twice, the credit of
each shard and every balance. Then results are fetched and checked again with r from a public coin. It shares
no code with what writes the log. It ends at the first contradiction, names it, and exits with 1.

  npm run tilework -- audit http://127.0.0.1:8080
  npm run tilework -- audit http://127.0.0.1:8080 --mirror copy      downloads what is new, then audits
  npm run tilework -- audit copy --sample all                        later, without the network
  npm run tilework -- audit http://127.0.0.1:8080 --job ID           every result of one job`;

export function addAudit(program: Command, context: () => Context, commands: AuditCommands): void {
  program
    .command('audit')
    .description('check the public log of a network, and results in it, without trusting anybody')
    .argument('<URL|DIR>', 'a coordinator, or a mirror of its log')
    .option('--key <PeerId>', 'whose log it must be; pages and receipts name the coordinator so')
    .option('--job <id>', 'check results of this job')
    .option('--sample <N|all>', 'how many results to check again (default: 8; with --job, all)', sampleSize)
    .option('--seed <number>', 'which ones: the same seed chooses the same', seedNumber)
    .option('--mirror <folder>', 'keep a copy, and every checkpoint, to compare the next ones with')
    .option('--json', 'one line of JSON', false)
    .addHelpText('after', NOTES)
    .action((target: string, flags: Omit<AuditFlags, 'target'>) =>
      commands.audit({ ...flags, target }, context()),
    );
}

function sampleSize(text: string): number | 'all' {
  if (text === 'all') return text;
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is a whole number up to 999999, or all.');
}

function seedNumber(text: string): number {
  if (/^\d{1,10}$/.test(text) && Number(text) < 2 ** 32) return Number(text);
  throw new InvalidArgumentError('It is a whole number below 4294967296.');
}
