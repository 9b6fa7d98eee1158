import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { isAppError } from '../../src/core/errors.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { cutPlots } from '../../src/coordinator/plots.ts';
import { checkLedger } from '../../src/ledger/audit.ts';
import { type SettleInput, settleShards } from '../../src/ledger/receipts.ts';
import { generateKey, peerIdOf } from '../../src/protocol/keys.ts';
import { assertNetworkKey } from '../../src/store/network-key.ts';
import { beat, forgetCoordinator, livingCoordinators } from '../../src/store/coordinators.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { createJob } from '../../src/store/jobs.ts';
import { type Notice, Notices } from '../../src/store/notices.ts';
import { insertOperand } from '../../src/store/operands.ts';
import {
  claimAll,
  claimPlots,
  dropOldPlots,
  giveBackAll,
  giveBackPlots,
  insertPlots,
  plotsOf,
} from '../../src/store/plots.ts';
import { onEachDatabase } from '../helpers/databases.ts';
import { eventually } from '../helpers/eventually.ts';
import { insertJob, settleInput } from '../helpers/records.ts';
import { type TestPostgres, findPostgres, startPostgres } from '../helpers/postgres.ts';

const [ANN, BOB, CID] = ['a', 'b', 'c'].map((letter) => letter.repeat(16)) as [string, string, string];
const state = (id: string) => ({
  id,
  url: `http://${id}.example`,
  addresses: [`/ip4/127.0.0.1/tcp/1/ws/p2p/${id}`],
  contributors: 2,
  sites: { 'https://example.org': 1 },
  speed: 1.5,
});

let operands = 0;
async function job(db: Database, id: string): Promise<void> {
  const operand = (operands++).toString(16).padStart(64, '0');
  await insertOperand(db, {
    id: operand,
    dtype: 'i8',
    rows: 2048,
    k: 64,
    maxAbs: 1,
    bytes: 1,
    name: '',
    createdMs: 0,
  });
  const shape = { dtype: 'i8', rows: 2048, cols: 2048, k: 64 } as const;
  const said = { project: 'p', title: '', priority: 0, createdMs: 0, deadlineMs: null };
  await createJob(db, { id, a: operand, b: operand, ...shape, ...said });
}

async function plots(db: Database, id: string): Promise<void> {
  await job(db, id);
  const columns = cutPlots(8, 8).map(({ row, col, rows, cols }) => ({
    rowBlock: row,
    colBlock: col,
    rowBlocks: rows,
    colBlocks: cols,
  }));
  for (let twice = 0; twice < 2; twice++) await insertPlots(db, id, columns);
}

const heldBy = async (db: Database, id: string, holder: string | null): Promise<number> =>
  (await plotsOf(db, [id])).filter((plot) => plot.holder === holder).length;

onEachDatabase('Coordinators', (get) => {
  it('live as long as their hearts beat', async () => {
    const { db } = get();
    await beat(db, state(ANN));
    await beat(db, state(BOB));
    await beat(db, { ...state(BOB), contributors: 7 });
    expect(await livingCoordinators(db, 60_000)).toEqual([state(ANN), { ...state(BOB), contributors: 7 }]);
    await sql`UPDATE coordinators SET beat_at = beat_at - interval '1 minute' WHERE id = ${ANN}`.execute(db);
    expect((await livingCoordinators(db, 10_000)).map(({ id }) => id)).toEqual([BOB]);
    await forgetCoordinator(db, BOB);
    expect(await livingCoordinators(db, 10_000)).toEqual([]);
  });

  it('have one key: another is refused with what to do', async () => {
    const { db } = get();
    await assertNetworkKey(db, 'ours');
    await assertNetworkKey(db, 'ours');
    const refused = await assertNetworkKey(db, 'theirs').catch((error: unknown) => error);
    expect(isAppError(refused, 'conflict')).toBe(true);
    expect((refused as Error).message).toContain('--key');
  });

  it('claim what nobody who lives holds, each plot once, and give it back', async () => {
    const { db } = get();
    await plots(db, 'shared');
    const all = await plotsOf(db, ['shared']);
    expect(all).toHaveLength(16);
    const [ann, bob] = await Promise.all([
      claimPlots(db, ANN, all.slice(0, 10), [ANN, BOB]),
      claimPlots(db, BOB, all.slice(6), [ANN, BOB]),
    ]);
    expect(ann.length + bob.length).toBeLessThanOrEqual(16);
    expect(await heldBy(db, 'shared', ANN)).toBe(ann.length);
    expect(await heldBy(db, 'shared', BOB)).toBe(bob.length);
    await giveBackPlots(db, BOB, ann.slice(0, 1)); // not its own
    await giveBackPlots(db, ANN, ann.slice(0, 2));
    expect(await heldBy(db, 'shared', ANN)).toBe(ann.length - 2);
    // BOB has died.
    expect(await claimPlots(db, CID, all, [ANN, CID])).toHaveLength(16 - ann.length + 2);
    expect(await claimAll(db, ANN)).toHaveLength(16 - ann.length + 2);
    expect(await claimAll(db, ANN)).toEqual([]);
    await giveBackAll(db, ANN);
    expect(await heldBy(db, 'shared', null)).toBe(16);
  });

  it('forget the plots of a job with the job', async () => {
    const { db } = get();
    await plots(db, 'over');
    await sql`UPDATE jobs SET state = 'cancelled', finished_ms = 1 WHERE id = 'over'`.execute(db);
    await dropOldPlots(db);
    expect(await plotsOf(db, ['over'])).toEqual([]);
    await insertPlots(db, 'over', [{ rowBlock: 0, colBlock: 0, rowBlocks: 1, colBlocks: 1 }]);
    expect(await plotsOf(db, ['over'])).toEqual([]);
  });
});

