/** What an operator does, over HTTP, to a coordinator with contributors on real connections. */
import { afterEach, describe, expect, it } from 'vitest';
import type { JobView } from '../../src/core/v1.ts';
import type { ContributorFiguresView, LeaderboardView } from '../../src/core/v1-figures.ts';
import type { OperatorEntryView, OperatorView } from '../../src/core/v1-operator.ts';
import { sealProfile } from '../../src/protocol/envelope.ts';
import { generateKey, peerIdOf } from '../../src/protocol/keys.ts';
import { freshDataDir } from '../helpers/databases.ts';
import { testContributor, testCoordinator } from '../helpers/network.ts';
import { type Product, api, ended, product, submit } from '../helpers/product.ts';
import { Rogue } from '../helpers/rogue.ts';
import { coordinatorForFile, json, problem, request } from './http-client.ts';

const home = coordinatorForFile();
const WANTED = product('i8', 512, 512, 16);
const guests: Rogue[] = [];

async function guest(
  wanted: Product = WANTED,
  key?: Awaited<ReturnType<typeof generateKey>>,
): Promise<Rogue> {
  const rogue = await Rogue.join(home().peerAddresses, {
    product: wanted,
    // One cell a lease.
    hello: { resultBytes: 0 },
    ...(key && { key }),
  });
  guests.push(rogue);
  return rogue;
}

afterEach(async () => {
  for (const rogue of guests.splice(0)) await rogue.leave();
  for (const { id, state } of await api<JobView[]>(home(), '/v1/jobs'))
    if (state === 'running') await api(home(), `/v1/jobs/${id}`, { method: 'DELETE' });
});

const look = (search = ''): Promise<OperatorView> => api(home(), `/v1/operator?search=${search}`);
const order = (path: string, body: unknown): Promise<void> => api(home(), `/v1/operator/${path}`, json(body));
const undo = (path: string, query: Record<string, string>): Promise<void> =>
  api(home(), `/v1/operator/${path}?${new URLSearchParams(query).toString()}`, { method: 'DELETE' });
const ban = (contributor: string, reason = 'sends spam'): Promise<void> =>
  order('bans', { contributor, reason });
const newest = async (): Promise<OperatorEntryView> => (await look()).log[0]!;

describe('the view', () => {
  it('shows who is connected, what they hold, and what became of it', async () => {
    const job = await submit(home(), WANTED, 'maps');
    const ann = await guest();
    const before = await look();
    expect(before).toMatchObject({ draining: false, contributorsTotal: 1, leasesTotal: 0 });
    await ann.workHonestly();
    const lease = await ann.lease();
    const view = await look();
    expect(view.contributors).toEqual([
      expect.objectContaining({
        contributor: ann.peerId,
        client: 'rogue/1',
        transport: 'websocket',
        window: 1,
        leases: 1,
        verified: 1,
        rejected: 0,
        failed: 0,
        rate: expect.any(Number),
        deniedUntilMs: null,
      }),
    ]);
    expect(view.contributors[0]!.seenMs).toBeGreaterThanOrEqual(view.contributors[0]!.sinceMs);
    expect(view.leases).toEqual([
      expect.objectContaining({
        lease: lease.value.id,
        job: job.id,
        project: 'maps',
        contributor: ann.peerId,
        committed: false,
      }),
    ]);
    expect(view.bytesReceived).toBeGreaterThan(64 * 1024);
    expect(view.jobs[0]).toMatchObject({
      job: job.id,
      project: 'maps',
      state: 'running',
      cellsVerified: 1,
      cellsTotal: 4,
      leases: 1,
    });
    expect(view.database).toMatchObject({ kind: 'embedded' });
    expect(view.verification).toMatchObject({ threads: 1, done: expect.any(Number) });
    await expect.poll(async () => (await look()).disk).toMatchObject({ blocks: expect.any(Number) });
    const { disk } = await look();
    expect(disk.blocks).toBeGreaterThan(2);
    expect(disk.bytes).toBeGreaterThan(2 * 512 * 16);
    expect(disk.freeBytes).toBeGreaterThan(0);
  });

  it('shows why a result was refused', async () => {
    await submit(home(), WANTED, 'lies');
    const liar = await guest();
    const lease = await liar.lease();
    await liar.commit(lease, await liar.answer(lease, { tamper: ([block]) => void (block![0]! ^= 1) }));
    await liar.next('notice');
    // Several consoles make one question a second to the database.
    await expect.poll(async () => (await look()).failures[0]).toMatchObject({ lease: lease.value.id });
    const view = await look();
    expect(view.failures[0]).toMatchObject({ contributor: liar.peerId });
    expect(view.failures[0]!.reason).toMatch(/^row \d+ of the shard is wrong \(mismatch\)$/);
    expect(view.contributors[0]).toMatchObject({ rejected: 1, verified: 0 });
  });

  it('leaves out contributors and leases that do not hold what is searched for', async () => {
    const [ann, bob] = [await guest(), await guest()];
    const view = await look(ann.peerId.slice(20).toUpperCase());
    expect(view.contributors.map(({ contributor }) => contributor)).toEqual([ann.peerId]);
    expect(view.contributorsTotal).toBe(2);
    expect((await look('rogue')).contributors).toHaveLength(2);
    expect((await look(`${bob.peerId}x`)).contributors).toEqual([]);
  });
});

