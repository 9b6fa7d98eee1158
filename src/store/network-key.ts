/** The one key of a network that several coordinators share: pages pin it, and one public log is signed with it. */
import { AppError } from '../core/errors.ts';
import type { Queries } from './database.ts';

const SETTING = 'network-key';

/**
 * The first coordinator of a database says whose network it is.
 * @throws AppError 'conflict' for another key than the network's
 */
export async function assertNetworkKey(db: Queries, peerId: string): Promise<void> {
  await db
    .insertInto('settings')
    .values({ key: SETTING, value: peerId })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .execute();
  const { value } = await db
    .selectFrom('settings')
    .select('value')
    .where('key', '=', SETTING)
    .executeTakeFirstOrThrow();
  if (value === peerId) return;
  throw new AppError(
    'conflict',
    `this database belongs to the network of the key ${value}, and this coordinator has the key ${peerId}: ` +
      'give all coordinators of a network the same key file, with --key FILE or as coordinator.key in the data ' +
      `folder (to give the network another key for good, delete the row "${SETTING}" of its table settings)`,
  );
}
