import fc from 'fast-check';
import { type RawBuilder, sql } from 'kysely';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Rule, checkLedger } from '../../src/ledger/audit.ts';
import { MINT, contributorAccount, reserveAccount } from '../../src/ledger/accounts.ts';
import { storeCreditSettings } from '../../src/ledger/credit-settings.ts';
import { balanceOf } from '../../src/ledger/ledger.ts';
import { settleShard } from '../../src/ledger/receipts.ts';
import { refundRest, reserve } from '../../src/ledger/reservations.ts';
import { statement } from '../../src/ledger/statements.ts';
import { type Order, grant, transfer } from '../../src/ledger/transfers.ts';
import { openReceipt } from '../../src/protocol/envelope.ts';
import { generateKey } from '../../src/protocol/keys.ts';
import { setJobState } from '../../src/store/jobs.ts';
import { onEachDatabase } from '../helpers/databases.ts';
import { insertJob, settleInput } from '../helpers/records.ts';

const key = await generateKey();
const contributor = key.publicKey.toString();
const NOW = 1_800_000_000_000;
const clock = { now: () => NOW, after: () => () => {} };
/** Of one cell of insertJob's. */
const CELL_PRICE = 68n;

onEachDatabase('Paid jobs', (get) => {
  beforeAll(async () => {
    await storeCreditSettings(get().db, { mode: 'paid' }, NOW);
  });

  let serial = 0;
  const fund = async (microcredits: bigint): Promise<string> => {
    const to = `requester:r${++serial}`;
    await grant(get().db, { id: `fund-${serial}`, to, microcredits, timeMs: NOW });
    return to;
  };
  /** A job of `blocks` × `blocks` cells, reserved as Jobs does it. */
  const create = (id: string, requester: string, blocks = 2): Promise<string> =>
    get()
      .db.transaction()
      .execute(async (trx) => {
        await insertJob(trx, id, blocks);
        const microcredits = BigInt(blocks * blocks) * CELL_PRICE;
        await reserve(trx, { job: id, requester, microcredits, timeMs: NOW });
        return id;
      });
  const cancel = (id: string): Promise<boolean> =>
    get()
      .db.transaction()
      .execute(async (trx) => {
        const ended = await setJobState(trx, id, 'cancelled', { timeMs: NOW });
        if (ended) await refundRest(trx, id, NOW);
        return ended;
      });
  const settle = (job: string, rowBlock: number, colBlock: number) =>
    settleShard(
      get().db,
      key,
      clock,
      settleInput(++serial + 10_000, job, contributor, { rowBlock, colBlock, rowBlocks: 1, colBlocks: 1 }),
    );
  const balances = (...accounts: string[]): Promise<bigint[]> =>
    Promise.all(accounts.map((account) => balanceOf(get().db, account)));
  const sound = async (): Promise<void> => {
    expect(await checkLedger(get().db)).toEqual([]);
  };

  it('reserve their price, pay for every verified shard and give the rest back at the end', async () => {
    const { db } = get();
    const requester = await fund(1000n);
    const job = await create('whole', requester);
    expect(await balances(requester, reserveAccount(job))).toEqual([1000n - 272n, 272n]);
    const issued = await balanceOf(db, MINT);
    const [before] = await balances(contributorAccount(contributor));
    const settled = await settle(job, 0, 0);
    expect((await openReceipt(settled!.receipt)).value).toMatchObject({
      microcredits: 68n,
      balanceMicrocredits: before! + 68n,
    });
    await settle(job, 1, 1);
    expect(await balances(reserveAccount(job), contributorAccount(contributor))).toEqual([
      136n,
      before! + 136n,
    ]);
    await cancel(job);
    expect(await balances(requester, reserveAccount(job))).toEqual([1000n - 136n, 0n]);
    expect(await balanceOf(db, MINT)).toBe(issued); // nothing was minted for it
    expect(
      (await statement(db, requester)).map(({ kind, microcredits, memo }) => [kind, microcredits, memo]),
    ).toEqual([
      ['refund', 136n, 'job whole'],
      ['reserve', -272n, 'job whole'],
      ['grant', 1000n, ''],
    ]);
    await sound();
  });

  it('are not created for less than their price, and say how much is missing', async () => {
    const requester = await fund(271n);
    await expect(create('poor', requester)).rejects.toMatchObject({
      code: 'no-credit',
      message: expect.stringMatching(/reserves 0\.000272 credit.* has 0\.000271: 0\.000001 is missing/),
    });
    expect(await balances(requester, reserveAccount('poor'))).toEqual([271n, 0n]);
    await expect(create('nobody', 'requester:unheard-of')).rejects.toMatchObject({ code: 'no-credit' });
    await sound();
  });

  it('cannot reserve twice, nor be refunded twice', async () => {
    const { db } = get();
    const requester = await fund(1000n);
    const job = await create('double', requester);
    const again = db
      .transaction()
      .execute((trx) => reserve(trx, { job, requester, microcredits: 1n, timeMs: NOW }));
    await expect(again).rejects.toMatchObject({ code: '23505' });
    expect(await Promise.all([cancel(job), cancel(job), cancel(job)])).toEqual(
      expect.arrayContaining([true, false, false]),
    );
    expect(await db.transaction().execute((trx) => refundRest(trx, job, NOW))).toBe(0n);
    expect(await balances(requester, reserveAccount(job))).toEqual([1000n, 0n]);
    await sound();
  });

  it('of a burst over the balance are as many as it pays for', async () => {
    const requester = await fund(5n * 272n + 100n);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 12 }, (_, n) => create(`burst ${n}`, requester)),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    expect(await balances(requester)).toEqual([100n]);
    await sound();
  });

  it('that are cancelled while shards settle pay for those that were first, and refund the rest', async () => {
    for (let round = 0; round < 4; round++) {
      const requester = await fund(1000n);
      const job = await create(`race ${round}`, requester);
      const [, ...settled] = await Promise.all([
        cancel(job),
        ...[0, 1, 2, 3].map((cell) => settle(job, cell >> 1, cell & 1)),
      ]);
      const paid = settled.filter((each) => each !== undefined).length;
      expect(await balances(requester, reserveAccount(job))).toEqual([1000n - BigInt(paid) * 68n, 0n]);
      expect(await settle(job, 0, 0)).toBeUndefined();
    }
    await sound();
  });

  it('stay paid when the operator opens the network, and open ones stay open when requesters are to pay', async () => {
    const { db } = get();
    const requester = await fund(1000n);
    const paid = await create('paid before', requester);
    await storeCreditSettings(db, { mode: 'open' }, NOW);
    const open = await create('open', requester);
    await storeCreditSettings(db, { mode: 'paid' }, NOW);
    await settle(open, 0, 0);
    await settle(paid, 0, 0);
    expect(await balances(requester, reserveAccount(paid), reserveAccount(open))).toEqual([
      1000n - 272n,
      272n - 68n,
      0n,
    ]);
    await cancel(open);
    await cancel(paid);
    expect(await balances(requester)).toEqual([1000n - 68n]);
    await sound();
  });

  it('leave no account below zero and no credit lost, whatever is ordered at once', async () => {
    const { db } = get();
    const accounts = ['requester:a', 'requester:b', 'team:t', 'project:p'];
    const account = fc.constantFrom(...accounts);
    const amount = fc.bigInt({ min: 1n, max: 600n });
    const step = fc.oneof(
      fc.record({ kind: fc.constant('grant' as const), to: account, amount }),
      fc.record({ kind: fc.constant('transfer' as const), from: account, to: account, amount }),
      fc.record({
        kind: fc.constant('create' as const),
        from: fc.constantFrom('requester:a', 'requester:b'),
      }),
      fc.record({ kind: fc.constant('settle' as const), job: fc.nat(9), cell: fc.nat(3) }),
      fc.record({ kind: fc.constant('cancel' as const), job: fc.nat(9) }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 5, maxLength: 25 }),
        fc.boolean(),
        async (steps, atOnce) => {
          const run = ++serial;
          const jobs: string[] = [];
          const act = async (each: (typeof steps)[number], n: number): Promise<void> => {
            const id = `${run}-${n}`;
            if (each.kind === 'grant')
              await grant(db, { id, to: each.to, microcredits: each.amount, timeMs: NOW });
            else if (each.kind === 'transfer')
              await transfer(db, {
                id,
                from: each.from,
                to: each.to,
                microcredits: each.amount,
                timeMs: NOW,
              });
            else if (each.kind === 'create') {
              jobs.push(`any ${id}`);
              await create(`any ${id}`, each.from);
            } else if (jobs.length > 0) {
              const job = jobs[each.job % jobs.length]!;
              if (each.kind === 'cancel') await cancel(job);
              else await settle(job, each.cell >> 1, each.cell & 1);
            }
          };
          const careful = (each: (typeof steps)[number], n: number): Promise<void> =>
            act(each, n).catch((error: unknown) => {
              // Too poor, to oneself, or about a job that was refused.
              expect(error).toMatchObject({ code: expect.stringMatching(/no-credit|bad-input|23503/) });
            });
          if (atOnce) await Promise.all(steps.map(careful));
          else for (const [n, each] of steps.entries()) await careful(each, n);
          await sound();
        },
      ),
      { numRuns: 8 },
    );
  });

  describe('beside transfers', () => {
    it('are funded by them', async () => {
      const { db } = get();
      const from = await fund(500n);
      const moved = await transfer(db, {
        id: 'a-gift',
        from,
        to: 'team:physics',
        microcredits: 200n,
        memo: 'for October',
        timeMs: NOW,
      });
      expect(moved).toMatchObject({ kind: 'transfer', fresh: true, memo: 'for October' });
      expect(await balances(from, 'team:physics')).toEqual([300n, 200n]);
      await transfer(db, {
        id: 'burnt',
        from: 'team:physics',
        to: 'burn:all',
        microcredits: 200n,
        timeMs: NOW,
      });
      expect(await balances('team:physics', 'burn:all')).toEqual([0n, 200n]);
      await sound();
    });

    it('happen once for an id, one by one and at once, and return the first event', async () => {
      const { db } = get();
      const from = await fund(500n);
      const order = { id: 'just-once', from, to: 'site:here', microcredits: 300n };
      const all = await Promise.all(
        Array.from({ length: 8 }, (_, n) => transfer(db, { ...order, timeMs: NOW + n })),
      );
      expect(all.filter(({ fresh }) => fresh)).toHaveLength(1);
      const later = await transfer(db, { ...order, memo: 'again', timeMs: NOW + 99 });
      expect(later).toMatchObject({ fresh: false, memo: '' });
      expect(new Set([later, ...all].map(({ event }) => event)).size).toBe(1);
      expect(await balances(from, 'site:here')).toEqual([200n, 300n]);
    });

    it('refuse an id that was used for something else', async () => {
      const { db } = get();
      const from = await fund(500n);
      const order = { id: 'reused', from, to: 'site:there', microcredits: 10n, timeMs: NOW };
      await transfer(db, order);
      for (const other of [{ microcredits: 11n }, { to: 'site:else' }, { from: await fund(500n) }]) {
        await expect(transfer(db, { ...order, ...other })).rejects.toMatchObject({ code: 'conflict' });
      }
      // A grant is another kind of order: its ids are its own.
      expect(
        await grant(db, { id: 'reused', to: 'site:there', microcredits: 5n, timeMs: NOW }),
      ).toMatchObject({
        fresh: true,
      });
      expect(await balances('site:there')).toEqual([15n]);
    });

    it('never overdraw an account, however many are ordered at once', async () => {
      const { db } = get();
      const from = await fund(1000n);
      const outcomes = await Promise.allSettled(
        Array.from({ length: 10 }, (_, n) =>
          transfer(db, { id: `drain-${n}`, from, to: 'project:sink', microcredits: 300n, timeMs: NOW }),
        ),
      );
      const moved = outcomes.filter(
        ({ status }) => status === 'fulfilled',
      ) as PromiseFulfilledResult<Order>[];
      expect(moved).toHaveLength(3);
      expect(await balances(from)).toEqual([100n]);
      // What was refused has used up no id.
      const [failed] = outcomes.flatMap(({ status }, n) => (status === 'rejected' ? [n] : []));
      const retry = { id: `drain-${failed}`, from, to: 'project:sink', microcredits: 100n, timeMs: NOW };
      expect(await transfer(db, retry)).toMatchObject({ fresh: true });
    });

    it.each([
      ['a contributor', `contributor:${contributor}`, 'team:t', 1n],
      ['a job’s reserve', 'reserve:whole', 'team:t', 1n],
      ['the mint', MINT, 'team:t', 1n],
      ['what was burnt', 'burn:all', 'team:t', 1n],
      ['to a contributor', 'team:t', `contributor:${contributor}`, 1n],
      ['to a job’s reserve', 'team:t', 'reserve:whole', 1n],
      ['to the mint', 'team:t', MINT, 1n],
      ['to oneself', 'team:t', 'team:t', 1n],
      ['nothing', 'team:t', 'team:u', 0n],
      ['less than nothing', 'team:t', 'team:u', -5n],
      ['more than there can be', 'team:t', 'team:u', 2n ** 53n],
      ['an account of no kind', 'pocket:mine', 'team:u', 1n],
      ['an account without a name', 'team:', 'team:u', 1n],
      ['to an account that is a sentence', 'team:t', 'team:a b', 1n],
      ['to a prototype', 'team:t', 'constructor:x', 1n],
    ])('refuse to move from %s', async (_, from, to, microcredits) => {
      const order = { id: 'never', from, to, microcredits, timeMs: NOW };
      await expect(transfer(get().db, order)).rejects.toMatchObject({ code: 'bad-input' });
    });

    it.each(['', 'a b', 'x'.repeat(101), 'ä', '../x'])('refuse the id %j', async (id) => {
      const order = { id, from: 'team:t', to: 'team:u', microcredits: 1n, timeMs: NOW };
      await expect(transfer(get().db, order)).rejects.toMatchObject({ code: 'bad-input' });
    });

    it('grant nothing to contributors, whose balance is the sum of their receipts', async () => {
      const order = { id: 'present', microcredits: 1n, timeMs: NOW };
      for (const to of [contributorAccount(contributor), MINT, 'burn:x', 'reserve:whole', 'treasury:x']) {
        await expect(grant(get().db, { ...order, to })).rejects.toMatchObject({ code: 'bad-input' });
      }
    });
  });

  describe('are audited: after somebody wrote past the triggers, it', () => {
    const event = (kind: string): RawBuilder<unknown> =>
      sql`(SELECT max(id) FROM events WHERE kind = ${sql.lit(kind)})`;
    it.each<[string, RawBuilder<unknown>[], Rule]>([
      [
        'finds credit for a contributor that no shard earned',
        [
          sql`UPDATE postings SET account = ${sql.lit(contributorAccount(contributor))}
          WHERE event = ${event('grant')} AND microcredits > 0`,
        ],
        'kind-moves-its-accounts',
      ],
      [
        'finds a refund that went to somebody else',
        [
          sql`UPDATE postings SET account = 'team:physics' WHERE event = ${event('refund')} AND microcredits > 0`,
        ],
        'refund-to-requester',
      ],
      [
        'finds a reservation without a job',
        [sql`UPDATE events SET business_id = 'reserve:nothing' WHERE id = ${event('reserve')}`],
        'refund-to-requester',
      ],
      [
        'finds a transfer that could happen twice',
        [sql`UPDATE events SET business_id = NULL WHERE id = ${event('transfer')}`],
        'event-has-its-name',
      ],
      [
        'finds an ended job that keeps credit',
        [
          sql`ALTER TABLE accounts DISABLE TRIGGER USER`,
          sql`UPDATE accounts SET balance_microcredits = 5 WHERE id = 'reserve:whole'`,
        ],
        'ended-job-holds-nothing',
      ],
      [
        'finds an account below zero',
        [
          sql`ALTER TABLE accounts DROP CONSTRAINT accounts_not_overdrawn`,
          sql`UPDATE accounts SET balance_microcredits = -1 WHERE id = 'team:physics'`,
        ],
        'nobody-overdrawn',
      ],
    ])('%s', async (_, tampering, rule) => {
      const trx = await get().db.startTransaction().execute();
      try {
        for (const table of ['postings', 'events'])
          await sql`ALTER TABLE ${sql.table(table)} DISABLE TRIGGER USER`.execute(trx);
        for (const each of tampering) await each.execute(trx);
        expect((await checkLedger(trx)).map((found) => found.rule)).toContain(rule);
      } finally {
        await trx.rollback().execute();
      }
      await sound();
    });
  });
});
