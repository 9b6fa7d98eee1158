import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import { onEachDatabase } from '../helpers/databases.ts';

onEachDatabase('The database', (get) => {
  it('returns int8 as bigint, float8 and integer as numbers, and bytea as a plain Uint8Array', async () => {
    const { rows } = await sql<Record<string, unknown>>`
      SELECT 1::int8 AS one, 9223372036854775807::int8 AS most, count(*) AS counted, 1800000000000::float8 AS ms,
        7::int4 AS small, '\\x00ff'::bytea AS bytes, '1.5'::numeric AS decimal, NULL::int8 AS nothing
      FROM settings WHERE false`.execute(get().db);
    expect(rows).toEqual([
      {
        one: 1n,
        most: 2n ** 63n - 1n,
        counted: 0n,
        ms: 1_800_000_000_000,
        small: 7,
        bytes: Uint8Array.of(0, 255),
        decimal: '1.5',
        nothing: null,
      },
    ]);
    expect(Object.getPrototypeOf(rows[0]!['bytes'])).toBe(Uint8Array.prototype);
  });

  it('takes bigint, bytes and large whole numbers as parameters, and gives the same back', async () => {
    const { rows } = await sql`
      SELECT ${-(2n ** 63n)}::int8 AS least, ${2 ** 53 - 1}::float8 AS ms, ${Uint8Array.of(1, 0, 92)}::bytea AS bytes
    `.execute(get().db);
    expect(rows).toEqual([{ least: -(2n ** 63n), ms: 2 ** 53 - 1, bytes: Uint8Array.of(1, 0, 92) }]);
  });

  it('runs queries from elsewhere outside the transaction that is open', async () => {
    const { db } = get();
    let elsewhere: Promise<unknown> | undefined;
    const rolledBack = db.transaction().execute(async (trx) => {
      elsewhere = db.insertInto('settings').values({ key: 'elsewhere', value: 'kept' }).execute();
      await trx.insertInto('settings').values({ key: 'inside', value: 'lost' }).execute();
      throw new Error('roll back');
    });
    await expect(rolledBack).rejects.toThrow('roll back');
    await elsewhere;
    expect(await db.selectFrom('settings').selectAll().execute()).toEqual([
      { key: 'elsewhere', value: 'kept' },
    ]);
  });

  it('ends every transaction of a burst', async () => {
    const { db } = get();
    const burst = Array.from({ length: 20 }, (_, n) =>
      db.transaction().execute(async (trx) => {
        await trx
          .insertInto('settings')
          .values({ key: `burst ${n}`, value: '' })
          .execute();
        if (n % 3 === 0) throw new Error('roll back');
      }),
    );
    const outcomes = await Promise.allSettled(burst);
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(7);
    const { rows } = await sql`SELECT key FROM settings WHERE key LIKE 'burst%'`.execute(db);
    expect(rows).toHaveLength(13);
  });

  it('rolls back where the commit itself fails, and goes on working', async () => {
    const { db } = get();
    const unbalanced = db.transaction().execute(async (trx) => {
      await trx.insertInto('accounts').values({ id: 'burn:test', kind: 'burn', createdMs: 1 }).execute();
      await trx
        .insertInto('events')
        .values({ kind: 'test', shard: null, timeMs: 1, memo: 'unbalanced' })
        .execute();
      await sql`INSERT INTO postings SELECT max(id), 'burn:test', 1 FROM events`.execute(trx);
    });
    await expect(unbalanced).rejects.toThrow('do not sum to zero');
    expect(await db.selectFrom('events').selectAll().execute()).toEqual([]);
  });

  // Last, since it closes the database that the others share.
  it('keeps what it has when it is opened again', async () => {
    const { db, place } = get();
    await db.insertInto('settings').values({ key: 'again', value: 'here' }).execute();
    await db.close();
    for (let round = 0; round < 2; round++) {
      const again = await openDatabase(place);
      expect(await again.selectFrom('settings').select('value').where('key', '=', 'again').execute()).toEqual(
        [{ value: 'here' }],
      );
      await again.close();
    }
  });
});

it('says that nobody answers at a URL', async () => {
  await expect(openDatabase({ url: 'postgres://nobody@127.0.0.1:1/none' })).rejects.toMatchObject({
    code: 'unreachable',
  });
});

it('starts over where a first start died before the database was whole', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'tilework-half-'));
  await mkdir(join(dataDir, 'db.new', 'base'), { recursive: true });
  await writeFile(join(dataDir, 'db.new', 'PG_VERSION'), '18');
  const db = await openDatabase({ dataDir });
  expect(await db.selectFrom('settings').selectAll().execute()).toEqual([]);
  await db.close();
  await rm(dataDir, { recursive: true });
});
