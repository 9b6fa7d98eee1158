import { type RawBuilder, sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { randomInt, seededRng } from '../../src/core/rng.ts';
import { type Rule, checkLedger } from '../../src/ledger/audit.ts';
import {
  adoptOldReceipts,
  appendLeaves,
  levelHashes,
  lockLog,
  logEntries,
  logSize,
  readNodes,
} from '../../src/ledger/log.ts';
import { type Settlement, settleShard } from '../../src/ledger/receipts.ts';
import { openReceipt } from '../../src/protocol/envelope.ts';
import { type SigningKey, generateKey, peerIdOf } from '../../src/protocol/keys.ts';
import { decodeLogEntry } from '../../src/protocol/log-entry.ts';
import { inclusionProof, leafHash, rootAt, rootOf, verifyInclusion } from '../../src/protocol/merkle.ts';
import type { Database, Queries } from '../../src/store/database.ts';
import { onEachDatabase } from '../helpers/databases.ts';
import { insertOldReceipts } from '../helpers/old-receipts.ts';
import { hexOf, insertJob, settleInput } from '../helpers/records.ts';

const key = await generateKey();
const people = await Promise.all([1, 2, 3].map(async () => peerIdOf(await generateKey())));
const clock = { now: () => 1_800_000_000_000, after: () => () => {} };
const OLD = 260;

let leases = 0;
/** A shard of one cell in column `col` of the job, which nobody has settled. */
function settleNext(
  db: Database,
  job: string,
  col: number,
  signer: SigningKey = key,
): Promise<Settlement | undefined> {
  const area = { rowBlock: 0, colBlock: col, rowBlocks: 1, colBlocks: 1 };
  return settleShard(db, signer, clock, settleInput(++leases, job, people[leases % 3]!, area));
}

/** The receipts in the log, in its order. */
async function receiptsIn(db: Queries): Promise<Uint8Array[]> {
  const entries = await logEntries(db, 0, await logSize(db));
  return entries.map((entry) => decodeLogEntry(entry).receipt);
}

onEachDatabase('The public log', (get) => {
  it('takes in the receipts that are older than it, once, as they are and in the order of their credit', async () => {
    const { db } = get();
    const old = await insertOldReceipts(db, key, people[0]!, OLD);
    expect((await checkLedger(db)).filter(({ rule }) => rule !== 'receipt-has-leaf')).toEqual([]);
    expect(await adoptOldReceipts(db)).toBe(OLD);
    expect(await adoptOldReceipts(db)).toBe(0);
    expect(await receiptsIn(db)).toEqual(old);
    expect(await checkLedger(db)).toEqual([]);
  });

  it('gives every later receipt the next index, in the receipt and in the tree', async () => {
    const { db } = get();
    const job = await insertJob(db, 'indexed', 8);
    for (let col = 0; col < 6; col++) {
      const settled = await settleNext(db, job.id, col);
      const { logIndex } = (await openReceipt(settled!.receipt)).value;
      expect(logIndex).toBe(OLD + col);
      const [entry] = await logEntries(db, logIndex!, 1);
      expect(decodeLogEntry(entry!).receipt).toEqual(settled!.receipt);
    }
    const hashes = (await logEntries(db, 0, OLD + 6)).map(leafHash);
    const read = readNodes(db);
    for (const size of [1, 2, 3, 255, 256, 257, OLD, OLD + 1, OLD + 5, OLD + 6]) {
      expect(await rootAt(size, read)).toEqual(rootOf(hashes.slice(0, size)));
      const index = size - 1;
      const claim = { leaf: hashes[index]!, index, size, root: await rootAt(size, read) };
      expect(await verifyInclusion({ ...claim, proof: await inclusionProof(index, size, read) })).toBe(true);
    }
    expect(await levelHashes(db, 8, 0, 1)).toEqual([rootOf(hashes.slice(0, 256))]);
  });

  it('answers for a settlement that is repeated with the same leaf', async () => {
    const { db } = get();
    const job = await insertJob(db, 'repeated', 8);
    const input = settleInput(500, job.id, people[0]!, {
      rowBlock: 0,
      colBlock: 0,
      rowBlocks: 1,
      colBlocks: 1,
    });
    const first = await settleShard(db, key, clock, input);
    const before = await logSize(db);
    expect((await settleShard(db, key, clock, input))!.receipt).toEqual(first!.receipt);
    expect(await logSize(db)).toBe(before);
  });

  it('has no gap where a settlement failed, before its leaf or after it', async () => {
    const { db } = get();
    const job = await insertJob(db, 'aborted', 8);
    const before = await logSize(db);
    const dumb = { ...key, type: 'Ed25519', sign: () => Promise.reject(new Error('no key today')) };
    await expect(settleNext(db, job.id, 0, dumb as unknown as SigningKey)).rejects.toThrow('no key today');
    const aborted = db.transaction().execute(async (trx) => {
      const index = await lockLog(trx);
      const { id, leaseEnvelope, resultEnvelope, receiptEnvelope } = await trx
        .selectFrom('shards')
        .selectAll()
        .limit(1)
        .executeTakeFirstOrThrow();
      await trx.deleteFrom('cells').where('shard', '=', 'nobody').execute();
      await sql`ALTER TABLE log_leaves DROP CONSTRAINT log_leaves_shard_key`.execute(trx);
      const envelopes = { leaseEnvelope, resultEnvelope, receiptEnvelope: receiptEnvelope! };
      await appendLeaves(trx, index, [{ shard: id, envelopes }]);
      expect(await logSize(trx)).toBe(before + 1);
      throw new Error('the power went');
    });
    await expect(aborted).rejects.toThrow('the power went');
    expect(await logSize(db)).toBe(before);
    const settled = await settleNext(db, job.id, 0);
    expect((await openReceipt(settled!.receipt)).value.logIndex).toBe(before);
    expect(await checkLedger(db)).toEqual([]);
  });

  it('numbers a burst of settlements of many jobs without gaps, and by the order of each balance', async () => {
    const { db } = get();
    const rng = seededRng(6962);
    const jobs = await Promise.all([1, 2, 3, 4].map((n) => insertJob(db, `burst ${n}`, 8)));
    const before = await logSize(db);
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => settleNext(db, jobs[randomInt(rng, 4)]!.id, randomInt(rng, 8))),
    );
    const won = answers.filter((answer) => answer !== undefined);
    expect(won.length).toBeGreaterThan(10);
    const indices = await Promise.all(
      won.map(async ({ receipt }) => (await openReceipt(receipt)).value.logIndex!),
    );
    expect(indices.toSorted((a, b) => a - b)).toEqual(won.map((_, n) => before + n));
    expect(await checkLedger(db)).toEqual([]);

    const balances = new Map<string, bigint>();
    for (const envelope of await receiptsIn(db)) {
      const { contributor, microcredits, balanceMicrocredits } = (await openReceipt(envelope)).value;
      const balance = (balances.get(contributor) ?? 0n) + microcredits;
      expect(balanceMicrocredits).toBe(balance);
      balances.set(contributor, balance);
    }
  });

  it.each([
    'UPDATE log_nodes SET hash = hash',
    'DELETE FROM log_nodes',
    'TRUNCATE log_nodes',
    'UPDATE log_leaves SET index = index + 1',
    'DELETE FROM log_leaves',
    `UPDATE shards SET receipt_envelope = 'forged'`,
    'UPDATE shards SET microcredits = microcredits + 1',
  ])('is append-only: refuses %s', async (statement) => {
    const { db } = get();
    await expect(sql.raw(statement).execute(db)).rejects.toMatchObject({ code: '23001' });
  });

  it.each([
    ['a leaf twice', `INSERT INTO log_leaves (index, shard) VALUES (0, '${hexOf(1, 32)}')`],
    ['a shard twice', `INSERT INTO log_leaves (index, shard) VALUES (9999, '${hexOf(1, 32)}')`],
    ['a second tree', `INSERT INTO log_tree (one, size, adopted) VALUES (false, 0, true)`],
  ])('refuses %s', async (_, statement) => {
    const { db } = get();
    await expect(sql.raw(statement).execute(db)).rejects.toMatchObject({
      code: expect.stringMatching(/^23/),
    });
  });

  describe('after somebody wrote to its tables past the triggers, the audit', () => {
    it.each<[string, RawBuilder<unknown>, Rule[]]>([
      [
        'finds a changed envelope',
        sql`UPDATE shards SET result_envelope = 'another' WHERE id = (SELECT shard FROM log_leaves WHERE index = 3)`,
        ['leaf-is-its-envelopes'],
      ],
      [
        'finds two leaves that were swapped',
        sql`UPDATE log_leaves SET shard = CASE index
          WHEN 4 THEN (SELECT shard FROM log_leaves WHERE index = 5)
          ELSE (SELECT shard FROM log_leaves WHERE index = 4) END WHERE index IN (4, 5)`,
        ['leaf-is-its-envelopes', 'leaf-is-its-envelopes'],
      ],
      [
        'finds a changed node',
        sql`UPDATE log_nodes SET hash = sha256('') WHERE level = 3 AND index = 1`,
        ['node-is-its-children', 'node-is-its-children'],
      ],
      ['finds a lost node', sql`DELETE FROM log_nodes WHERE level = 8`, ['nodes-are-complete']],
      [
        'finds a node that belongs to nobody',
        sql`INSERT INTO log_nodes VALUES (0, 100000, sha256(''))`,
        ['nodes-are-complete'],
      ],
      [
        'finds a log that is shorter than it says',
        sql`UPDATE log_tree SET size = size + 1`,
        ['log-without-gaps', 'nodes-are-complete'],
      ],
      [
        'finds a receipt without a leaf',
        sql`WITH gone AS (DELETE FROM log_leaves WHERE index = 7 RETURNING index) SELECT * FROM gone`,
        ['receipt-has-leaf', 'log-without-gaps'],
      ],
      [
        'finds a checkpoint of another tree',
        sql`INSERT INTO log_checkpoints VALUES ('tilework/x', 5, sha256(''), 'note', 1)`,
        ['checkpoint-is-of-the-log'],
      ],
    ])('%s', async (_, tampering, rules) => {
      const { db } = get();
      const trx = await db.startTransaction().execute();
      try {
        for (const table of ['shards', 'log_leaves', 'log_nodes']) {
          await sql`ALTER TABLE ${sql.table(table)} DISABLE TRIGGER USER`.execute(trx);
        }
        await sql`ALTER TABLE log_leaves DROP CONSTRAINT log_leaves_shard_key`.execute(trx);
        await tampering.execute(trx);
        const found = (await checkLedger(trx)).map(({ rule }) => rule);
        expect(
          found.filter((rule, at) => found.indexOf(rule) === at || rules.length === found.length),
        ).toEqual(rules);
      } finally {
        await trx.rollback().execute();
      }
    });
  });
});
