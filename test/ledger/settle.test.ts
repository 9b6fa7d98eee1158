import { describe, expect, it } from 'vitest';
import { randomInt, seededRng } from '../../src/core/rng.ts';
import { checkLedger } from '../../src/ledger/audit.ts';
import { contributorAccount } from '../../src/ledger/accounts.ts';
import { balanceOf } from '../../src/ledger/ledger.ts';
import { logSize } from '../../src/ledger/log.ts';
import { statement } from '../../src/ledger/statements.ts';
import { type SettleInput, type Settlement, settleShard, settleShards } from '../../src/ledger/receipts.ts';
import { envelopeDigest, openReceipt } from '../../src/protocol/envelope.ts';
import { type SigningKey, generateKey } from '../../src/protocol/keys.ts';
import { cellsOf, setJobState } from '../../src/store/jobs.ts';
import { endLeases, getLease, recordLeases } from '../../src/store/leases.ts';
import { getShard } from '../../src/store/shards.ts';
import { onEachDatabase } from '../helpers/databases.ts';
import { hexOf, insertJob, settleInput } from '../helpers/records.ts';

const coordinator = await generateKey();
const clock = { now: () => 1_800_000_000_000, after: () => () => {} };

async function newContributor(): Promise<string> {
  return (await generateKey()).publicKey.toString();
}

