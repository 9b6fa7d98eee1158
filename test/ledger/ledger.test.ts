import fc from 'fast-check';
import { type RawBuilder, sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { type Rule, checkLedger } from '../../src/ledger/audit.ts';
import { MINT, contributorAccount } from '../../src/ledger/accounts.ts';
import { balanceOf, creditShards, postEvent } from '../../src/ledger/ledger.ts';
import { settleShard } from '../../src/ledger/receipts.ts';
import { statement } from '../../src/ledger/statements.ts';
import { generateKey } from '../../src/protocol/keys.ts';
import type { Database, Queries } from '../../src/store/database.ts';
import { onEachDatabase } from '../helpers/databases.ts';
import { hexOf, insertJob, settleInput } from '../helpers/records.ts';

const key = await generateKey();
const contributor = key.publicKey.toString();
const clock = { now: () => 1_800_000_000_000, after: () => () => {} };

/** Runs `work` and undoes it. */
async function undone<T>(db: Database, work: (trx: Queries) => Promise<T>): Promise<T> {
  const trx = await db.startTransaction().execute();
  try {
    return await work(trx);
  } finally {
    await trx.rollback().execute();
  }
}

onEachDatabase('The ledger', (get) => {
  it('moves credit from the treasury to whoever did the work', async () => {
    const { db } = get();
    const job = await insertJob(db, 'credit');
    const settle = (lease: number, col: number) =>
      settleShard(
        db,
        key,
        clock,
        settleInput(lease, job.id, contributor, { rowBlock: 0, colBlock: col, rowBlocks: 1, colBlocks: 1 }),
      );
    expect(await settle(1, 0)).toMatchObject({ balance: 68n });
    expect(await settle(2, 1)).toMatchObject({ balance: 136n });
    const account = contributorAccount(contributor);
    expect(await balanceOf(db, account)).toBe(136n);
    expect(await balanceOf(db, MINT)).toBe(-136n);
    expect(await balanceOf(db, 'contributor:nobody')).toBe(0n);
    const lines = await statement(db, account);
    expect(lines.map(({ shard, microcredits, kind }) => [shard, microcredits, kind])).toEqual([
      [hexOf(2, 32), 68n, 'credit'],
      [hexOf(1, 32), 68n, 'credit'],
    ]);
    expect(await statement(db, account, { before: lines[0]!.event, limit: 1 })).toEqual([lines[1]]);
    expect(await checkLedger(db)).toEqual([]);
  });

  it.each([
    ['that mint from nothing', [1n, 0n]],
    ['that are off by one', [5n, -4n]],
    ['that are off in the last of 63 bits', [2n ** 62n, 1n - 2n ** 62n]],
  ])('refuses events %s', async (_, [a, b]) => {
    const { db } = get();
    const before = await balanceOf(db, MINT);
    const postings = [
      { account: 'burn:test', microcredits: a! },
      { account: MINT, microcredits: b! },
    ].filter(({ microcredits }) => microcredits !== 0n);
    const posting = db.transaction().execute((trx) => postEvent(trx, { kind: 'test', timeMs: 1, postings }));
    await expect(posting).rejects.toMatchObject({ code: '23514' });
    expect(await balanceOf(db, MINT)).toBe(before);
    expect(await checkLedger(db)).toEqual([]);
  });

  it('refuses to unbalance an event that was balanced', async () => {
    const { db } = get();
    const event = await db.transaction().execute((trx) =>
      postEvent(trx, {
        kind: 'grant',
        businessId: 'grant:balanced',
        timeMs: 1,
        postings: [
          { account: 'burn:a', microcredits: 3n },
          { account: MINT, microcredits: -3n },
        ],
      }),
    );
    const account = contributorAccount(contributor);
    const later = db.insertInto('postings').values({ event, account, microcredits: 1n }).execute();
    await expect(later).rejects.toMatchObject({ code: '23514' });
  });

  it('refuses empty postings, accounts of no kind, and credit of nothing', async () => {
    const { db } = get();
    const post = (account: string, microcredits: bigint) =>
      undone(db, (trx) => postEvent(trx, { kind: 'test', timeMs: 1, postings: [{ account, microcredits }] }));
    await expect(post('burn:a', 0n)).rejects.toMatchObject({ code: '23514' });
    await expect(post('pocket:mine', 1n)).rejects.toMatchObject({ code: '23514' });
    await expect(post('treasury', 1n)).rejects.toMatchObject({ code: '23514' });
    const nothing = creditShards(db, [
      { shard: hexOf(1, 32), job: 'credit', contributor, work: 0n, timeMs: 1 },
    ]);
    await expect(nothing).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('refuses a second credit for a shard', async () => {
    const { db } = get();
    const again = undone(db, (trx) =>
      creditShards(trx, [{ shard: hexOf(1, 32), job: 'credit', contributor, work: 68n, timeMs: 2 }]),
    );
    await expect(again).rejects.toMatchObject({ code: '23505' });
    expect(await balanceOf(db, contributorAccount(contributor))).toBe(136n);
  });

  it.each([
    'UPDATE postings SET microcredits = 0',
    'UPDATE postings SET microcredits = 7 WHERE false',
    'DELETE FROM postings',
    'TRUNCATE postings',
    `UPDATE events SET memo = 'never happened'`,
    'DELETE FROM events',
    'TRUNCATE shards CASCADE',
  ])('is append-only: refuses %s', async (statement) => {
    const { db } = get();
    await expect(sql.raw(statement).execute(db)).rejects.toMatchObject({ code: '23001' });
  });

  it('keeps balances that are the fold of any events, one by one or at once', async () => {
    const { db } = get();
    const accounts = ['project:p', 'project:q', 'site:r', 'team:s'];
    const move = fc.record({
      from: fc.constantFrom(MINT, ...accounts),
      to: fc.constantFrom(...accounts),
      microcredits: fc.bigInt({ min: 1n, max: 2n ** 48n }),
    });
    const model = new Map(accounts.map((account) => [account, 0n]));
    const events = fc.array(move, { maxLength: 20 });
    let id = 0;
    await fc.assert(
      fc.asyncProperty(events, fc.boolean(), async (all, atOnce) => {
        const real = all.filter(({ from, to }) => from !== to);
        const post = async ({ from, to, microcredits }: (typeof real)[number]): Promise<void> => {
          const kind = from === MINT ? 'grant' : 'transfer';
          const businessId = `${kind}:fold ${++id}`;
          const postings = [
            { account: from, microcredits: -microcredits },
            { account: to, microcredits },
          ];
          const posting = db
            .transaction()
            .execute((trx) => postEvent(trx, { kind, businessId, timeMs: 1, postings }));
          try {
            await posting;
          } catch (error) {
            // Overdrawn: then nothing has changed.
            expect(error).toMatchObject({ code: 'no-credit' });
            return;
          }
          if (from !== MINT) model.set(from, model.get(from)! - microcredits);
          model.set(to, model.get(to)! + microcredits);
        };
        if (atOnce) await Promise.all(real.map(post));
        else for (const event of real) await post(event);
        for (const [account, balance] of model) expect(await balanceOf(db, account)).toBe(balance);
        expect(await checkLedger(db)).toEqual([]);
      }),
      { numRuns: 10 },
    );
  });

  describe('after somebody wrote to its tables past the triggers, the audit', () => {
    const shard = sql.lit(hexOf(1, 32));
    it.each<[string, RawBuilder<unknown>, Rule[]]>([
      [
        'finds a changed posting',
        sql`UPDATE postings SET microcredits = microcredits + 1
          WHERE account LIKE 'contributor:%' AND event = (SELECT id FROM events WHERE shard = ${shard})`,
        ['event-sums-to-zero', 'balance-is-fold', 'credit-to-contributor'],
      ],
      [
        'finds a balance that is no fold',
        sql`UPDATE accounts SET balance_microcredits = balance_microcredits + 5 WHERE id = ${MINT}`,
        ['all-sums-to-zero', 'balance-is-fold'],
      ],
      [
        'finds an event whose postings are gone',
        sql`DELETE FROM postings WHERE event = (SELECT id FROM events WHERE shard = ${shard})`,
        ['event-has-postings', 'balance-is-fold', 'balance-is-fold', 'credit-to-contributor'],
      ],
      [
        'finds a shard whose credit was hidden',
        sql`UPDATE events SET kind = 'other' WHERE shard = ${shard}`,
        ['shard-credited-once', 'kind-moves-its-accounts'],
      ],
      [
        'finds a shard whose contributor was changed',
        sql`UPDATE shards SET contributor = 'mallory' WHERE id = ${shard}`,
        ['credit-to-contributor'],
      ],
      [
        'finds a shard without a receipt',
        sql`UPDATE shards SET receipt_envelope = NULL WHERE id = ${shard}`,
        ['shard-has-receipt', 'leaf-is-its-envelopes'],
      ],
      ['finds a lost cell', sql`DELETE FROM cells WHERE shard = ${shard}`, ['shard-has-its-cells']],
    ])('%s', async (_, tampering, rules) => {
      const { db } = get();
      const found = await undone(db, async (trx) => {
        for (const table of ['postings', 'events', 'shards']) {
          await sql`ALTER TABLE ${sql.table(table)} DISABLE TRIGGER USER`.execute(trx);
        }
        await tampering.execute(trx);
        return await checkLedger(trx);
      });
      expect(found.map(({ rule }) => rule)).toEqual(rules);
    });
  });
});
