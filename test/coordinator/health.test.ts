import { rm } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { Health } from '../../src/coordinator/health.ts';
import { AppError } from '../../src/core/errors.ts';
import { openDatabase } from '../../src/store/database.ts';
import { freshDataDir } from '../helpers/databases.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { OPERATOR, databaseForFile, doorway } from './doors-rig.ts';

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

describe('a coordinator', () => {
  it('is alive, and not ready, when its database is gone; and tells strangers no reason', async () => {
    const dataDir = await freshDataDir();
    const db = await openDatabase({ dataDir });
    const { knock, clock } = await doorway(db);
    try {
      const ready = await knock('203.0.113.9', '/readyz');
      expect([ready.statusCode, ready.json()]).toEqual([
        200,
        { ok: true, database: true, blocks: true, peers: true, draining: false },
      ]);
      await clock.advance(1000);
      await db.close(); // what is asked of it now is never answered
      const asking = knock('203.0.113.9', '/readyz');
      const given = asking.then(() => true);
      // Its deadline is set somewhere in between.
      while (!(await Promise.race([given, clock.advance(5000)])));
      const answer = await asking;
      expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '10']);
      expect(answer.json()).toEqual({
        ok: false,
        database: false,
        blocks: true,
        peers: true,
        draining: false,
      });
      expect((await knock('203.0.113.9', '/healthz')).json()).toEqual({ ok: true });
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  });
});

describe('a coordinator with a database', () => {
  const home = databaseForFile();

  it('is not ready while its blocks cannot be written, and looks again', async () => {
    const { knock, clock, blocks } = await doorway(home.db);
    blocks.full = true;
    expect((await knock('::1', '/readyz')).json()).toMatchObject({ ok: false, blocks: false });
    blocks.full = false;
    expect((await knock('::1', '/readyz')).statusCode).toBe(503);
    await clock.advance(10_000);
    expect((await knock('::1', '/readyz')).statusCode).toBe(200);
  });

  it('that drains is not ready, takes nothing new and says when to come back, and goes on answering', async () => {
    const { knock, intake } = await doorway(home.db);
    const headers = { authorization: `Bearer ${OPERATOR}` };
    const done = intake.begin();
    intake.drain();
    const ready = await knock('::1', '/readyz');
    expect([ready.statusCode, ready.json<{ draining: boolean }>().draining]).toEqual([503, true]);
    for (const path of ['/v1/jobs', '/v1/operands']) {
      const refused = await knock('::1', path, { method: 'POST', headers, payload: {} });
      const { code } = refused.json<{ code: string }>();
      expect([refused.statusCode, refused.headers['retry-after'], code]).toEqual([503, '10', 'unavailable']);
    }
    expect((await knock('::1', '/v1/tokens', { headers })).statusCode).toBe(200);
    // What was begun before may end.
    const ended = intake.ended.then(() => 'ended');
    expect(await Promise.race([ended, Promise.resolve('open')])).toBe('open');
    done();
    expect(await ended).toBe('ended');
  });

  it('whose database is away refuses at once, with a problem that says to try again', async () => {
    const { knock, database, clock } = await doorway(home.db);
    let resumed = 0;
    database.start(
      () => Promise.resolve(),
      () => (resumed += 1),
    );
    database.suspect(Object.assign(new Error('terminating connection'), { code: '57P01' }));
    const refused = await knock('203.0.113.9', '/v1/network');
    expect([refused.statusCode, refused.headers['retry-after']]).toEqual([503, '5']);
    expect(refused.json()).toMatchObject({
      code: 'unavailable',
      detail: expect.stringContaining('try again'),
    });
    const waiting = database.answering().then(() => true);
    while (!(await Promise.race([waiting, clock.advance(1000).then(() => false)])));
    expect([database.isAway, resumed]).toEqual([false, 1]);
    database.close();
  });
});
