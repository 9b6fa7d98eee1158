/** What a coordinator does before it takes part in a network that it may share with others. */
import { toHex, utf8 } from '../core/bytes.ts';
import { AppError } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';
import { logSize } from '../ledger/log.ts';
import type { BlockStore } from '../store/blocks.ts';
import { type CoordinatorState, forgetCoordinator, livingCoordinators } from '../store/coordinators.ts';
import type { DataFolder } from '../store/data-folder.ts';
import type { Queries } from '../store/database.ts';
import { assertNetworkKey } from '../store/network-key.ts';
import { newestOperand } from '../store/operands.ts';
import { giveBackAll } from '../store/plots.ts';

export interface Entry {
  /** Of this process. */
  readonly id: string;
  /** Other coordinators that live. */
  readonly others: readonly CoordinatorState[];
  /** Leaves of the log before anything else was read. */
  readonly leaves: number;
}

const ID_BYTES = 8;

/** @throws AppError 'conflict' for another key than the network's */
export async function enterNetwork(
  db: Queries,
  folder: Pick<DataFolder, 'secret'>,
  rng: Rng,
  peerId: string,
  deadMs: number,
): Promise<Entry> {
  await assertNetworkKey(db, peerId);
  let before: string | undefined;
  const { bytes } = await folder.secret(
    'process',
    () => Promise.resolve(utf8.encode(toHex(rng.bytes(ID_BYTES)))),
    (old) => {
      before = utf8.decode(old);
      return false;
    },
  );
  // The folder is ours alone, so whoever had it before is dead, however fresh its last heartbeat is.
  if (before !== undefined) {
    await giveBackAll(db, before);
    await forgetCoordinator(db, before);
  }
  const leaves = await logSize(db);
  return { id: utf8.decode(bytes), others: await livingCoordinators(db, deadMs), leaves };
}

/**
 * Whether this coordinator reads what the others have stored.
 * @throws AppError 'conflict' when it does not
 */
export async function assertSharedBlocks(
  db: Queries,
  blocks: Pick<BlockStore, 'has'>,
  others: readonly CoordinatorState[],
): Promise<void> {
  if (others.length === 0) return;
  const newest = await newestOperand(db);
  if (newest === undefined || (await blocks.has(newest))) return;
  throw new AppError(
    'conflict',
    `this coordinator’s block store does not hold the operand ${newest}, which another coordinator of the network ` +
      'has stored: give all of them the same block store with --blocks',
  );
}
