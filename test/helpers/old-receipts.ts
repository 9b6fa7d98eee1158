/** Shards that were settled before there was a log: credited, with receipts that name no index, and no leaf. */
import type { Insertable } from 'kysely';
import { envelopeDigest, sealReceipt } from '../../src/protocol/envelope.ts';
import type { SigningKey } from '../../src/protocol/keys.ts';
import { contributorAccount } from '../../src/ledger/accounts.ts';
import type { Database } from '../../src/store/database.ts';
import type { Cell, ShardsTable } from '../../src/store/schema.ts';
import { insertJob, settleInput } from './records.ts';

const MINT = 'treasury:mint';

/** @returns the receipts in the order of their credit, which is not the order of the shards' ids */
export async function insertOldReceipts(
  db: Database,
  key: SigningKey,
  contributor: string,
  count: number,
): Promise<Uint8Array[]> {
  const job = await insertJob(db, 'before the log', count);
  const account = contributorAccount(contributor);
  const receipts: Uint8Array[] = [];
  const shards: Insertable<ShardsTable>[] = [];
  const cells: Cell[] = [];
  let balance = 0n;
  for (let n = 0; n < count; n++) {
    const area = { rowBlock: n, colBlock: 0, rowBlocks: 1, colBlocks: 1 };
    const input = settleInput(1_000_000 - n, job.id, contributor, area);
    const { id, leaseEnvelope, resultEnvelope, multiplyAdds, microcredits, missLog2 } = input.shard;
    balance += microcredits;
    const [leaseDigest, resultDigest] = [
      await envelopeDigest(leaseEnvelope),
      await envelopeDigest(resultEnvelope),
    ];
    const receiptEnvelope = await sealReceipt(
      {
        leaseDigest,
        resultDigest,
        lease: id,
        contributor,
        job: job.id,
        multiplyAdds,
        microcredits,
        balanceMicrocredits: balance,
        missLog2,
        timeMs: n,
      },
      key,
    );
    receipts.push(receiptEnvelope);
    shards.push({ ...input.shard, resultDigest, receiptEnvelope, verifiedMs: n });
    cells.push(...input.cells.map((cell) => ({ ...cell, job: job.id, shard: id })));
  }
  await db.transaction().execute(async (trx) => {
    await trx.insertInto('shards').values(shards).execute();
    await trx.insertInto('cells').values(cells).execute();
    const accounts = [
      { id: account, kind: 'contributor' as const, createdMs: 1 },
      { id: MINT, kind: 'treasury' as const, createdMs: 1 },
    ];
    await trx
      .insertInto('accounts')
      .values(accounts)
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
    const events = await trx
      .insertInto('events')
      .values(
        shards.map(({ id }, n) => ({ kind: 'credit', shard: id, businessId: null, timeMs: n, memo: '' })),
      )
      .returning('id')
      .execute();
    const postings = events.flatMap(({ id }, n) => [
      { event: id, account, microcredits: shards[n]!.microcredits },
      { event: id, account: MINT, microcredits: -shards[n]!.microcredits },
    ]);
    await trx.insertInto('postings').values(postings).execute();
  });
  return receipts;
}
