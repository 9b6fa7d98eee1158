/** Operands of f32x jobs as limbs: split once, and found again for every later product. */
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { Diagonal } from '../matrix/limbs.ts';
import { type Hash, decodeManifest } from '../matrix/manifest.ts';
import { type LimbOperand, type Side, splitOperand } from '../matrix/split.ts';
import { type BlockStore, fetchFrom } from '../store/blocks.ts';
import type { Database } from '../store/database.ts';
import { getOperand, insertOperand } from '../store/operands.ts';
import { insertLimbs, limbsOf } from '../store/parts.ts';
import type { LimbsTable } from '../store/schema-floats.ts';

export interface LimbsContext {
  readonly db: Database;
  readonly blocks: BlockStore;
  readonly clock: Clock;
}

/** The largest magnitude of a limb. */
const MAX_ABS = 128;

/** The operand of one part. */
export type LimbsOn = (side: Side, diagonal: Diagonal) => Hash;

/**
 * Idempotent, after a crash in the middle too: the same operand has the same limbs. Block by block on the main thread,
 * 1 to 2 ms at a stretch, and never faster than blocks are stored.
 * @throws AppError 'not-found', 'internal' when a block of the operand is lost, 'aborted'.
 */
export async function splitOnce(
  operand: Hash,
  { db, blocks, clock }: LimbsContext,
  signal: AbortSignal,
): Promise<LimbsOn> {
  const known = await limbsOf(db, operand);
  if (known.length > 0) return lookUp(known);
  const source = await getOperand(db, operand);
  if (!source) throw new AppError('not-found', `there is no operand ${operand} any more; upload it again`);
  const fetch = fetchFrom(blocks);
  const put = (hash: Hash, bytes: Uint8Array): Promise<void> => blocks.put(hash, bytes);
  const made = await splitOperand(decodeManifest(await fetch(operand)), fetch, put, { signal });
  const limbs = made.map(({ side, diagonal, id }): LimbsTable => ({ operand, side, diagonal, limbs: id }));
  await db.transaction().execute(async (trx) => {
    for (const one of made) {
      await insertOperand(trx, {
        id: one.id,
        dtype: 'i8',
        rows: source.rows,
        k: one.k,
        maxAbs: MAX_ABS,
        bytes: one.bytes,
        name: nameOf(one, source.name),
        createdMs: clock.now(),
      });
    }
    await insertLimbs(trx, limbs);
  });
  return lookUp(limbs);
}

function nameOf({ side, diagonal }: LimbOperand, source: string): string {
  return `limbs of ${source}, diagonal ${diagonal}, ${side}`;
}

function lookUp(limbs: readonly LimbsTable[]): LimbsOn {
  return (side, diagonal) => {
    const found = limbs.find((one) => one.side === side && one.diagonal === diagonal);
    if (!found) throw new AppError('internal', `limbs of diagonal ${diagonal} are missing`);
    return found.limbs;
  };
}
