import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { type Logger, silentLogger } from '../../src/core/logger.ts';
import { checkLedger } from '../../src/ledger/audit.ts';
import { Checkpoints } from '../../src/ledger/checkpoints.ts';
import { readNodes } from '../../src/ledger/log.ts';
import { settleShard } from '../../src/ledger/receipts.ts';
import { type Checkpoint, openCheckpoint } from '../../src/protocol/checkpoint.ts';
import { openReceipt } from '../../src/protocol/envelope.ts';
import { type SigningKey, generateKey, peerIdOf } from '../../src/protocol/keys.ts';
import { EMPTY_ROOT, consistencyProof, verifyConsistency } from '../../src/protocol/merkle.ts';
import type { Database } from '../../src/store/database.ts';
import { onEachDatabase } from '../helpers/databases.ts';
import { insertJob, settleInput } from '../helpers/records.ts';

const key = await generateKey();
const coordinator = peerIdOf(key);
const contributor = peerIdOf(await generateKey());
const clock = { now: () => 1_800_000_000_000, after: () => () => {} };

let next = 0;
/** @returns the leaf */
async function settleOne(db: Database): Promise<number> {
  const n = next++;
  if (n % 8 === 0) await insertJob(db, `job ${n}`, 8);
  const area = { rowBlock: 0, colBlock: n % 8, rowBlocks: 1, colBlocks: 1 };
  const input = settleInput(n + 1, `job ${n - (n % 8)}`, contributor, area);
  const { receipt } = (await settleShard(db, key, clock, input))!;
  return (await openReceipt(receipt)).value.logIndex!;
}

/** Past the triggers. */
async function tamper(db: Database, statement: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await sql`ALTER TABLE log_nodes DISABLE TRIGGER USER`.execute(trx);
    await sql.raw(statement).execute(trx);
    await sql`ALTER TABLE log_nodes ENABLE TRIGGER USER`.execute(trx);
  });
}

onEachDatabase('Checkpoints', (get) => {
  const signer = (by: SigningKey = key, log: Logger = silentLogger): Checkpoints =>
    new Checkpoints({ db: get().db, key: by, clock, log });
  const open = (note: string): Promise<Checkpoint> => openCheckpoint(note, coordinator);

  it('begin with the empty log', async () => {
    next = 0;
    const { size, root } = await open(await signer().current());
    expect({ size, root }).toEqual({ size: 0, root: EMPTY_ROOT });
  });

  it('say every leaf that was committed before, and extend one another', async () => {
    const { db } = get();
    const checkpoints = signer();
    const seen = [await open(await checkpoints.current())];
    for (let n = 0; n < 9; n++) {
      const leaf = await settleOne(db);
      const checkpoint = await open(await checkpoints.current());
      expect(checkpoint.size).toBe(leaf + 1);
      for (const { size: first, root: firstRoot } of seen) {
        const proof = await consistencyProof(first, checkpoint.size, readNodes(db));
        const claim = { first, second: checkpoint.size, firstRoot, secondRoot: checkpoint.root, proof };
        expect(await verifyConsistency(claim)).toBe(true);
      }
      seen.push(checkpoint);
    }
    expect(await checkLedger(db)).toEqual([]);
  });

  it('are the same note as long as nothing is added, for another process too', async () => {
    const note = await signer().current();
    expect(await signer().current()).toBe(note);
    await settleOne(get().db);
    expect(await signer().current()).not.toBe(note);
  });

  it('answer a burst with few signatures, and a late comer with what was committed before it came', async () => {
    const { db } = get();
    let signatures = 0;
    const counting = Object.create(key, {
      sign: {
        value: (bytes: Uint8Array) => {
          signatures += 1;
          return key.sign(bytes);
        },
      },
    }) as SigningKey;
    await settleOne(db);
    const checkpoints = signer(counting);
    const early = Array.from({ length: 50 }, () => checkpoints.current());
    const leaf = await settleOne(db);
    const late = await open(await checkpoints.current());
    expect(late.size).toBe(leaf + 1);
    for (const note of await Promise.all(early)) expect((await open(note)).size).toBeGreaterThanOrEqual(leaf);
    expect(signatures).toBeLessThanOrEqual(3);
  });

  it('are signed by two processes at once without contradiction', async () => {
    const { db } = get();
    const two = [signer(), signer()];
    for (let n = 0; n < 4; n++) {
      const [, ...notes] = await Promise.all([settleOne(db), ...two.map((one) => one.current())]);
      for (const note of notes) {
        const { size: first, root: firstRoot } = await open(note);
        const { size: second, root: secondRoot } = await open(await two[0]!.current());
        const proof = await consistencyProof(first, second, readNodes(db));
        expect(await verifyConsistency({ first, second, firstRoot, secondRoot, proof })).toBe(true);
      }
    }
  });

  it('of another key are of another origin', async () => {
    const other = await generateKey();
    const note = await signer(other).current();
    expect((await openCheckpoint(note, peerIdOf(other))).size).toBe(
      (await open(await signer().current())).size,
    );
    await expect(open(note)).rejects.toMatchObject({ code: 'bad-signature' });
  });

  it.each([
    ['has changed', `UPDATE log_nodes SET hash = sha256('x') WHERE level = 4 AND index = 0`],
    ['is gone', 'DELETE FROM log_nodes WHERE level = 4 AND index = 0'],
  ])('are refused, loudly, once a subtree that was signed %s', async (_, statement) => {
    const { db } = get();
    await signer().current();
    const { hash } = await db
      .selectFrom('logNodes')
      .select('hash')
      .where('level', '=', 4)
      .where('index', '=', 0n)
      .executeTakeFirstOrThrow();
    const before = await db.selectFrom('logCheckpoints').selectAll().execute();
    await tamper(db, statement);
    const errors: string[] = [];
    const loud = signer(key, { ...silentLogger, error: (_fields, message) => errors.push(message) });
    await expect(loud.current()).rejects.toMatchObject({ code: 'internal' });
    await settleOne(db);
    await expect(loud.current()).rejects.toMatchObject({ code: 'internal' });
    expect(errors).toHaveLength(2);
    expect(errors[0]).toMatch(/CONTRADICTS/);
    expect(await db.selectFrom('logCheckpoints').selectAll().execute()).toEqual(before);
    expect((await checkLedger(db)).map(({ rule }) => rule)).toContain('checkpoint-is-of-the-log');

    await tamper(db, 'DELETE FROM log_nodes WHERE level = 4 AND index = 0');
    await db.insertInto('logNodes').values({ level: 4, index: 0n, hash }).execute();
    await loud.current();
    expect(await checkLedger(db)).toEqual([]);
  });

  it('are refused for a log that has become shorter', async () => {
    const { db } = get();
    const { size } = await open(await signer().current());
    await sql`UPDATE log_tree SET size = size - 1`.execute(db);
    await expect(signer().current()).rejects.toThrow(/leaves are gone/);
    await sql`UPDATE log_tree SET size = size + 1`.execute(db);
    expect((await open(await signer().current())).size).toBe(size);
  });
});