describe('draining', () => {
  it('gives no new leases, lets those that are out be finished, and goes on when told', async () => {
    await submit(home(), WANTED);
    const ann = await guest();
    const lease = await ann.lease();
    await order('drain', { draining: true, reason: 'new disk' });
    await ann.commit(lease, await ann.answer(lease));
    await ann.receipt();
    await ann.ready();
    expect(await ann.next('notice')).toMatchObject({ code: 'idle' });
    expect(await look()).toMatchObject({ draining: true, leasesTotal: 0 });
    expect(await newest()).toMatchObject({ action: 'drain', reason: 'new disk', token: 'default' });
    expect(await problem(home(), '/v1/operator/drain', json({ draining: true }))).toMatchObject({
      code: 'conflict',
      detail: 'draining is on already',
    });
    await order('drain', { draining: false });
    await ann.granted();
  });
});

describe('a ban', () => {
  it('in mid-shard ends the connection with the reason, and gives the shard to others', async () => {
    const job = await submit(home(), WANTED);
    const [ann, bob] = [await guest(), await guest()];
    const receipt = await ann.workHonestly();
    const lease = await ann.lease();
    await ban(ann.peerId);
    expect(await ann.next('notice')).toMatchObject({
      code: 'banned',
      text: 'The operator of this network has banned this contributor: sends spam',
    });
    await ann.closed;
    const view = await look();
    expect(view.contributors.map(({ contributor }) => contributor)).toEqual([bob.peerId]);
    expect(view.leases).toEqual([]);
    expect(view.bans).toEqual([expect.objectContaining({ contributor: ann.peerId, reason: 'sends spam' })]);
    for (let i = 0; i < 3; i++) await bob.workHonestly();
    const done = await ended(home(), job.id);
    expect(done).toMatchObject({ state: 'done', cellsVerified: 4 });
    // What it had earned stays.
    const credit = await api<ContributorFiguresView>(home(), `/v1/contributors/${ann.peerId}`);
    expect(credit).toMatchObject({ shards: 1, microcredits: receipt.microcredits.toString() });
    expect(lease.value.contributor).toBe(ann.peerId);
  });

  it('is told at Hello, before any work, until it is taken back', async () => {
    await submit(home(), WANTED);
    const key = await generateKey();
    await ban(peerIdOf(key), 'was rude');
    const refused = await Rogue.join(home().peerAddresses, { product: WANTED, key, silent: true });
    guests.push(refused);
    const hello = { version: 1, client: 'rogue/1', operandBytes: 1e6, resultBytes: 1e6 } as const;
    const rates = { i8: 1e9, f16: 1e9, f32: 1e9 };
    await refused.send({
      type: 'hello',
      ...hello,
      rates,
      downBytesPerSecond: 0,
      upBytesPerSecond: 0,
      projects: [],
    });
    expect(await refused.next('notice')).toMatchObject({ code: 'banned' });
    await refused.closed;
    expect(refused.unread('welcome')).toBe(0);
    await undo('bans', { contributor: peerIdOf(key), reason: 'said sorry' });
    expect((await look()).bans).toEqual(expect.not.arrayContaining([{ contributor: peerIdOf(key) }]));
    expect(await newest()).toMatchObject({ action: 'unban', subject: peerIdOf(key), reason: 'said sorry' });
    const back = await guest(WANTED, key);
    await back.workHonestly();
  });

  it('stops a contributor for good, which says why', async () => {
    const real = await testContributor(home().peerAddresses);
    await real.until(({ stage }) => stage === 'waiting');
    await ban(real.peerId, 'overheats');
    const { problem: why } = await real.until(({ stage }) => stage === 'failed');
    expect(why).toMatchObject({ code: 'banned', message: expect.stringContaining('overheats') as string });
    await real.stop();
  });

  it('is of each by itself: several are banned, and one of them let in', async () => {
    const all = [await guest(), await guest(), await guest()];
    for (const { peerId } of all) await ban(peerId, `not ${peerId.slice(-4)}`);
    await Promise.all(all.map(({ closed }) => closed));
    await undo('bans', { contributor: all[1]!.peerId });
    const bans = await api<OperatorView['bans']>(home(), '/v1/operator/bans');
    const banned = bans.map(({ contributor }) => contributor);
    expect(banned).toEqual(expect.arrayContaining([all[0]!.peerId, all[2]!.peerId]));
    expect(banned).not.toContain(all[1]!.peerId);
  });
});