onEachDatabase('Settling', (get) => {
  const settle = (input: SettleInput, key: SigningKey = coordinator): Promise<Settlement | undefined> =>
    settleShard(get().db, key, clock, input);

  it('records cells, credit, and a receipt that the coordinator has signed', async () => {
    const { db } = get();
    const job = await insertJob(db, 'receipt');
    const contributor = await newContributor();
    const input = settleInput(1, job.id, contributor, {
      rowBlock: 1,
      colBlock: 2,
      rowBlocks: 2,
      colBlocks: 3,
    });
    const { leaseEnvelope, resultEnvelope, id } = input.shard;
    const { rowBlock, colBlock, rowBlocks, colBlocks } = input.shard;
    const area = { rowBlock, colBlock, rowBlocks, colBlocks };
    const lease = {
      id,
      job: job.id,
      contributor,
      ...area,
      envelope: leaseEnvelope,
      deadlineMs: 2,
      createdMs: 1,
    };
    await recordLeases(db, [lease]);

    const settled = await settle(input);
    const receipt = await openReceipt(settled!.receipt, coordinator.publicKey.toString());
    expect(receipt.value).toEqual({
      leaseDigest: await envelopeDigest(leaseEnvelope),
      resultDigest: await envelopeDigest(resultEnvelope),
      lease: id,
      contributor,
      job: job.id,
      multiplyAdds: 6n * 256n * 256n * 1024n,
      microcredits: 403n,
      balanceMicrocredits: 403n,
      missLog2: 72,
      timeMs: 1_800_000_000_000,
      logIndex: 0,
    });
    expect(await getShard(db, id)).toMatchObject({ ...input.shard, receiptEnvelope: settled!.receipt });
    expect(await getLease(db, id)).toMatchObject({ state: 'done', endedMs: 1_800_000_000_000 });
    expect(await cellsOf(db, job.id)).toHaveLength(6);
    expect(await checkLedger(db)).toEqual([]);
  });

  it('answers a second time with the first receipt, and credits nothing', async () => {
    const { db } = get();
    const job = await insertJob(db, 'twice');
    const contributor = await newContributor();
    const input = settleInput(10, job.id, contributor, {
      rowBlock: 0,
      colBlock: 0,
      rowBlocks: 1,
      colBlocks: 1,
    });
    const first = await settle(input);
    expect(await settle(input)).toEqual(first);
    await setJobState(db, job.id, 'cancelled', { timeMs: 1 });
    expect(await settle(input)).toEqual(first);
    expect(await statement(db, contributorAccount(contributor))).toHaveLength(1);
  });

  it('answers a burst for one lease with one receipt', async () => {
    const { db } = get();
    const job = await insertJob(db, 'same');
    const contributor = await newContributor();
    const input = settleInput(20, job.id, contributor, {
      rowBlock: 0,
      colBlock: 0,
      rowBlocks: 2,
      colBlocks: 2,
    });
    const answers = await Promise.all(Array.from({ length: 10 }, () => settle(input)));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(await balanceOf(db, contributorAccount(contributor))).toBe(269n);
  });

  it('takes nothing for a job that has ended', async () => {
    const { db } = get();
    const job = await insertJob(db, 'ended');
    await setJobState(db, job.id, 'failed', { timeMs: 1, error: 'why' });
    const input = settleInput(30, job.id, await newContributor(), {
      rowBlock: 0,
      colBlock: 0,
      rowBlocks: 1,
      colBlocks: 1,
    });
    expect(await settle(input)).toBeUndefined();
    expect(await getShard(db, input.shard.id)).toBeUndefined();
  });

  it('takes a late result for a lease that has expired, while its shard is open', async () => {
    const { db } = get();
    const job = await insertJob(db, 'late');
    const contributor = await newContributor();
    const area = { rowBlock: 3, colBlock: 3, rowBlocks: 1, colBlocks: 1 };
    const input = settleInput(35, job.id, contributor, area);
    const { id, leaseEnvelope: envelope } = input.shard;
    const lease = { id, job: job.id, contributor, ...area, envelope, deadlineMs: 2, createdMs: 1 };
    await recordLeases(db, [lease]);
    await endLeases(db, [id], 'expired', 3);
    expect(await settle(input)).toBeDefined();
    expect(await getLease(db, id)).toMatchObject({ state: 'done' });
  });

  it('writes nothing when the receipt cannot be signed, and can be tried again', async () => {
    const { db } = get();
    const job = await insertJob(db, 'unsigned');
    const contributor = await newContributor();
    const input = settleInput(40, job.id, contributor, {
      rowBlock: 0,
      colBlock: 0,
      rowBlocks: 1,
      colBlocks: 1,
    });
    const broken = { ...coordinator, type: 'Ed25519', sign: () => Promise.reject(new Error('no key today')) };
    await expect(settle(input, broken as unknown as SigningKey)).rejects.toThrow('no key today');
    expect(await getShard(db, input.shard.id)).toBeUndefined();
    expect(await cellsOf(db, job.id)).toEqual([]);
    expect(await balanceOf(db, contributorAccount(contributor))).toBe(0n);
    expect(await settle(input)).toMatchObject({ balance: 68n });
  });

  describe('many at once', () => {
    const at = (rowBlock: number, colBlock: number, rowBlocks = 1, colBlocks = 1) => ({
      rowBlock,
      colBlock,
      rowBlocks,
      colBlocks,
    });

    it('credits them in their order, with leaves one after the other', async () => {
      const { db } = get();
      const [left, right] = [await insertJob(db, 'many, left'), await insertJob(db, 'many, right')];
      const [ann, ben] = [await newContributor(), await newContributor()];
      const leaf = await logSize(db);
      const settled = await settleShards(db, coordinator, clock, [
        settleInput(750, right.id, ann, at(0, 0)),
        settleInput(751, left.id, ben, at(0, 0, 2, 2)),
        settleInput(752, left.id, ann, at(2, 0)),
        settleInput(753, right.id, ann, at(1, 0, 3, 1)),
        settleInput(754, right.id, ben, at(0, 1)),
      ]);
      expect(settled.map((settlement) => settlement?.balance)).toEqual([68n, 269n, 136n, 338n, 337n]);
      expect(settled.map((settlement) => settlement?.leaf)).toEqual([0, 1, 2, 3, 4].map((i) => leaf + i));
      for (const [i, { receipt }] of settled.map((settlement) => settlement!).entries()) {
        expect((await openReceipt(receipt)).value).toMatchObject({
          lease: hexOf(750 + i, 32),
          logIndex: leaf + i,
          balanceMicrocredits: settled[i]!.balance,
        });
      }
      expect(await checkLedger(db)).toEqual([]);
    });

    it('takes of overlapping shards the first, a lease once, and nothing for jobs that have ended', async () => {
      const { db } = get();
      const [open, ended] = [await insertJob(db, 'many, open'), await insertJob(db, 'many, ended')];
      await setJobState(db, ended.id, 'cancelled', { timeMs: 1 });
      const contributor = await newContributor();
      const early = settleInput(760, open.id, contributor, at(0, 0));
      const before = await settle(early);
      const first = settleInput(761, open.id, contributor, at(1, 1, 2, 2));
      const inputs = [
        settleInput(762, ended.id, contributor, at(0, 0)),
        first,
        settleInput(763, open.id, contributor, at(2, 2, 2, 2)),
        early,
        first,
        settleInput(764, open.id, contributor, at(0, 0, 1, 2)),
        settleInput(765, open.id, contributor, at(3, 3)),
      ];
      const settled = await settleShards(db, coordinator, clock, inputs);
      expect(settled.map((settlement) => settlement !== undefined)).toEqual([
        false,
        true,
        false,
        true,
        true,
        false,
        true,
      ]);
      expect(settled[3]!.receipt).toEqual(before!.receipt);
      expect(settled[4]).toEqual(settled[1]);
      expect((await cellsOf(db, open.id)).length).toBe(6);
      expect(await settleShards(db, coordinator, clock, inputs)).toMatchObject(
        settled.map((settlement) => settlement && { receipt: settlement.receipt, leaf: settlement.leaf }),
      );
      expect(await checkLedger(db)).toEqual([]);
    });

    it('writes nothing where one of them is wrong', async () => {
      const { db } = get();
      const job = await insertJob(db, 'many, wrong');
      const contributor = await newContributor();
      const good = settleInput(770, job.id, contributor, at(0, 0));
      const wrong = settleInput(771, job.id, contributor, at(1, 0, 2, 2));
      const batch = [good, { ...wrong, cells: wrong.cells.slice(1) }];
      await expect(settleShards(db, coordinator, clock, batch)).rejects.toMatchObject({ code: 'bad-input' });
      expect(await cellsOf(db, job.id)).toEqual([]);
      expect(await settle(good)).toBeDefined();
    });

    it('appends as one by one: every node of the log is the hash of those below it', async () => {
      const { db } = get();
      const job = await insertJob(db, 'many, log', 32);
      const contributor = await newContributor();
      let lease = 50_000;
      for (const count of [1, 2, 3, 5, 8, 13, 31]) {
        const row = count;
        const inputs = Array.from({ length: count }, (_, col) =>
          settleInput(++lease, job.id, contributor, at(row, col)),
        );
        await settleShards(db, coordinator, clock, inputs);
        expect(await checkLedger(db)).toEqual([]);
      }
    });
  });

  it('does not take one result for two leases', async () => {
    const { db } = get();
    const job = await insertJob(db, 'copied');
    const contributor = await newContributor();
    const at = (lease: number, rowBlock: number): SettleInput =>
      settleInput(lease, job.id, contributor, { rowBlock, colBlock: 0, rowBlocks: 1, colBlocks: 1 });
    const first = at(50, 0);
    const second = at(51, 1);
    await settle(first);
    const { resultEnvelope } = first.shard;
    const copied = {
      ...second,
      shard: { ...second.shard, resultEnvelope },
      digests: { ...second.digests, result: first.digests.result },
    };
    await expect(settle(copied)).rejects.toMatchObject({ code: '23505' });
    expect(await balanceOf(db, contributorAccount(contributor))).toBe(68n);
  });

  it.each([1, 2, 3])(
    'credits every cell of a burst of 50 overlapping shards once (seed %i)',
    async (seed) => {
      const { db } = get();
      const rng = seededRng(seed);
      const job = await insertJob(db, `burst ${seed}`, 12);
      const people = await Promise.all(Array.from({ length: 3 }, newContributor));
      const inputs = Array.from({ length: 50 }, (_, n) =>
        settleInput(seed * 1000 + n, job.id, people[n % 3]!, {
          rowBlock: randomInt(rng, 10),
          colBlock: randomInt(rng, 10),
          rowBlocks: 1 + randomInt(rng, 3),
          colBlocks: 1 + randomInt(rng, 3),
        }),
      );
      const answers = await Promise.all(inputs.map((input) => settle(input)));
      const won = inputs.filter((_, n) => answers[n] !== undefined);
      expect(won.length).toBeGreaterThan(5);
      expect(won.length).toBeLessThan(50);

      const credited = won.flatMap(({ cells }) => cells.map(({ block }) => block));
      const cells = await cellsOf(db, job.id);
      expect(cells.map(({ block }) => block).sort()).toEqual(credited.sort());
      expect(await checkLedger(db)).toEqual([]);

      // Each contributor's receipts form one chain of balances: no receipt was made from a stale one.
      for (const person of people) {
        const envelopes = answers.filter((answer, n) => answer && inputs[n]!.shard.contributor === person);
        const receipts = await Promise.all(
          envelopes.map(async (answer) => (await openReceipt(answer!.receipt)).value),
        );
        receipts.sort((a, b) => Number(a.balanceMicrocredits - b.balanceMicrocredits));
        let balance = 0n;
        for (const receipt of receipts) {
          balance += receipt.microcredits;
          expect(receipt.balanceMicrocredits).toBe(balance);
        }
        expect(await balanceOf(db, contributorAccount(person))).toBe(balance);
      }
    },
  );
});
