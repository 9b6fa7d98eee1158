import { expect, it } from 'vitest';
import { sql } from 'kysely';
import type { Queries } from '../../src/store/database.ts';
import { GroupCommit } from '../../src/store/group-commit.ts';
import { onEachDatabase } from '../helpers/databases.ts';

onEachDatabase('transactions that share a commit', (get) => {
  let names = 0;
  const name = (): string => `group-${names++}`;
  const add =
    (id: string) =>
    async (trx: Queries): Promise<string> => {
      await trx
        .insertInto('accounts')
        .values({ id: `team:${id}`, kind: 'team', createdMs: 1 })
        .execute();
      return id;
    };
  const has = async (id: string): Promise<boolean> =>
    (await get().db.selectFrom('accounts').select('id').where('id', '=', `team:${id}`).execute()).length ===
    1;

  it('are committed one by one when they come one by one', async () => {
    const [a, b] = [name(), name()];
    expect(await get().db.together(add(a))).toBe(a);
    expect(await get().db.together(add(b))).toBe(b);
    expect([await has(a), await has(b)]).toEqual([true, true]);
  });

  it('share one commit when they come at once, and see what came before them', async () => {
    let commits = 0;
    const group = new GroupCommit((work) => {
      commits += 1;
      return get().db.transaction().execute(work);
    });
    const ids = Array.from({ length: 20 }, name);
    const seen = ids.map((id, i) =>
      group.run(async (trx) => {
        await add(id)(trx);
        const before = ids[i - 1];
        if (before === undefined) return true;
        const rows = await trx
          .selectFrom('accounts')
          .select('id')
          .where('id', '=', `team:${before}`)
          .execute();
        return rows.length === 1;
      }),
    );
    expect(await Promise.all(seen)).toEqual(ids.map(() => true));
    expect(commits).toBe(2); // the first one alone, and those that came meanwhile
  });

  it('fail alone: the others of the group are written', async () => {
    const [taken, good, late] = [name(), name(), name()];
    await get().db.together(add(taken));
    const outcomes = await Promise.allSettled([
      get().db.together(add(good)),
      get().db.together(add(taken)),
      get().db.together(() => Promise.reject(new Error('changed my mind'))),
      get().db.together(add(late)),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect([await has(good), await has(late)]).toEqual([true, true]);
  });

  it('fail all where the transaction is lost, and the next ones go on', async () => {
    let broken = true;
    const group = new GroupCommit((work) =>
      get()
        .db.transaction()
        .execute(async (trx) => {
          const value = await work(trx);
          if (broken) throw new Error('the connection broke');
          return value;
        }),
    );
    const ids = [name(), name(), name()];
    const outcomes = await Promise.allSettled(ids.map((id) => group.run(add(id))));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    broken = false;
    expect(await group.run(add(ids[0]!))).toBe(ids[0]);
    expect([await has(ids[0]!), await has(ids[1]!)]).toEqual([true, false]);
  });

  it('leave no transaction open behind them', async () => {
    await get().db.together(add(name()));
    await sql`SELECT 1`.execute(get().db);
  });
});
