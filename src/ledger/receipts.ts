/** Settling: a verified shard becomes cells, credit, a receipt and its leaf in one transaction, or nothing at all. */
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { type Receipt, envelopeDigest, sealReceipt } from '../protocol/envelope.ts';
import type { SigningKey } from '../protocol/keys.ts';
import type { Database, Queries } from '../store/database.ts';
import { lockJob } from '../store/jobs.ts';
import { endLease } from '../store/leases.ts';
import type { NewShard } from '../store/schema.ts';
import { type ShardCell, acceptShard, getShard, storeReceipt } from '../store/shards.ts';
import { contributorAccount } from './accounts.ts';
import { balanceOf, creditShard } from './ledger.ts';
import { appendLeaf, leafOf, lockLog } from './log.ts';

export interface SettleInput {
  /**
   * `id` is the lease's id, `contributor` the key in the lease, `microcredits` the work: what is credited for
   * it may be less under a capped supply, and stands in the receipt.
   */
  readonly shard: Omit<NewShard, 'resultDigest' | 'verifiedMs'>;
  /** One for each cell of the shard's rectangle. */
  readonly cells: readonly ShardCell[];
}

export interface Settlement {
  /** The receipt's envelope, to be sent to the contributor. */
  readonly receipt: Uint8Array;
  /** The contributor's balance, in microcredits. */
  readonly balance: bigint;
  /** Its place in the public log. */
  readonly leaf: number;
}

/**
 * Call it for a verified result. When it returns, the settlement is on disk: only then may the receipt be sent.
 * Settling a lease again, at once or later, returns its first receipt and credits nothing.
 * @returns undefined when the shard is no longer open: somebody else's result was first, or the job has ended
 */
export function settleShard(
  db: Pick<Database, 'together'>,
  key: SigningKey,
  clock: Clock,
  { shard, cells }: SettleInput,
): Promise<Settlement | undefined> {
  return db.together(async (trx) => {
    await lockJob(trx, shard.job);
    const settled = await settlementOf(trx, shard.id);
    if (settled) return settled;

    const verifiedMs = clock.now();
    const [leaseDigest, resultDigest] = [
      await envelopeDigest(shard.leaseEnvelope),
      await envelopeDigest(shard.resultEnvelope),
    ];
    if (!(await acceptShard(trx, { shard: { ...shard, resultDigest, verifiedMs }, cells }))) return undefined;
    const { id, contributor, job, multiplyAdds, missLog2 } = shard;
    const { microcredits, balance } = await creditShard(trx, {
      shard: id,
      job,
      contributor,
      work: shard.microcredits,
      timeMs: verifiedMs,
    });
    const logIndex = await lockLog(trx);
    const receipt: Receipt = {
      leaseDigest,
      resultDigest,
      lease: id,
      contributor,
      job,
      multiplyAdds,
      microcredits,
      balanceMicrocredits: balance,
      missLog2,
      timeMs: verifiedMs,
      logIndex,
    };
    const envelope = await sealReceipt(receipt, key);
    await storeReceipt(trx, id, envelope);
    await appendLeaf(trx, logIndex, id, { ...shard, receiptEnvelope: envelope });
    await endLease(trx, id, 'done', verifiedMs);
    return { receipt: envelope, balance, leaf: logIndex };
  });
}

async function settlementOf(db: Queries, lease: string): Promise<Settlement | undefined> {
  const shard = await getShard(db, lease);
  if (!shard) return undefined;
  if (!shard.receiptEnvelope) throw new AppError('internal', `the shard of lease ${lease} has no receipt`);
  return {
    receipt: shard.receiptEnvelope,
    balance: await balanceOf(db, contributorAccount(shard.contributor)),
    leaf: await leafOf(db, lease),
  };
}