describe('a paused project', () => {
  it('gets no leases, and its requester reads why; others go on', async () => {
    const maps = await submit(home(), WANTED, 'maps');
    const ann = await guest();
    await ann.workHonestly();
    await order('pauses', { project: ' maps ', reason: 'wrong data' });
    await ann.ready();
    expect(await ann.next('notice')).toMatchObject({ code: 'idle' });
    const view = (): Promise<JobView> => api(home(), `/v1/jobs/${maps.id}`);
    expect(await view()).toMatchObject({ paused: 'paused by the operator: wrong data', cellsVerified: 1 });
    await submit(home(), WANTED, 'others');
    const lease = await ann.granted();
    expect(lease.value.project).toBe('others');
    await ann.commit(lease, await ann.answer(lease));
    await ann.receipt();
    expect((await look()).pauses).toEqual([
      expect.objectContaining({ project: 'maps', reason: 'wrong data' }),
    ]);
    await undo('pauses', { project: 'maps' });
    expect((await ann.lease()).value.project).toBe('maps');
    expect(await view()).not.toHaveProperty('paused');
  });
});

describe('a hidden name', () => {
  it('is not shown anywhere, also the next one; its team goes on without it', async () => {
    await submit(home(), WANTED);
    const ann = await guest();
    await ann.workHonestly();
    const call = async (name: string, team: string, issuedMs: number): Promise<string> => {
      await ann.send({ type: 'set-profile', envelope: await sealProfile({ name, team, issuedMs }, ann.key) });
      return (await ann.next('notice')).code;
    };
    expect(await call('Rude', 'Tilers', Date.now())).toBe('profile-kept');
    const line = (): Promise<ContributorFiguresView> => api(home(), `/v1/contributors/${ann.peerId}`);
    const board = async (by: string): Promise<LeaderboardView['rows']> =>
      (await api<LeaderboardView>(home(), `/v1/leaderboard?by=${by}&window=all`)).rows;
    expect(await line()).toMatchObject({ name: 'Rude', team: 'Tilers' });
    await order('hidden', { kind: 'contributor', subject: ann.peerId, reason: 'rude' });
    expect(await line()).toMatchObject({ name: '', team: '', profile: null, shards: 1 });
    expect((await board('contributor')).map(({ name }) => name)).not.toContain('Rude');
    expect(await call('Ruder', 'Tilers', Date.now() + 1)).toBe('profile-refused');
    expect((await line()).name).toBe('');
    // The operator sees what it is that is hidden.
    expect((await look()).contributors[0]).toMatchObject({ name: 'Ruder', team: 'Tilers' });
    await undo('hidden', { kind: 'contributor', subject: ann.peerId });
    expect(await line()).toMatchObject({ name: 'Ruder', team: 'Tilers' });
    await order('hidden', { kind: 'team', subject: 'Tilers' });
    expect(await line()).toMatchObject({ name: 'Ruder', team: '' });
    expect(await board('team')).toEqual([]);
    await undo('hidden', { kind: 'team', subject: 'Tilers' });
    expect((await board('team')).map(({ team }) => team)).toEqual(['Tilers']);
  });
});

describe('cancelling a job', () => {
  it('is on record, and happens once', async () => {
    const { id } = await submit(home(), WANTED, 'gone');
    const ann = await guest();
    await ann.lease();
    await undo(`jobs/${id}`, { reason: 'asked to' });
    await ann.next('cancel');
    expect(await api<JobView>(home(), `/v1/jobs/${id}`)).toMatchObject({ state: 'cancelled' });
    expect(await newest()).toMatchObject({ action: 'cancel', subject: id, reason: 'asked to' });
    const again = { method: 'DELETE' };
    expect(await problem(home(), `/v1/operator/jobs/${id}`, again)).toMatchObject({ code: 'conflict' });
    expect(await problem(home(), '/v1/operator/jobs/nope', again)).toMatchObject({ code: 'not-found' });
    expect((await look()).log.filter(({ subject }) => subject === id)).toHaveLength(1);
  });
});

