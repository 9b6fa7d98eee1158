/**
 * Settling: verified shards become cells, credit, receipts and leaves in one transaction, or nothing at all. Many in
 * one cost hardly more statements than one alone.
 */
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { type Opened, sealReceipt } from '../protocol/envelope.ts';
import type { SigningKey } from '../protocol/keys.ts';
import type { Database, Queries } from '../store/database.ts';
import { lockJobs } from '../store/jobs.ts';
import { endLeases } from '../store/leases.ts';
import type { NewShard } from '../store/schema.ts';
import { type ShardCell, acceptShards, receiptsOfLeases, storeReceipts } from '../store/shards.ts';
import { contributorAccount } from './accounts.ts';
import { balanceOf, creditShards } from './ledger.ts';
import { appendLeaves, leafOf, lockLog } from './log.ts';

export interface SettleInput {
  /**
   * `id` is the lease's id, `contributor` the key in the lease, `microcredits` the work: what is credited for
   * it may be less under a capped supply, and stands in the receipt.
   */
  readonly shard: Omit<NewShard, 'resultDigest' | 'verifiedMs'>;
  /** Of its two envelopes. */
  readonly digests: Readonly<Record<'lease' | 'result', Opened<unknown>['digest']>>;
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

/** As settleShards, for one. */
export async function settleShard(
  db: Database,
  key: SigningKey,
  clock: Clock,
  input: SettleInput,
): Promise<Settlement | undefined> {
  return (await settleShards(db, key, clock, [input]))[0];
}

/**
 * Call it for verified results. When it returns, the settlements are on disk: only then may the receipts be sent.
 * Settling a lease again, at once or later, returns its first receipt and credits nothing. All or nothing: where it
 * throws, nothing is written.
 * @returns for each, in order; undefined for a shard that is no longer open: somebody else's result was first, or the
 *   job has ended
 */
export function settleShards(
  db: Database,
  key: SigningKey,
  clock: Clock,
  inputs: readonly SettleInput[],
): Promise<(Settlement | undefined)[]> {
  return db.transaction().execute((trx) => settleWithin(trx, key, clock, inputs));
}

/** As settleShards. @param trx - the caller's transaction, which holds nothing that others wait for */
export async function settleWithin(
  trx: Queries,
  key: SigningKey,
  clock: Clock,
  inputs: readonly SettleInput[],
): Promise<(Settlement | undefined)[]> {
  // Everybody locks in this order: jobs, accounts, the log.
  await lockJobs(trx, unique(inputs.map(({ shard }) => shard.job)));
  const settlements = await settlementsOf(trx, unique(inputs.map(({ shard }) => shard.id)));
  const fresh = new Map(
    inputs.filter(({ shard }) => !settlements.has(shard.id)).map((input) => [input.shard.id, input]),
  );
  const made = await settleFresh(trx, key, clock.now(), Array.from(fresh.values()));
  for (const [id, settlement] of made) settlements.set(id, settlement);
  return inputs.map(({ shard }) => settlements.get(shard.id));
}

/** @param inputs - of leases that have not been settled, each once @returns those that were still open, by lease */
async function settleFresh(
  trx: Queries,
  key: SigningKey,
  timeMs: number,
  inputs: readonly SettleInput[],
): Promise<Map<string, Settlement>> {
  if (inputs.length === 0) return new Map();
  const accepted = await acceptShards(
    trx,
    inputs.map(({ shard, digests, cells }) => ({
      shard: { ...shard, resultDigest: digests.result, verifiedMs: timeMs },
      cells,
    })),
  );
  const open = inputs.filter((_, i) => accepted[i]);
  if (open.length === 0) return new Map();

  const credited = await creditShards(
    trx,
    open.map(({ shard: { id, job, contributor, microcredits } }) => ({
      shard: id,
      job,
      contributor,
      work: microcredits,
      timeMs,
    })),
  );
  const first = await lockLog(trx);
  const receipts = await Promise.all(
    open.map(({ shard, digests }, i) =>
      sealReceipt(
        {
          leaseDigest: digests.lease,
          resultDigest: digests.result,
          lease: shard.id,
          contributor: shard.contributor,
          job: shard.job,
          multiplyAdds: shard.multiplyAdds,
          microcredits: credited[i]!.microcredits,
          balanceMicrocredits: credited[i]!.balance,
          missLog2: shard.missLog2,
          timeMs,
          logIndex: first + i,
        },
        key,
      ),
    ),
  );
  const settled = open.map(({ shard }, i) => ({
    shard,
    receipt: receipts[i]!,
    leaf: first + i,
    ...credited[i]!,
  }));
  await storeReceipts(
    trx,
    settled.map(({ shard: { id }, receipt, microcredits }) => ({
      id,
      receiptEnvelope: receipt,
      microcredits,
    })),
  );
  await appendLeaves(
    trx,
    first,
    settled.map(({ shard: { id, leaseEnvelope, resultEnvelope }, receipt }) => ({
      shard: id,
      envelopes: { leaseEnvelope, resultEnvelope, receiptEnvelope: receipt },
    })),
  );
  await endLeases(
    trx,
    settled.map(({ shard }) => shard.id),
    'done',
    timeMs,
  );
  return new Map(settled.map(({ shard, receipt, balance, leaf }) => [shard.id, { receipt, balance, leaf }]));
}

/** Those of the leases that have been settled. */
async function settlementsOf(db: Queries, leases: readonly string[]): Promise<Map<string, Settlement>> {
  const settlements = new Map<string, Settlement>();
  for (const { id, contributor, receiptEnvelope } of await receiptsOfLeases(db, leases)) {
    if (!receiptEnvelope) throw new AppError('internal', `the shard of lease ${id} has no receipt`);
    const balance = await balanceOf(db, contributorAccount(contributor));
    settlements.set(id, { receipt: receiptEnvelope, balance, leaf: await leafOf(db, id) });
  }
  return settlements;
}

const unique = (names: readonly string[]): string[] => Array.from(new Set(names));
