/** The commands about backups and their options. */
import type { Command } from 'commander';
import type { BackupFlags, RestoreFlags } from './backup.ts';
import { DEFAULT_DATA } from './connection.ts';
import type { Context } from './context.ts';

export interface BackupCommands {
  backup(flags: BackupFlags, context: Context): Promise<void>;
  restore(flags: RestoreFlags, context: Context): Promise<void>;
}

export const realBackupCommands: BackupCommands = {
  backup: async (flags, context) => (await import('./backup.ts')).backup(flags, context),
  restore: async (flags, context) => (await import('./backup.ts')).restore(flags, context),
};

const BACKUP_NOTES = `
Run it on the coordinator's machine; the coordinator may go on working. The backup holds the coordinator's key and
token: only its owner may read it (mode 0600), and it should stay so wherever it goes.

With a PostgreSQL the database comes first, then blocks and keys, so that no block is missing:
  mkdir FOLDER && pg_dump --format=custom --file=FOLDER/database.dump "$DATABASE_URL" && tilework backup FOLDER`;

export function addBackup(program: Command, context: () => Context, commands: BackupCommands): void {
  program
    .command('backup')
    .description('copy everything that must survive: database, blocks, keys')
    .argument('<folder>', 'a new folder')
    .option('--data <folder>', `the coordinator's data folder (or TILEWORK_DATA; else ${DEFAULT_DATA})`)
    .option('--config <file>', 'the coordinator’s config file (or TILEWORK_CONFIG)')
    .option('--url <url>', 'where it answers, if it runs (else this machine, at its port)')
    .addHelpText('after', BACKUP_NOTES)
    .action((folder: string, flags: Omit<BackupFlags, 'folder'>) =>
      commands.backup({ ...flags, folder }, context()),
    );
  program
    .command('restore')
    .description('check a backup and make a data folder of it')
    .argument('<folder>', 'the backup')
    .requiredOption('--data <folder>', 'the data folder to make; it must not exist, or be empty')
    .action((folder: string, flags: Omit<RestoreFlags, 'folder'>) =>
      commands.restore({ ...flags, folder }, context()),
    );
}
