/** `tilework statement PEERID`: a contributor's credit, for reading or as a signed file that is checked first. */
import { writeFile } from 'node:fs/promises';
import { TileworkClient } from '../client/client.ts';
import { formatCredit } from '../core/units.ts';
import { checkStatement } from '../coordinator/statement-check.ts';
import { AppError, toAppError } from '../core/errors.ts';
import { DEFAULT_URL } from './connection.ts';
import type { Context } from './context.ts';
import { statementText } from './credit.ts';

export interface StatementOptions {
  /** PeerId. */
  readonly contributor: string;
  readonly csv: boolean;
  /** Where the CSV goes instead of to stdout. */
  readonly output?: string | undefined;
  /** The PeerId that must have signed. @default what the coordinator says that it is */
  readonly coordinator?: string | undefined;
  readonly url?: string | undefined;
}

/** @throws AppError 'bad-signature', 'wrong-peer' or 'bad-file' for a statement that does not hold; it is not written. */
export async function showStatement(options: StatementOptions, context: Context): Promise<void> {
  const { terminal, signal, env } = context;
  const { contributor, output } = options;
  const client = new TileworkClient({ url: options.url ?? env['TILEWORK_URL'] ?? DEFAULT_URL });
  if (!options.csv && output === undefined) {
    for (const line of statementText(await client.statement(contributor, { signal }))) terminal.out(line);
    return;
  }
  const signer = options.coordinator ?? (await client.network({ signal })).coordinator;
  const csv = await client.statementCsv(contributor, { signal });
  const { account, lines, balanceMicrocredits } = await checkStatement(csv, signer);
  if (account !== `contributor:${contributor}`) {
    throw new AppError('bad-file', `this is the statement of ${account}`);
  }
  if (output === undefined) terminal.out(csv.trimEnd());
  else await save(output, csv);
  terminal.note(
    `${lines} lines come to ${formatCredit(balanceMicrocredits)} credit; signed by ${signer}` +
      (options.coordinator === undefined ? ' (as the coordinator calls itself; --coordinator pins it)' : ''),
  );
}

async function save(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    throw new AppError('bad-input', `${path} cannot be written: ${toAppError(error).message}`, {
      cause: error,
    });
  }
}
