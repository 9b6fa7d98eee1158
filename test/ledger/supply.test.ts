import fc from 'fast-check';
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { checkLedger } from '../../src/ledger/audit.ts';
import { MINT, contributorAccount } from '../../src/ledger/accounts.ts';
import { creditSettings, storeCreditSettings } from '../../src/ledger/credit-settings.ts';
import { minted } from '../../src/ledger/issuance.ts';
import { balanceOf, issuedSoFar, postEvent } from '../../src/ledger/ledger.ts';
import { settleShard } from '../../src/ledger/receipts.ts';
import { reserve } from '../../src/ledger/reservations.ts';
import { grant, transfer } from '../../src/ledger/transfers.ts';
import { openReceipt } from '../../src/protocol/envelope.ts';
import { generateKey } from '../../src/protocol/keys.ts';
import { getShard } from '../../src/store/shards.ts';
import { onEachDatabase } from '../helpers/databases.ts';
import { insertJob, settleInput } from '../helpers/records.ts';

const key = await generateKey();
const contributor = key.publicKey.toString();
const NOW = 1_800_000_000_000;
const clock = { now: () => NOW, after: () => () => {} };
const CAP = 20_000n;

// One story on one database, in this order: a cap is for good.
onEachDatabase('A capped supply', (get) => {
  let lease = 0;
  let place = 0;
  /** Settles `cells` cells side by side, anywhere new. */
  const settle = async (cells: number) => {
    const { db } = get();
    const job = `supply ${++place}`;
    await insertJob(db, job, 16);
    const input = settleInput(++lease, job, contributor, {
      rowBlock: 0,
      colBlock: 0,
      rowBlocks: 1,
      colBlocks: cells,
    });
    const settled = await settleShard(db, key, clock, input);
    const { value } = await openReceipt(settled!.receipt);
    return { ...value, work: input.shard.microcredits };
  };
  const refused = (code: string, supplyCap: bigint): Promise<void> =>
    expect(storeCreditSettings(get().db, { supplyCap }, NOW)).rejects.toMatchObject({ code });

  it('is not there unless the operator asks for it', async () => {
    expect(await creditSettings(get().db)).toEqual({ mode: 'open', supplyCap: undefined });
    expect(await settle(2)).toMatchObject({ microcredits: 135n, work: 135n });
    await refused('bad-input', 0n);
    await refused('bad-input', 2n ** 53n);
    await refused('conflict', 134n); // more is issued
  });

  it('is set once, survives, and cannot be moved', async () => {
    const { db } = get();
    await storeCreditSettings(db, { supplyCap: CAP }, NOW);
    expect(await storeCreditSettings(db, { supplyCap: CAP }, NOW)).toEqual({ mode: 'open', supplyCap: CAP });
    expect(await storeCreditSettings(db, {}, NOW)).toEqual({ mode: 'open', supplyCap: CAP });
    await refused('conflict', CAP + 1n);
    for (const change of [
      `UPDATE settings SET value = '99999999' WHERE key = 'supply-cap'`,
      `DELETE FROM settings WHERE key = 'supply-cap'`,
    ]) {
      await expect(sql.raw(change).execute(db)).rejects.toMatchObject({ code: '23001' });
    }
  });

  it('pays what the curve says, in the receipt, the record and the balance alike', async () => {
    const { db } = get();
    await grant(db, { id: 'to-a-half', to: 'team:t', microcredits: CAP / 2n - 135n - 100n, timeMs: NOW });
    const issued = await issuedSoFar(db);
    const receipt = await settle(8);
    const expected = minted({ cap: CAP, issued }, receipt.work);
    expect(receipt.work).toBe(537n);
    expect(receipt.microcredits).toBe(expected);
    expect(expected).toBe(100n + 437n / 2n); // across the threshold
    expect(receipt.balanceMicrocredits).toBe(135n + expected);
    expect((await getShard(db, receipt.lease))!.microcredits).toBe(expected);
    expect(await balanceOf(db, contributorAccount(contributor))).toBe(135n + expected);
    expect(await checkLedger(db)).toEqual([]);
  });

  it('is paid by the curve also when many shards settle at once', async () => {
    const { db } = get();
    const before = await issuedSoFar(db);
    const receipts = await Promise.all(Array.from({ length: 10 }, () => settle(4)));
    // As if one after the other, in the order of the balances that they state.
    receipts.sort((a, b) => Number(a.balanceMicrocredits - b.balanceMicrocredits));
    let issued = before;
    for (const { work, microcredits } of receipts) {
      expect(microcredits).toBe(minted({ cap: CAP, issued }, work));
      issued += microcredits;
    }
    expect(await issuedSoFar(db)).toBe(issued);
    expect(await checkLedger(db)).toEqual([]);
  });

  it('is never passed by any sequence of grants and shards, one by one or at once', async () => {
    const { db } = get();
    const step = fc.oneof(
      fc.record({ grant: fc.bigInt({ min: 1n, max: CAP / 3n }) }),
      fc.record({ cells: fc.integer({ min: 1, max: 16 }) }),
    );
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 4, maxLength: 12 }),
        fc.boolean(),
        async (steps, atOnce) => {
          run += 1;
          const act = async (each: (typeof steps)[number], n: number): Promise<bigint> => {
            if ('cells' in each) return (await settle(each.cells)).microcredits;
            const order = { id: `any-${run}-${n}`, to: 'project:p', microcredits: each.grant, timeMs: NOW };
            try {
              await grant(db, order);
              return each.grant;
            } catch (error) {
              expect(error).toMatchObject({ code: 'conflict' }); // more than is left
              return 0n;
            }
          };
          const before = await issuedSoFar(db);
          let given = 0n;
          if (atOnce) for (const credit of await Promise.all(steps.map(act))) given += credit;
          else for (const [n, each] of steps.entries()) given += await act(each, n);
          const issued = await issuedSoFar(db);
          expect(issued - before).toBe(given); // the fold is the sum
          expect(issued <= CAP).toBe(true);
          expect(await checkLedger(db)).toEqual([]);
        },
      ),
      { numRuns: 6 },
    );
  });

  it('ends: then verified work gets a receipt for nothing, and the database lets nobody mint', async () => {
    const { db } = get();
    const left = CAP - (await issuedSoFar(db));
    if (left > 0n) await grant(db, { id: 'the-last', to: 'team:t', microcredits: left, timeMs: NOW });
    const before = await balanceOf(db, contributorAccount(contributor));
    const receipt = await settle(3);
    expect(receipt).toMatchObject({ microcredits: 0n, balanceMicrocredits: before });
    expect(receipt.multiplyAdds).toBeGreaterThan(0n);
    expect(await getShard(db, receipt.lease)).toMatchObject({ microcredits: 0n });
    await expect(
      grant(db, { id: 'one-more', to: 'team:t', microcredits: 1n, timeMs: NOW }),
    ).rejects.toMatchObject({ code: 'conflict' });
    const past = db.transaction().execute((trx) =>
      postEvent(trx, {
        kind: 'grant',
        businessId: 'grant:past',
        timeMs: NOW,
        postings: [
          { account: MINT, microcredits: -1n },
          { account: 'team:t', microcredits: 1n },
        ],
      }),
    );
    await expect(past).rejects.toMatchObject({ code: '23514' });
    expect(await issuedSoFar(db)).toBe(CAP);
    expect(await checkLedger(db)).toEqual([]);
  });

  it('does not touch what requesters pay: that credit is there already', async () => {
    const { db } = get();
    await storeCreditSettings(db, { mode: 'paid' }, NOW);
    const requester = 'requester:rich';
    await transfer(db, { id: 'fund', from: 'team:t', to: requester, microcredits: 100n, timeMs: NOW });
    await db.transaction().execute(async (trx) => {
      await insertJob(trx, 'paid', 1);
      await reserve(trx, { job: 'paid', requester, microcredits: 68n, timeMs: NOW });
    });
    const before = await balanceOf(db, contributorAccount(contributor));
    const area = { rowBlock: 0, colBlock: 0, rowBlocks: 1, colBlocks: 1 };
    const settled = await settleShard(db, key, clock, settleInput(++lease, 'paid', contributor, area));
    expect((await openReceipt(settled!.receipt)).value).toMatchObject({
      microcredits: 68n,
      balanceMicrocredits: before + 68n,
    });
    expect(await balanceOf(db, requester)).toBe(32n);
    expect(await issuedSoFar(db)).toBe(CAP);
    expect(await checkLedger(db)).toEqual([]);
  });

  it('is noticed by the audit when it was passed past the triggers', async () => {
    const { db } = get();
    const trx = await db.startTransaction().execute();
    try {
      await sql`ALTER TABLE accounts DISABLE TRIGGER USER`.execute(trx);
      await postEvent(trx, {
        kind: 'grant',
        businessId: 'grant:past',
        timeMs: NOW,
        postings: [
          { account: MINT, microcredits: -1n },
          { account: 'team:t', microcredits: 1n },
        ],
      });
      expect(await checkLedger(trx)).toEqual([{ rule: 'supply-within-cap', subject: MINT }]);
    } finally {
      await trx.rollback().execute();
    }
  });
});