describe.skipIf(findPostgres() === undefined && process.env['CI'] !== 'true')('On one PostgreSQL', () => {
  let server: TestPostgres;
  let one: Database;
  let two: Database;
  beforeAll(async () => {
    server = await startPostgres();
    [one, two] = [await openDatabase({ url: server.url }), await openDatabase({ url: server.url })];
  });
  afterAll(async () => {
    await one.close();
    await two.close();
    await server.stop();
  });

  it('notices reach the others, also after the connection was lost', async () => {
    const log = silentLogger;
    const open = async (db: Database, id: string): Promise<{ notices: Notices; heard: Notice[] }> => {
      const notices = new Notices({ db, url: server.url, id, clock: systemClock, log });
      const heard: Notice[] = [];
      notices.heard.on((notice) => heard.push(notice));
      await notices.open();
      return { notices, heard };
    };
    const [ann, bob] = [await open(one, ANN), await open(two, BOB)];
    await ann.notices.tell('jobs');
    await ann.notices.tell('plots', { hungry: true });
    await sql`SELECT pg_notify('tilework', 'nonsense')`.execute(one);
    await eventually(() => expect(bob.heard.map(({ topic }) => topic)).toEqual(['missed', 'jobs', 'plots']));
    expect(bob.heard.at(-1)).toEqual({ from: ANN, topic: 'plots', about: { hungry: true } });
    expect(ann.heard.map(({ topic }) => topic)).toEqual(['missed']);

    await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'`.execute(one);
    await eventually(() => expect(bob.heard.at(-1)?.topic).toBe('missed'));
    expect(bob.heard.filter(({ topic }) => topic === 'missed')).toHaveLength(2);
    await ann.notices.tell('settled');
    await eventually(() => expect(bob.heard.at(-1)?.topic).toBe('settled'));
    await Promise.all([ann.notices.close(), bob.notices.close()]);
  });

  it('settlements of several jobs by two processes do not wait for each other in a circle', async () => {
    const jobs = [await insertJob(one, 'first', 16), await insertJob(one, 'second', 16)];
    const key = await generateKey();
    const contributors = await Promise.all(
      Array.from({ length: 4 }, async () => peerIdOf(await generateKey())),
    );
    let lease = 0;
    const batch = (at: number): SettleInput[] => {
      const inputs = jobs.flatMap(({ id }) =>
        contributors.map((contributor, col) =>
          settleInput(++lease, id, contributor, { rowBlock: at, colBlock: col, rowBlocks: 1, colBlocks: 1 }),
        ),
      );
      return at % 2 === 0 ? inputs : inputs.toReversed();
    };
    // PostgreSQL ends one of those that wait for each other.
    const settled = await Promise.all(
      Array.from({ length: 16 }, (_, at) =>
        settleShards(at % 4 < 2 ? one : two, key, systemClock, batch(at)),
      ),
    );
    expect(settled.flat().filter((settlement) => settlement === undefined)).toEqual([]);
    expect(await checkLedger(one)).toEqual([]);
  });
});
