import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { settleShard, settleWithin } from '../../src/ledger/receipts.ts';
import { generateKey } from '../../src/protocol/keys.ts';
import { DAY_MS, siteContributors, siteDays, siteTotals } from '../../src/store/sites.ts';
import { onEachDatabase } from '../helpers/databases.ts';
import { insertJob, settleInput } from '../helpers/records.ts';

const key = await generateKey();
const TODAY = 20_000;
const CELL = 256 * 256 * 1024;
const peer = (name: string): string => `12D3KooW${name}`.padEnd(52, '1');

onEachDatabase('Sites', (get) => {
  let serial = 0;
  async function verified(site: string | null, contributor: string, cells: number, day = TODAY) {
    const { db } = get();
    const mine = ++serial;
    const job = await insertJob(db, `sites ${mine}`);
    const area = { rowBlock: 0, colBlock: 0, rowBlocks: 1, colBlocks: cells };
    const clock = { now: () => day * DAY_MS + 1, after: () => () => {} };
    const input = settleInput(mine, job.id, peer(contributor), area);
    const settle = () => settleShard(db, key, clock, { ...input, shard: { ...input.shard, site } });
    const [first] = [await settle(), await settle()];
    expect(first).toBeDefined();
  }

  describe('are credited', () => {
    it('day by day, each shard once, each key once a day, whatever was settled twice', async () => {
      const { db } = get();
      await verified('https://a.example', 'ann', 1, TODAY - 1);
      await verified('https://a.example', 'ann', 1);
      await verified('https://a.example', 'ann', 2);
      await verified('https://a.example', 'bob', 1);
      await verified('https://b.example', 'ann', 1);
      await verified(null, 'ann', 4);
      expect(await siteDays(db, 'https://a.example', 10)).toEqual([
        { day: TODAY, contributors: 2, shards: 3, multiplyAdds: 4 * CELL, microcredits: 271n },
        { day: TODAY - 1, contributors: 1, shards: 1, multiplyAdds: CELL, microcredits: 68n },
      ]);
      expect(await siteDays(db, 'https://a.example', 1)).toHaveLength(1);
      expect(await siteTotals(db)).toEqual([
        { site: 'https://a.example', shards: 4, multiplyAdds: 5 * CELL, microcredits: 339n },
        { site: 'https://b.example', shards: 1, multiplyAdds: CELL, microcredits: 68n },
      ]);
      expect(await siteContributors(db, 'https://a.example')).toBe(2);
      expect(await siteContributors(db, 'https://c.example')).toBe(0);
    });

    it('with what was settled, or with nothing: a transaction that fails counts nothing', async () => {
      const { db } = get();
      const job = await insertJob(db, 'sites, interrupted');
      const area = { rowBlock: 0, colBlock: 0, rowBlocks: 1, colBlocks: 1 };
      const input = settleInput(++serial, job.id, peer('ann'), area);
      const shard = { ...input.shard, site: 'https://never.example' };
      const failing = db.transaction().execute(async (trx) => {
        const clock = { now: () => TODAY * DAY_MS, after: () => () => {} };
        await settleWithin(trx, key, clock, [{ ...input, shard }]);
        await sql`SELECT 1 FROM no_such_table`.execute(trx);
      });
      await expect(failing).rejects.toThrow('no_such_table');
      expect(await siteDays(db, 'https://never.example', 1)).toEqual([]);
    });

    it('all together at once: no count is lost', async () => {
      const { db } = get();
      const site = 'https://crowd.example';
      await Promise.all(Array.from({ length: 12 }, (_, n) => verified(site, 'xyz'[n % 3]!, 1)));
      expect(await siteDays(db, site, 5)).toMatchObject([{ contributors: 3, shards: 12 }]);
    });
  });
});
