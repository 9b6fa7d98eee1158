/** A real PostgreSQL that is shut down in the middle of a job and started again. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Logger } from '../../src/core/logger.ts';
import { isDatabaseAway } from '../../src/store/away.ts';
import { checkLedger } from '../../src/ledger/audit.ts';
import { Database, openDatabase } from '../../src/store/database.ts';
import { type TestCoordinator, testContributor, testCoordinator } from '../helpers/network.ts';
import { type TestPostgres, findPostgres, startPostgres } from '../helpers/postgres.ts';
import { api, ended, product, result, submit } from '../helpers/product.ts';

const missing = findPostgres() === undefined;

describe.skipIf(missing && process.env['CI'] !== 'true')(
  'a database that goes away',
  { timeout: 60_000 },
  () => {
    let server: TestPostgres;
    let coordinator: TestCoordinator;
    const said: { message: string; fields: object }[] = [];
    let heard: () => void = () => {};

    beforeAll(async () => {
      server = await startPostgres();
      const note = (fields: object, message: string): void => {
        said.push({ message, fields });
        heard();
      };
      const log: Logger = { debug: note, info: note, warn: note, error: note };
      coordinator = await testCoordinator({ databaseUrl: server.url, log });
    }, 60_000);
    afterAll(async () => {
      await coordinator?.remove();
      await server?.stop();
    });

    async function hears(message: string): Promise<void> {
      while (!said.some((each) => each.message.startsWith(message)))
        await new Promise<void>((next) => {
          heard = next;
        });
    }

    it('pauses the job, and goes on with it when it is back: nothing lost, nothing twice', async () => {
      const wanted = product('i8', 1500, 1200, 300);
      const job = await submit(coordinator, wanted);
      const contributors = await Promise.all([1, 2].map(() => testContributor(coordinator.peerAddresses)));
      await contributors[0]!.until(({ shardsVerified }) => shardsVerified >= 1);

      await server.halt();
      await hears('the database does not answer');
      const url = `${coordinator.url}/v1/network`;
      const refused = await fetch(url);
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
      expect(refused.headers.get('content-type')).toContain('application/problem+json');
      expect(await refused.json()).toMatchObject({ status: 503, code: 'unavailable' });
      expect((await fetch(`${coordinator.url}/healthz`)).status).toBe(200);
      const ready = await fetch(`${coordinator.url}/readyz`);
      expect([ready.status, await ready.json()]).toEqual([
        503,
        { ok: false, database: false, blocks: true, peers: true, draining: false },
      ]);
      await expect(submit(coordinator, product('i8', 9, 9, 9))).rejects.toThrow('503');

      await server.resume();
      await hears('the database answers again');
      expect(await ended(coordinator, job.id)).toMatchObject({ state: 'done' });
      expect(await result(coordinator, job.id)).toEqual(wanted.expected);
      expect((await fetch(`${coordinator.url}/readyz`)).status).toBe(200);
      // Nobody was thrown out for it, and everybody's work was credited once.
      const view = await api<{ shards: number; cellsVerified: number }>(coordinator, `/v1/jobs/${job.id}`);
      expect(view.cellsVerified).toBe(6 * 5);
      await Promise.all(contributors.map((each) => each.stop()));
      const receipts = contributors.flatMap((each) => each.receipts);
      expect(new Set(receipts.map((each) => Buffer.from(each).toString('hex'))).size).toBe(view.shards);
      const db = await openDatabase({ url: server.url });
      try {
        expect(await checkLedger(db)).toEqual([]);
        const open = await db.selectFrom('leases').select('id').where('state', '=', 'open').execute();
        expect(open.length).toBeLessThanOrEqual(4); // those whose deadline is still to come
      } finally {
        await db.close();
      }
      expect(said.filter(({ message }) => message === 'the dispatcher failed')).toEqual([]);
      expect(said.filter(({ message }) => message === 'a request failed')).toEqual([]);
    });
  },
);

type Transaction = ReturnType<Database['transaction']>;

describe('a commit whose answer never comes', () => {
  it('counts, once: the database is asked what became of it', async () => {
    const transaction: () => Transaction = Reflect.get(Database.prototype, 'transaction');
    let lost = 0;
    const losing = function (this: Database): Transaction {
      const builder = transaction.call(this);
      const execute = builder.execute.bind(builder);
      const executeAndLose: Transaction['execute'] = async (work) => {
        const done = await execute(work);
        // The first one that settles shards.
        const settles =
          Array.isArray(done) && done.some((one: object | undefined) => one && 'receipt' in one);
        if (lost > 0 || !settles) return done;
        lost += 1;
        throw new Error('Connection terminated unexpectedly');
      };
      return Object.assign(builder, { execute: executeAndLose });
    };
    Object.assign(Database.prototype, { transaction: losing });
    const coordinator = await testCoordinator();
    const contributor = await testContributor(coordinator.peerAddresses);
    try {
      const wanted = product('i8', 700, 600, 300, 9);
      const done = await ended(coordinator, (await submit(coordinator, wanted)).id);
      expect(lost).toBe(1);
      expect(done).toMatchObject({ state: 'done', cellsVerified: 9 });
      expect(await result(coordinator, done.id)).toEqual(wanted.expected);
      await contributor.until(({ receipts }) => receipts === done.shards);
    } finally {
      Object.assign(Database.prototype, { transaction });
      await contributor.stop();
      await coordinator.remove();
    }
  });
});

describe('a failed query', () => {
  it.each([
    [Object.assign(new Error('terminating connection'), { code: '57P01' }), true],
    [Object.assign(new Error('the database system is starting up'), { code: '57P03' }), true],
    [Object.assign(new Error('connect'), { code: 'ENOENT', syscall: 'connect' }), true],
    [Object.assign(new Error('connect'), { code: 'ECONNREFUSED', syscall: 'connect' }), true],
    [new Error('Connection terminated unexpectedly'), true],
    [new Error('wrapped', { cause: new Error('Connection terminated unexpectedly') }), true],
    [Object.assign(new Error('open'), { code: 'ENOENT', syscall: 'open' }), false],
    [Object.assign(new Error('write'), { code: 'ENOSPC', syscall: 'write' }), false],
    [Object.assign(new Error('duplicate key'), { code: '23505' }), false],
    ['nothing', false],
  ])('says whether there is no database: %s', (error, away) => {
    expect(isDatabaseAway(error)).toBe(away);
  });
});
