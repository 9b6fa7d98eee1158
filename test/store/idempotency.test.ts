import { expect, it } from 'vitest';
import type { Database } from '../../src/store/database.ts';
import { KEY_LIFETIME_MS, jobOfKey, takeKey } from '../../src/store/idempotency.ts';
import { onEachDatabase } from '../helpers/databases.ts';
import { hexOf, insertJob } from '../helpers/records.ts';

const NOW = 1_800_000_000_000;
const keyOf = (key: string, fingerprint = 1) => ({
  requester: 'requester:a',
  key,
  fingerprint: hexOf(fingerprint, 64),
});

onEachDatabase('Idempotency keys', (get) => {
  /** As Jobs does it: the key first, then the job, in one transaction. @returns the job of the key */
  const create = (
    db: Database,
    id: string,
    key: string,
    nowMs = NOW,
    beforeCommit?: () => void,
  ): Promise<string> =>
    db.transaction().execute(async (trx) => {
      const earlier = await takeKey(trx, keyOf(key), id, nowMs);
      if (earlier !== undefined) return earlier;
      await insertJob(trx, id);
      beforeCommit?.();
      return id;
    });

  it('are one job for requests at once, whoever comes first', async () => {
    const { db } = get();
    const jobs = await Promise.all(Array.from({ length: 8 }, (_, n) => create(db, `once-${n}`, 'once')));
    expect(new Set(jobs).size).toBe(1);
    expect(await jobOfKey(db, keyOf('once'), NOW)).toBe(jobs[0]);
    const made = await db.selectFrom('jobs').select('id').where('id', 'like', 'once-%').execute();
    expect(made).toHaveLength(1);
  });

  it('are free again when what came with them failed, for those too who waited for it', async () => {
    const { db } = get();
    let waiting: Promise<string[]> | undefined;
    const failing = create(db, 'failing', 'shared', NOW, () => {
      waiting = Promise.all(['second', 'third'].map((id) => create(db, id, 'shared')));
      throw new Error('refused');
    });
    await expect(failing).rejects.toThrow('refused');
    const jobs = await waiting;
    expect(new Set(jobs).size).toBe(1);
    expect(jobs![0]).toBe(await jobOfKey(db, keyOf('shared'), NOW));
  });

  it('stand for one request of one requester, for a day', async () => {
    const { db } = get();
    await create(db, 'daily', 'daily');
    await expect(jobOfKey(db, keyOf('daily', 2), NOW)).rejects.toMatchObject({ code: 'key-reused' });
    expect(await jobOfKey(db, { ...keyOf('daily'), requester: 'requester:b' }, NOW)).toBeUndefined();
    expect(await jobOfKey(db, keyOf('daily'), NOW + KEY_LIFETIME_MS - 1)).toBe('daily');
    expect(await jobOfKey(db, keyOf('daily'), NOW + KEY_LIFETIME_MS)).toBeUndefined();
    expect(await create(db, 'next day', 'daily', NOW + KEY_LIFETIME_MS)).toBe('next day');
    const { count } = await db
      .selectFrom('idempotencyKeys')
      .select((eb) => eb.fn.countAll().as('count'))
      .executeTakeFirstOrThrow();
    expect(Number(count)).toBe(1);
  });
});
