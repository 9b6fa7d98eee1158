/** `tilework backup FOLDER` and `tilework restore FOLDER`. */
import { join } from 'node:path';
import { TileworkClient } from '../client/client.ts';
import { backUp } from '../coordinator/backup.ts';
import { restore as restoreFrom } from '../coordinator/restore.ts';
import { isAppError } from '../core/errors.ts';
import { formatBytes } from '../core/units.ts';
import { AppError } from '../core/errors.ts';
import { connect } from './connection.ts';
import type { Context } from './context.ts';
import { resolveSettings } from './resolve-settings.ts';
import { counted } from './meter.ts';

export interface BackupFlags {
  readonly folder: string;
  readonly data?: string;
  readonly config?: string;
  readonly url?: string;
}

/** @throws AppError as `backUp` does; 'unreachable' where the coordinator runs and does not answer */
export async function backup(flags: BackupFlags, context: Context): Promise<void> {
  const { folder, data, config, url } = flags;
  const { terminal, env, clock, signal } = context;
  const said = { ...(data !== undefined && { data }), ...(config !== undefined && { config }) };
  const { settings } = await resolveSettings(said, env, 'serve');
  const dataDir = settings.data;
  const report = await backUp({
    dataDir,
    to: folder,
    blocksAt: settings.blocks,
    keyFile: settings.key,
    postgres: settings.databaseUrl !== undefined,
    clock,
    async snapshot() {
      const client = await clientOf(url ?? `http://127.0.0.1:${settings.port}`, dataDir, env);
      const made = await client.snapshot({ signal }).catch((error: unknown) => {
        if (!isAppError(error, 'unreachable')) throw error;
        throw new AppError(
          'unreachable',
          `a coordinator runs on ${dataDir} and does not answer at ${client.url}: say where with --url`,
          { cause: error },
        );
      });
      return { folder: join(dataDir, made.folder), receipts: made.receipts };
    },
  });
  const { blocks, damaged, database, running } = report;
  const how =
    database === 'postgres' ? 'the dump of the database' : running ? 'the running database' : 'the database';
  terminal.out(
    `${folder} holds ${how}, ${counted(blocks.count, 'block')} (${formatBytes(blocks.bytes)}) and the keys`,
  );
  if (report.blocksAt !== undefined)
    terminal.note(`The blocks lie in ${report.blocksAt}: copy that as well, and after this.`);
  terminal.note(
    'It holds the coordinator’s key and token: whoever reads it can act as this network. Keep it so.',
  );
  for (const hash of damaged)
    terminal.note(`warning: block ${hash} is damaged on the disk and was left out; upload its operand again`);
}

function clientOf(url: string, data: string, env: Context['env']): Promise<TileworkClient> {
  return connect({ url, data }, env);
}

export interface RestoreFlags {
  readonly folder: string;
  readonly data: string;
}

/** @throws AppError as `restoreFrom` does */
export async function restore({ folder, data }: RestoreFlags, { terminal }: Context): Promise<void> {
  const { index, receipts, missing } = await restoreFrom(folder, data);
  const made = new Date(index.madeMs).toISOString();
  terminal.out(`${data} holds the coordinator ${index.peerId} as of ${made}; everything matched its hash`);
  for (const hash of missing.slice(0, 10))
    terminal.note(`warning: the database names a block that is not there: ${hash}`);
  if (missing.length > 10) terminal.note(`warning: and ${missing.length - 10} more`);
  if (index.blocksAt !== undefined)
    terminal.note(`Its blocks lay in ${index.blocksAt}: start with --blocks and where they are now`);
  if (index.database === 'postgres') {
    terminal.note('Now the database, into an empty one, before the first start:');
    terminal.note(`  pg_restore --no-owner --dbname="$DATABASE_URL" ${join(folder, 'database.dump')}`);
  }
  for (const line of receiptNotes(receipts)) terminal.note(line);
}

/** What a restored log cannot do, said before somebody else has to prove it. */
export function receiptNotes(receipts: number | undefined): string[] {
  const held = receipts === undefined ? 'Its log' : `Its log of ${counted(receipts, 'receipt')}`;
  return [
    `${held} ends with the backup. Receipts that were handed out later are not in it, and their holders`,
    'can prove that: their pages will say that the log contradicts a checkpoint that was signed, and they are right.',
    'If the old data folder can still be read, start with that instead. If not: tell contributors from when to when',
    'receipts were lost, and keep this log as it is; never sign the lost receipts anew for somebody else’s work.',
    'Never run both: two coordinators with one key would sign two histories.',
  ];
}
