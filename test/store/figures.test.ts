import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { settleShard } from '../../src/ledger/receipts.ts';
import { generateKey } from '../../src/protocol/keys.ts';
import {
  HOUR_MS,
  dropOldHours,
  everybody,
  figuresOf,
  networkTotals,
  ownersOf,
  rankedContributors,
  rankedTeams,
  recentReceipts,
  shownJob,
  workBySteps,
} from '../../src/store/figures.ts';
import { setJobState } from '../../src/store/jobs.ts';
import { keepProfile, profileOf } from '../../src/store/profiles.ts';
import { onEachDatabase } from '../helpers/databases.ts';
import { insertJob, settleInput } from '../helpers/records.ts';

const key = await generateKey();
const NOW = 1_800_000_000_000;
/** Of one cell of insertJob's. */
const CELL = 256 * 256 * 1024;
/** A PeerId in the same order as the names. */
const peer = (name: string): string => `12D3KooW${name}`.padEnd(52, '1');

onEachDatabase('Figures', (get) => {
  let serial = 0;
  /** The contributor has one more shard of so many cells, so many hours ago. */
  async function verified(contributor: string, cells: number, hoursAgo = 0): Promise<string> {
    const { db } = get();
    const mine = ++serial;
    const job = await insertJob(db, `figures ${mine}`);
    const area = { rowBlock: 0, colBlock: 0, rowBlocks: 1, colBlocks: cells };
    const clock = { now: () => NOW - hoursAgo * HOUR_MS, after: () => () => {} };
    const settled = await settleShard(db, key, clock, settleInput(mine, job.id, peer(contributor), area));
    expect(settled).toBeDefined();
    return job.id;
  }
  const named = (contributor: string, name: string, team: string, issuedMs = 1): Promise<boolean> =>
    keepProfile(get().db, {
      contributor: peer(contributor),
      name,
      team,
      issuedMs,
      envelope: Uint8Array.of(1),
    });
  const window = (hours: number): { hours: number; nowMs: number } => ({ hours, nowMs: NOW });

  describe('of contributors', () => {
    it('rank by work, with one order among equals, and go on from shard to shard', async () => {
      const { db } = get();
      for (const who of ['c', 'a', 'b']) await verified(who, 2);
      await verified('d', 1);
      await verified('d', 2);
      await verified('e', 1);
      await named('a', 'Ada', 'Engines');
      const rows = await rankedContributors(db, 4);
      expect(rows).toEqual([
        { contributor: peer('d'), shards: 2, multiplyAdds: 3 * CELL, microcredits: 203n, name: '', team: '' },
        {
          contributor: peer('a'),
          shards: 1,
          multiplyAdds: 2 * CELL,
          microcredits: 135n,
          name: 'Ada',
          team: 'Engines',
        },
        { contributor: peer('b'), shards: 1, multiplyAdds: 2 * CELL, microcredits: 135n, name: '', team: '' },
        { contributor: peer('c'), shards: 1, multiplyAdds: 2 * CELL, microcredits: 135n, name: '', team: '' },
      ]);
      const ranks = await Promise.all(['d', 'a', 'b', 'c', 'e'].map((who) => figuresOf(db, peer(who), NOW)));
      expect(ranks.map(({ rank }) => rank)).toEqual([1, 2, 3, 4, 5]);
      expect((await everybody(db)).map(({ contributor }) => contributor)).toEqual(
        ['d', 'a', 'b', 'c', 'e'].map(peer),
      );
      expect(await networkTotals(db)).toEqual({ shards: 6, leaves: 6, multiplyAdds: 10 * CELL });
    });

    it('of a day and of a week leave out what is older, and what nobody needs is dropped', async () => {
      const { db } = get();
      await verified('o', 8, 300);
      await verified('o', 1, 100);
      await verified('o', 2, 3);
      expect(await figuresOf(db, peer('o'), NOW)).toMatchObject({
        shards: 3,
        multiplyAdds: 11 * CELL,
        day: { shards: 1, multiplyAdds: 2 * CELL, microcredits: 135n },
        week: { shards: 2, multiplyAdds: 3 * CELL },
      });
      const mine = (rows: { contributor: string; multiplyAdds: number }[]): number | undefined =>
        rows.find(({ contributor }) => contributor === peer('o'))?.multiplyAdds;
      expect(mine(await rankedContributors(db, 100, window(24)))).toBe(2 * CELL);
      expect(mine(await rankedContributors(db, 100, window(168)))).toBe(3 * CELL);
      expect(mine(await rankedContributors(db, 100))).toBe(11 * CELL);
      await dropOldHours(db, 168, NOW);
      expect(mine(await rankedContributors(db, 100, window(1000)))).toBe(3 * CELL);
      expect(mine(await rankedContributors(db, 100))).toBe(11 * CELL);
    });

    it('are zeros for somebody unknown', async () => {
      const nothing = { shards: 0, multiplyAdds: 0, microcredits: 0n };
      const figures = {
        ...nothing,
        rank: undefined,
        day: nothing,
        week: nothing,
        main: undefined,
        joined: 0,
      };
      expect(await figuresOf(get().db, 'nobody', NOW)).toEqual(figures);
    });

    it('are what the shards say, after a burst too', async () => {
      const { db } = get();
      await Promise.all(Array.from({ length: 12 }, (_, n) => verified(`burst${1 + (n % 3)}`, 1 + n)));
      const { rows } = await sql<{ same: boolean }>`
        SELECT count(*) = 0 AS same FROM
          (SELECT contributor, count(*)::integer AS n, sum(multiply_adds)::float8 AS m, sum(microcredits) AS c
            FROM shards GROUP BY contributor) s
          FULL JOIN work w ON w.contributor = s.contributor
        WHERE w.shards IS DISTINCT FROM s.n OR w.multiply_adds IS DISTINCT FROM s.m
          OR w.microcredits IS DISTINCT FROM s.c`.execute(db);
      expect(rows).toEqual([{ same: true }]);
    });
  });

  describe('of teams', () => {
    it('are those of whoever names them now', async () => {
      const { db } = get();
      for (const [who, cells] of [
        ['t1', 3],
        ['t2', 4],
        ['t3', 5],
      ] as const)
        await verified(who, cells, cells > 4 ? 50 : 0);
      await named('t1', '', 'Reds');
      await named('t2', '', 'Reds');
      await named('t3', '', 'Blues');
      await named('none', 'N', 'Reds');
      const of = (rows: { team: string }[]): unknown[] => rows.filter(({ team }) => /Reds|Blues/.test(team));
      expect(of(await rankedTeams(db, 10))).toEqual([
        { team: 'Reds', members: 2, shards: 2, multiplyAdds: 7 * CELL, microcredits: 202n + 269n },
        { team: 'Blues', members: 1, shards: 1, multiplyAdds: 5 * CELL, microcredits: 336n },
      ]);
      expect(of(await rankedTeams(db, 10, window(24)))).toMatchObject([{ team: 'Reds', shards: 2 }]);
      await named('t2', '', 'Blues', 2);
      expect(of(await rankedTeams(db, 10))).toMatchObject([
        { team: 'Blues', members: 2, multiplyAdds: 9 * CELL },
        { team: 'Reds', members: 1, multiplyAdds: 3 * CELL },
      ]);
      expect(await rankedTeams(db, 1)).toHaveLength(1);
    });
  });

  describe('of names', () => {
    it('change with a newer statement only, and are taken back by an empty one', async () => {
      const { db } = get();
      expect(await named('n', 'First', 'T', 10)).toBe(true);
      expect(await named('n', 'First', 'T', 10)).toBe(true); // said again
      expect(await named('n', 'Second', 'T', 10)).toBe(false);
      expect(await named('n', 'Older', 'T', 9)).toBe(false);
      expect(await profileOf(db, peer('n'))).toMatchObject({ name: 'First', issuedMs: 10 });
      expect(await named('n', '', '', 11)).toBe(true);
      expect(await profileOf(db, peer('n'))).toMatchObject({ name: '', team: '', issuedMs: 11 });
      expect(await profileOf(db, 'nobody')).toBeUndefined();
    });
  });

  describe('of the log and the jobs', () => {
    it('show the newest receipts first, whose rectangles a job has, and the job to look at', async () => {
      const { db } = get();
      const first = await verified('r1', 2);
      await verified('r2', 3);
      const [newest, next] = await recentReceipts(db, 2);
      expect(newest).toMatchObject({
        contributor: peer('r2'),
        multiplyAdds: BigInt(3 * CELL),
        verifiedMs: NOW,
      });
      expect(next).toMatchObject({ contributor: peer('r1'), logIndex: newest!.logIndex - 1n });
      const lastHour = { leaves: 2, stepMs: 5000, sinceMs: NOW - HOUR_MS };
      expect(await workBySteps(db, lastHour)).toEqual([{ atMs: NOW, multiplyAdds: 5 * CELL }]);
      expect(await workBySteps(db, { ...lastHour, sinceMs: NOW + 1 })).toEqual([]);
      expect(await ownersOf(db, first)).toEqual([
        { rowBlock: 0, colBlock: 0, rowBlocks: 1, colBlocks: 2, contributor: peer('r1') },
      ]);
      const running = await db.selectFrom('jobs').select('id').where('state', '=', 'running').execute();
      const urgent = await insertJob(db, 'figures urgent', 8, { priority: 3 });
      expect((await shownJob(db))?.id).toBe(urgent.id);
      for (const [n, { id }] of [...running, urgent].entries())
        await setJobState(db, id, 'cancelled', { timeMs: NOW + n });
      expect((await shownJob(db))?.id).toBe(urgent.id);
    });
  });
});
