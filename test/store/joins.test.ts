import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { settleShard } from '../../src/ledger/receipts.ts';
import { generateKey } from '../../src/protocol/keys.ts';
import { figuresOf, hasWork, rankedContributors, rankedTeams } from '../../src/store/figures.ts';
import { addJoin, endJoin, joinByDigest, joinByOffer, joinOf, joinedTo } from '../../src/store/joins.ts';
import { keepProfile } from '../../src/store/profiles.ts';
import type { StoredJoin } from '../../src/store/schema.ts';
import { onEachDatabase } from '../helpers/databases.ts';
import { hexOf, insertJob, settleInput } from '../helpers/records.ts';

const key = await generateKey();
const NOW = 1_800_000_000_000;
const CELL = 256 * 256 * 1024;
const peer = (name: string): string => `12D3KooW${name}`.padEnd(52, '1');
const BYTES = Uint8Array.of(1);

onEachDatabase('Joined keys', (get) => {
  let serial = 0;
  const joinFor = (joined: string, main: string): StoredJoin => ({
    digest: hexOf(++serial, 64),
    offerDigest: hexOf(1_000_000 + serial, 64),
    joined: peer(joined),
    main: peer(main),
    offerEnvelope: BYTES,
    joinEnvelope: BYTES,
    joinedMs: NOW + serial,
  });
  async function joined(who: string, main: string, most = 64, ever = 640): Promise<StoredJoin> {
    const join = joinFor(who, main);
    await get()
      .db.transaction()
      .execute((trx) => addJoin(trx, join, { joined: most, ever }));
    return join;
  }
  const ended = (join: StoredJoin): Promise<boolean> =>
    get()
      .db.transaction()
      .execute((trx) =>
        endJoin(trx, join, { joinDigest: join.digest, signer: join.main, envelope: BYTES, endedMs: NOW }),
      );
  async function verified(contributor: string, cells: number): Promise<void> {
    const { db } = get();
    const mine = ++serial;
    const job = await insertJob(db, `joins ${mine}`);
    const area = { rowBlock: 0, colBlock: 0, rowBlocks: 1, colBlocks: cells };
    const clock = { now: () => NOW, after: () => () => {} };
    await settleShard(db, key, clock, settleInput(mine, job.id, peer(contributor), area));
  }
  const members = async (...names: string[]): Promise<unknown> =>
    (
      await get()
        .db.selectFrom('members')
        .selectAll()
        .where('contributor', 'in', names.map(peer))
        .orderBy('contributor')
        .execute()
    ).map(({ contributor, main }) => [contributor, main]);

  describe('are recorded', () => {
    it('as one main key and those that are joined to it, until they leave', async () => {
      const { db } = get();
      const [b, c] = [await joined('b', 'a'), await joined('c', 'a')];
      expect(await members('a', 'b', 'c')).toEqual(['a', 'b', 'c'].map((name) => [peer(name), peer('a')]));
      expect(await joinOf(db, peer('b'))).toEqual({ ...b, endedMs: null });
      expect(await joinOf(db, peer('a'))).toBeUndefined();
      expect((await joinedTo(db, peer('a'))).map(({ joined: who }) => who)).toEqual([peer('b'), peer('c')]);
      expect(await joinByOffer(db, c.offerDigest)).toMatchObject({ digest: c.digest });

      expect(await ended(b)).toBe(true);
      expect(await ended(b)).toBe(false);
      expect(await members('a', 'b', 'c')).toHaveLength(2);
      expect(await joinByDigest(db, b.digest)).toMatchObject({ endedMs: NOW });
      expect(await joinOf(db, peer('b'))).toBeUndefined();
      expect(await ended(c)).toBe(true);
      expect(await members('a', 'b', 'c')).toEqual([]);
      // Whoever has left may join again, also as a main key.
      await joined('a', 'b');
      expect(await members('a', 'b')).toEqual([
        [peer('a'), peer('b')],
        [peer('b'), peer('b')],
      ]);
    });

    it('in no chain, no circle, and with one main key each', async () => {
      await joined('e', 'd');
      await expect(joined('e', 'f')).rejects.toMatchObject({ code: 'conflict', message: /another main key/ });
      await expect(joined('d', 'f')).rejects.toMatchObject({
        code: 'conflict',
        message: /main key of others/,
      });
      await expect(joined('f', 'e')).rejects.toMatchObject({
        code: 'conflict',
        message: /another key itself/,
      });
      await expect(joined('d', 'e')).rejects.toMatchObject({ code: 'conflict' });
      // A failure has left nothing behind.
      expect(await members('d', 'e', 'f')).toEqual([
        [peer('d'), peer('d')],
        [peer('e'), peer('d')],
      ]);
    });

    it('up to a number', async () => {
      for (const who of ['ma', 'mb', 'mc']) await joined(who, 'm', 3);
      await expect(joined('md', 'm', 3)).rejects.toMatchObject({ code: 'too-large' });
      expect(await members('md')).toEqual([]);
      // Whoever comes and goes makes records that stay.
      for (let n = 0; n < 2; n++) await ended(await joined('na', 'n', 64, 3));
      await ended(await joined('nb', 'n', 64, 3));
      await expect(joined('nc', 'n', 64, 3)).rejects.toMatchObject({ code: 'too-large' });
      await ended(await joined('na', 'o', 64, 3));
      await expect(joined('na', 'p', 64, 3)).rejects.toMatchObject({ code: 'too-large' });
      expect(await members('n', 'na', 'nb', 'nc', 'o')).toEqual([]);
    });

    it('one of many that come at once, in whatever direction', async () => {
      const tries = await Promise.allSettled([
        ...Array.from({ length: 4 }, (_, n) => joined('x', `x${'abcd'[n]}`)),
        joined('y', 'z'),
        joined('z', 'y'),
      ]);
      const done = tries.map(({ status }) => status === 'fulfilled');
      expect(done.slice(0, 4).filter(Boolean)).toHaveLength(1);
      expect(done.slice(4).filter(Boolean)).toHaveLength(1);
      for (const each of tries)
        if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'conflict' });
    });

    it('for good: what was said is neither changed nor removed', async () => {
      const { db } = get();
      const join = await joined('q', 'p');
      await ended(join);
      const change = db
        .updateTable('joins')
        .set({ main: peer('o') })
        .where('digest', '=', join.digest);
      await expect(change.execute()).rejects.toThrow('append-only');
      await expect(sql`DELETE FROM join_ends`.execute(db)).rejects.toThrow('append-only');
    });
  });

  describe('count', () => {
    it('under their main key in every rank, and by themselves when they have left', async () => {
      const { db } = get();
      for (const [who, cells] of [
        ['R', 4],
        ['S', 3],
        ['T', 2],
        ['U', 1],
      ] as const)
        await verified(who, cells);
      const ours = ['R', 'S', 'T', 'U', 'V'].map(peer);
      const ranks = async (window?: { hours: number; nowMs: number }): Promise<unknown[]> =>
        (await rankedContributors(db, 100, window))
          .filter(({ contributor }) => ours.includes(contributor))
          .map(({ contributor, shards, multiplyAdds, name }) => [
            contributor.charAt(8),
            shards,
            multiplyAdds / CELL,
            name,
          ]);
      const alone = [
        ['R', 1, 4, ''],
        ['S', 1, 3, ''],
        ['T', 1, 2, ''],
        ['U', 1, 1, ''],
      ];
      expect(await ranks()).toEqual(alone);

      // V has done nothing itself.
      expect(await hasWork(db, peer('V'))).toBe(false);
      const [s, t] = [await joined('S', 'V'), await joined('T', 'V')];
      expect(await hasWork(db, peer('V'))).toBe(true);
      const profile = { contributor: peer('V'), name: 'Vera', team: 'Vs', issuedMs: 1, envelope: BYTES };
      await keepProfile(db, profile);
      const together = [
        ['V', 2, 5, 'Vera'],
        ['R', 1, 4, ''],
        ['U', 1, 1, ''],
      ];
      expect(await ranks()).toEqual(together);
      expect(await ranks({ hours: 24, nowMs: NOW })).toEqual(together);
      expect(await rankedTeams(db, 100)).toContainEqual({
        team: 'Vs',
        members: 1,
        shards: 2,
        multiplyAdds: 5 * CELL,
        microcredits: 202n + 135n,
      });
      const line = await figuresOf(db, peer('V'), NOW);
      expect(line).toMatchObject({ shards: 2, multiplyAdds: 5 * CELL, joined: 2, main: undefined });
      expect(line.day).toMatchObject({ shards: 2, multiplyAdds: 5 * CELL });
      // Others' ranks: R is behind V, and nobody counts twice.
      const rankOf = async (name: string): Promise<number> => (await figuresOf(db, peer(name), NOW)).rank!;
      expect([(await rankOf('R')) - line.rank!, (await rankOf('U')) - line.rank!]).toEqual([1, 2]);
      expect(await figuresOf(db, peer('S'), NOW)).toMatchObject({
        shards: 1,
        rank: undefined,
        main: peer('V'),
        joined: 0,
      });

      await verified('S', 8);
      expect(await ranks()).toEqual([['V', 3, 13, 'Vera'], ...together.slice(1)]);
      await ended(s);
      await ended(t);
      expect(await ranks()).toEqual([['S', 2, 11, ''], ...alone.filter(([name]) => name !== 'S')]);
      expect(await figuresOf(db, peer('V'), NOW)).toMatchObject({ shards: 0, rank: undefined, joined: 0 });
    });
  });
});