describe('bad input', () => {
  const PEER = `12D3KooW${'a'.repeat(44)}`;
  it.each([
    ['bans', { contributor: 'ada', reason: 'x' }],
    ['bans', { contributor: PEER }],
    ['bans', { contributor: PEER, reason: '' }],
    ['bans', { contributor: PEER, reason: '   ' }],
    ['bans', { contributor: PEER, reason: 'two\nlines' }],
    ['bans', { contributor: PEER, reason: 'x'.repeat(201) }],
    ['bans', { contributor: PEER, reason: 'x', more: 1 }],
    ['pauses', { project: '' }],
    ['pauses', { project: ' ' }],
    ['pauses', { project: 'x'.repeat(81) }],
    ['pauses', {}],
    ['hidden', { kind: 'site', subject: 'x' }],
    ['hidden', { kind: 'contributor', subject: 'Rude' }],
    ['hidden', { kind: 'team', subject: '\u0007' }],
    ['drain', { draining: 'yes please' }],
    ['drain', {}],
  ])('to %s is told so, and changes nothing: %o', async (path, body) => {
    const before = (await look()).log.length;
    expect(await problem(home(), `/v1/operator/${path}`, json(body))).toMatchObject({
      status: 400,
      code: 'bad-input',
    });
    expect((await look()).log).toHaveLength(before);
  });

  it('names what is there already, or is not', async () => {
    await ban(PEER);
    expect(
      await problem(home(), '/v1/operator/bans', json({ contributor: PEER, reason: 'y' })),
    ).toMatchObject({ status: 409, detail: expect.stringContaining('banned already') as string });
    await undo('bans', { contributor: PEER });
    for (const path of [`bans?contributor=${PEER}`, 'pauses?project=none', 'hidden?kind=team&subject=none'])
      expect(await problem(home(), `/v1/operator/${path}`, { method: 'DELETE' })).toMatchObject({
        status: 404,
      });
    expect((await request(home(), '/v1/operator/log?before=x')).status).toBe(400);
  });
});

describe('the log', () => {
  it('is read page by page', async () => {
    const read = (query: string): Promise<OperatorEntryView[]> => api(home(), `/v1/operator/log${query}`);
    await order('pauses', { project: 'a page', reason: '' });
    await undo('pauses', { project: 'a page' });
    const two = await read('?limit=2');
    expect(two.map(({ action, subject }) => [action, subject])).toEqual([
      ['resume', 'a page'],
      ['pause', 'a page'],
    ]);
    const older = await read(`?limit=1&before=${two[1]!.id}`);
    expect(BigInt(older[0]!.id)).toBeLessThan(BigInt(two[1]!.id));
  });
});

it('keeps bans, pauses and hidden names over a restart, and the log; a drain it does not keep', async () => {
  const dataDir = await freshDataDir();
  const key = await generateKey();
  const first = await testCoordinator({ dataDir });
  const at = (path: string, body: unknown): Promise<void> => api(first, `/v1/operator/${path}`, json(body));
  const job = await submit(first, WANTED, 'maps');
  await at('bans', { contributor: peerIdOf(key), reason: 'spam' });
  await at('pauses', { project: 'maps', reason: 'later' });
  await at('hidden', { kind: 'team', subject: 'Rude' });
  await at('drain', { draining: true });
  await first.close();
  const second = await testCoordinator({ dataDir });
  try {
    const view = await api<OperatorView>(second, '/v1/operator');
    expect(view).toMatchObject({
      draining: false,
      bans: [{ contributor: peerIdOf(key), reason: 'spam' }],
      pauses: [{ project: 'maps', reason: 'later' }],
      hidden: [{ kind: 'team', subject: 'Rude' }],
    });
    expect(view.log.map(({ action }) => action)).toEqual(['drain', 'hide', 'pause', 'ban']);
    expect(await api<JobView>(second, `/v1/jobs/${job.id}`)).toMatchObject({
      paused: 'paused by the operator: later',
    });
    const banned = await testContributor(second.peerAddresses, { key });
    await banned.until(({ stage }) => stage === 'failed');
    await banned.stop();
    const ann = await Rogue.join(second.peerAddresses, { product: WANTED });
    await ann.ready();
    expect(await ann.next('notice')).toMatchObject({ code: 'idle' });
    await ann.leave();
  } finally {
    await second.remove();
  }
});
