import { rm } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { Health } from '../../src/coordinator/health.ts';
import { AppError } from '../../src/core/errors.ts';
import { openDatabase } from '../../src/store/database.ts';
import { freshDataDir } from '../helpers/databases.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { doorway } from './doors-rig.ts';

describe('health', () => {
  it('asks the database once a second, however many want to know', async () => {
    const clock = new FakeClock();
    let asked = 0;
    const health = new Health(() => Promise.resolve((asked += 1)), clock);
    await Promise.all([health.check(), health.check(), health.check()]);
    expect(asked).toBe(1);
    await clock.advance(1000);
    await health.check();
    expect(asked).toBe(2);
  });

  it('says why the database does not answer, and notices when it does again', async () => {
    const clock = new FakeClock();
    let works = false;
    const health = new Health(async () => {
      if (!works) throw new AppError('internal', 'the database has stopped');
    }, clock);
    const failure = { code: 'unreachable', message: 'the database has stopped' };
    await expect(health.check()).rejects.toMatchObject(failure);
    works = true;
    await expect(health.check()).rejects.toMatchObject(failure);
    await clock.advance(1000);
    await health.check();
  });

  it('does not wait for ever', async () => {
    const clock = new FakeClock();
    const health = new Health(() => new Promise(() => {}), clock);
    const checked = health.check().catch((error: unknown) => error);
    await clock.advance(5000);
    expect(await checked).toMatchObject({ code: 'unreachable' });
  });
});

it('/healthz is 503, and tells strangers no reason, when the database is gone', async () => {
  const dataDir = await freshDataDir();
  const db = await openDatabase({ dataDir });
  const { knock, clock } = await doorway(db);
  try {
    await db.close(); // what is asked of it now is never answered
    const asking = knock('203.0.113.9', '/healthz');
    const given = asking.then(() => true);
    // Its deadline is set somewhere in between.
    while (!(await Promise.race([given, clock.advance(5000)])));
    const answer = await asking;
    expect([answer.statusCode, answer.json()]).toEqual([503, { ok: false }]);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
});
