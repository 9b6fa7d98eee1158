/** Three coordinators of one network, and real contributors; some coordinators die. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { isAppError } from '../../src/core/errors.ts';
import type { CoordinatorOptions } from '../../src/coordinator/options.ts';
import type { JobView, NetworkView } from '../../src/core/v1.ts';
import { checkLedger } from '../../src/ledger/audit.ts';
import { eventually } from '../helpers/eventually.ts';
import { type FleetMember, type TestFleet, paced, startFleet } from '../helpers/fleet.ts';
import { type TestContributor, testContributor, testCoordinator } from '../helpers/network.ts';
import { findPostgres } from '../helpers/postgres.ts';
import { api, ended, product, result, submit } from '../helpers/product.ts';

const TIMING = { beatMs: 200, deadMs: 1500 };
const SHARD_MS = 60;

describe.skipIf(findPostgres() === undefined && process.env['CI'] !== 'true')('three coordinators', () => {
  let fleet: TestFleet;
  let one: FleetMember;
  let two: FleetMember;
  let three: FleetMember;
  const contributors: TestContributor[] = [];

  beforeAll(async () => {
    fleet = await startFleet(3, { fleetTiming: TIMING });
    [one, two, three] = fleet.members as [FleetMember, FleetMember, FleetMember];
  }, 60_000);
  afterEach(async () => {
    await Promise.all(contributors.splice(0).map((contributor) => contributor.stop()));
  });
  afterAll(() => fleet.stop());

  const join = async (
    addresses: readonly string[],
    options: Parameters<typeof testContributor>[1] = {},
  ): Promise<TestContributor> => {
    const contributor = await testContributor(addresses, { wrap: paced(SHARD_MS), ...options });
    contributors.push(contributor);
    return contributor;
  };
  const shardsOf = (job: string) =>
    fleet.db.selectFrom('shards').selectAll().where('job', '=', job).execute();
  const operate = (at: FleetMember, path: string, body: object): Promise<unknown> =>
    api(at, path, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
  const view = (at: FleetMember, job: string): Promise<JobView> => api<JobView>(at, `/v1/jobs/${job}`);

  it('list one another, by one key', async () => {
    expect(new Set(fleet.members.map(({ peerId }) => peerId)).size).toBe(1);
    await eventually(async () => {
      for (const { url } of fleet.members) {
        const { addrs } = (await (await fetch(`${url}/coordinator.json`)).json()) as { addrs: string[] };
        expect(new Set(addrs)).toEqual(new Set(fleet.addresses()));
      }
    });
  });

  it('shut out at all of them whom an operator bans at one', async () => {
    const ann = await join(two.peerAddresses);
    await ann.until(({ stage }) => stage === 'waiting');
    const ban = JSON.stringify({ contributor: ann.peerId, reason: 'spam' });
    const headers = { 'content-type': 'application/json' };
    await api(one, '/v1/operator/bans', { method: 'POST', body: ban, headers });
    expect((await ann.until(({ stage }) => stage === 'failed')).problem).toMatchObject({ code: 'banned' });
    const again = await join(three.peerAddresses, { key: ann.key });
    expect((await again.until(({ stage }) => stage === 'failed')).problem).toMatchObject({ code: 'banned' });
  });

  it('serve a job of one with the contributors of the others, and all tell the same of it', async () => {
    const wanted = product('i8', 1024, 768, 256);
    const [left, right] = [await join(two.peerAddresses), await join(three.peerAddresses)];
    const job = await submit(one, wanted);
    const [atThree, atOne] = await Promise.all([ended(three, job.id), ended(one, job.id)]);
    expect(atThree).toMatchObject({ state: 'done', cellsVerified: 12, cellsTotal: 12 });
    expect(atOne).toEqual(atThree);
    expect(await result(two, job.id)).toEqual(wanted.expected);
    expect(new Set((await shardsOf(job.id)).map(({ contributor }) => contributor))).toEqual(
      new Set([left.peerId, right.peerId]),
    );
    await eventually(async () => {
      const views = await Promise.all(fleet.members.map((at) => api<NetworkView>(at, '/v1/network')));
      for (const { shardsVerified, contributorsNow, jobsRunning } of views)
        expect({ shardsVerified, contributorsNow, jobsRunning }).toEqual({
          shardsVerified: atOne.shards,
          contributorsNow: 2,
          jobsRunning: 0,
        });
    });
  });

  it('stop the leases of all when one is told to cancel', async () => {
    const working = await join(three.peerAddresses, { wrap: paced(60_000) });
    const job = await submit(one, product('i8', 512, 512, 64));
    await working.until(({ leases }) => leases.length > 0);
    await api(two, `/v1/jobs/${job.id}`, { method: 'DELETE' });
    await working.until(({ leases }) => leases.length === 0);
    expect(await view(three, job.id)).toMatchObject({ state: 'cancelled' });
  });

  it('lose nothing and do nothing twice when one is killed in mid-job', async () => {
    const wanted = product('i8', 1536, 1536, 256);
    for (let n = 0; n < 3; n++) await join(fleet.members[n]!.peerAddresses.concat(fleet.addresses()));
    const job = await submit(two, wanted);
    await eventually(async () => {
      expect((await view(one, job.id)).cellsVerified).toBeGreaterThan(8);
    });
    await two.end('SIGKILL');
    expect(await ended(three, job.id)).toMatchObject({ state: 'done', cellsVerified: 36 });
    expect(await result(one, job.id)).toEqual(wanted.expected);
    expect(await checkLedger(fleet.db)).toEqual([]);
    const shards = await shardsOf(job.id);
    expect(shards.reduce((sum, { multiplyAdds }) => sum + Number(multiplyAdds), 0)).toBe(1536 * 1536 * 256);
    expect(new Set(shards.map(({ coordinator }) => coordinator)).size).toBeGreaterThan(1);
  });

  it('take over what one holds that is drained', async () => {
    const job = await submit(one, product('i8', 1024, 1024, 64, 7));
    for (const at of [one, three]) await join(at.peerAddresses, { wrap: paced(60_000) });
    const held = async (): Promise<number> => {
      const query = fleet.db.selectFrom('plots').select('holder').distinct().where('job', '=', job.id);
      return (await query.where('holder', 'is not', null).execute()).length;
    };
    await eventually(async () => expect(await held()).toBe(2));
    await operate(one, '/v1/operator/drain', { draining: true });
    await eventually(async () => expect(await held()).toBe(1));
    await operate(one, '/v1/operator/drain', { draining: false });
    await eventually(async () => expect(await held()).toBe(2));
    await api(one, `/v1/jobs/${job.id}`, { method: 'DELETE' });
  });

  it('let one that was killed take part again at once, on its folder', async () => {
    const again = await fleet.add({ dataDir: two.dataDir });
    const working = await join(again.peerAddresses);
    const wanted = product('i8', 512, 256, 64, 5);
    const job = await submit(one, wanted);
    expect(await ended(one, job.id)).toMatchObject({ state: 'done' });
    await working.until(({ shardsVerified }) => shardsVerified > 0);
    await again.end('SIGTERM');
    const ids = await fleet.db.selectFrom('coordinators').select('id').execute();
    expect(ids).toHaveLength(2);
  });

  it('do not let one in with another key, or with other blocks', async () => {
    const { databaseUrl, keyFile } = fleet;
    const dataDir = `${two.dataDir}-refused`;
    const why = async (options: Partial<CoordinatorOptions>): Promise<string> => {
      const refused = await testCoordinator({ databaseUrl, dataDir, ...options }).catch(
        (error: unknown) => error,
      );
      expect(isAppError(refused, 'conflict')).toBe(true);
      return (refused as Error).message;
    };
    expect(await why({})).toContain('--key');
    expect(await why({ keyFile })).toContain('--blocks');
  });

  it('take a result at one that another, now dead, has leased', async () => {
    const hold = Promise.withResolvers<void>();
    const wanted = product('i8', 256, 256, 64);
    const contributor = await join(fleet.addresses(), { hold: hold.promise });
    const job = await submit(one, wanted);
    const asked = async (): Promise<{ id: string; url: string }> => {
      const query = fleet.db
        .selectFrom('leases')
        .innerJoin('coordinators', 'coordinators.id', 'leases.coordinator')
        .select(['coordinators.id', 'url'])
        .where('job', '=', job.id);
      return query.executeTakeFirstOrThrow();
    };
    const lessor = await eventually(asked);
    await contributor.until(({ stage }) => stage === 'uploading');
    const dead = [one, three].find(({ url }) => url === lessor.url)!;
    const living = dead === one ? three : one;
    await dead.end('SIGKILL');
    hold.resolve();
    expect(await ended(living, job.id)).toMatchObject({ state: 'done', cellsVerified: 1 });
    expect(await result(living, job.id)).toEqual(wanted.expected);
    const [shard, ...more] = await shardsOf(job.id);
    expect(more).toEqual([]);
    const lease = await fleet.db
      .selectFrom('leases')
      .selectAll()
      .where('id', '=', shard!.id)
      .executeTakeFirstOrThrow();
    expect(lease.coordinator).toBe(lessor.id);
    expect(shard!.coordinator).not.toBe(lessor.id);
    expect(await checkLedger(fleet.db)).toEqual([]);
  });
});
