import { describe, expect, it } from 'vitest';
import type { NetworkView } from '../../src/core/v1.ts';
import type {
  ContributorFiguresView,
  LeaderboardView,
  MosaicView,
  ProjectView,
  VerifiedEvent,
} from '../../src/core/v1-figures.ts';
import { openProfile, sealProfile } from '../../src/protocol/envelope.ts';
import { generateKey } from '../../src/protocol/keys.ts';
import { eventually } from '../helpers/eventually.ts';
import { JumpClock } from '../helpers/jump-clock.ts';
import { product, submit } from '../helpers/product.ts';
import { Rogue } from '../helpers/rogue.ts';
import { listenTo } from '../helpers/sse.ts';
import { coordinatorForFile, problem, request } from './http-client.ts';

const clock = new JumpClock();
const home = coordinatorForFile(() => ({ clock }));
/** A column of cells, each one a lease: the rogues have room for one. */
const column = (cells: number) => product('i8', 256 * cells, 256, 16);
const WORK = 256 * 256 * 16;

async function get<T>(path: string): Promise<T> {
  const response = await fetch(`${home().url}${path}`);
  expect(response.status).toBe(200);
  expect(response.headers.get('access-control-allow-origin')).toBe('*');
  return (await response.json()) as T;
}

/** Past everything that is kept for some seconds. */
const later = (): void => clock.jump(5000);

const join = (wanted: ReturnType<typeof column>, hello = {}): Promise<Rogue> =>
  Rogue.join(home().peerAddresses, { product: wanted, hello: { resultBytes: 0, ...hello } });

const cancel = (id: string): Promise<Response> => request(home(), `/v1/jobs/${id}`, { method: 'DELETE' });

describe('before anything was computed', () => {
  it('there is no mosaic, nobody on the board, and no project', async () => {
    expect(await problem(home(), '/v1/mosaic')).toMatchObject({ status: 404, code: 'not-found' });
    expect(await problem(home(), '/v1/jobs/none/mosaic')).toMatchObject({ status: 404 });
    expect((await get<LeaderboardView>('/v1/leaderboard')).rows).toEqual([]);
    expect(await get<ProjectView[]>('/v1/projects')).toEqual([]);
    expect(await get<NetworkView>('/v1/network')).toMatchObject({ flopsLastHour: 0, jobs: [], receipts: [] });
  });
});

describe('what is verified', () => {
  it('shows at once in the events and the mosaic, and soon in every figure', async () => {
    later();
    const wanted = column(3);
    const { id } = await submit(home(), wanted, 'genomes');
    const events = await listenTo(`${home().url}/v1/events`);
    expect(events.headers.get('content-type')).toBe('text/event-stream');
    expect(events.headers.get('access-control-allow-origin')).toBe('*');
    expect((await events.next())?.event).toBe('network');
    const empty = await get<MosaicView>('/v1/mosaic');
    expect(empty).toMatchObject({
      job: id,
      project: 'genomes',
      state: 'running',
      cells: [3, 0],
      rows: 3,
      cols: 1,
    });
    const [ann, bob] = [await join(wanted), await join(wanted)];
    await ann.workHonestly();
    const first = await events.next('verified');
    const { row } = first!.data as VerifiedEvent;
    expect(first?.data).toMatchObject({
      job: id,
      col: 0,
      rows: 1,
      cols: 1,
      contributor: ann.peerId,
      multiplyAdds: WORK,
    });
    clock.jump(1000);
    const one = await get<MosaicView>(`/v1/jobs/${id}/mosaic`);
    expect(one.contributors).toEqual([ann.peerId]);
    expect(one.cells.filter((_, at) => at % 2 === 1)).toContain(1);
    expect([one.version, empty.version]).toEqual([first?.id, expect.not.stringMatching(first!.id!)]);

    await bob.workHonestly();
    await ann.workHonestly();
    const rows = [row];
    for (let n = 0; n < 2; n++) rows.push(((await events.next('verified'))!.data as VerifiedEvent).row);
    expect(rows.toSorted((x, y) => x - y)).toEqual([0, 1, 2]);
    expect((await events.next('job'))?.data).toEqual({ job: id, change: 'finished' });
    await events.leave();

    later();
    const done = await get<MosaicView>('/v1/mosaic');
    expect(done).toMatchObject({
      job: id,
      state: 'done',
      contributors: [ann.peerId, bob.peerId],
      verified: null,
    });
    const network = await get<NetworkView>('/v1/network');
    expect(network).toMatchObject({ contributorsNow: 2, jobsRunning: 0, shardsVerified: 3, jobs: [] });
    expect(network.multiplyAddsVerified).toBe(3 * WORK);
    expect(network.flopsLastMinute).toBeGreaterThan((2 * 3 * WORK) / 70);
    expect(network.flopsLastHour).toBeCloseTo((2 * 3 * WORK) / 3600, -2);
    expect(network.receipts.map(({ contributor, logIndex }) => [contributor, logIndex])).toEqual([
      [ann.peerId, 2],
      [bob.peerId, 1],
      [ann.peerId, 0],
    ]);
    for (const window of ['day', 'week', 'all'])
      expect((await get<LeaderboardView>(`/v1/leaderboard?window=${window}`)).rows).toMatchObject([
        { rank: 1, contributor: ann.peerId, name: '', team: '', shards: 2, multiplyAdds: 2 * WORK },
        { rank: 2, contributor: bob.peerId, shards: 1 },
      ]);
    expect((await get<LeaderboardView>('/v1/leaderboard?limit=1')).rows).toHaveLength(1);
    expect(await get<ContributorFiguresView>(`/v1/contributors/${bob.peerId}`)).toMatchObject({
      rank: 2,
      shards: 1,
      multiplyAdds: WORK,
      profile: null,
      day: { shards: 1 },
      week: { multiplyAdds: WORK },
    });
    await Promise.all([ann.leave(), bob.leave()]);
  });

  it('is heard after a break from where it broke, by the header as by the query', async () => {
    const wanted = column(2);
    const events = await listenTo(`${home().url}/v1/events`);
    const { id } = await submit(home(), wanted);
    const created = await events.next('job');
    expect(created?.data).toEqual({ job: id, change: 'created' });
    await events.leave();
    const ann = await join(wanted);
    await ann.workHonestly();
    await ann.workHonestly();
    const byQuery = await listenTo(`${home().url}/v1/events?after=${created?.id}`);
    const byHeader = await listenTo(`${home().url}/v1/events`, {
      headers: { 'last-event-id': created!.id! },
    });
    for (const again of [byQuery, byHeader]) {
      expect([(await again.next())?.event, (await again.next())?.event]).toEqual(['verified', 'verified']);
      expect((await again.next('job'))?.data).toEqual({ job: id, change: 'finished' });
      await again.leave();
    }
    const lost = await listenTo(`${home().url}/v1/events?after=elsewhere-7`);
    expect((await lost.next())?.event).toBe('reset');
    await lost.leave();
    await ann.leave();
  });
});

describe('a name', () => {
  it('waits for the first verified result, is shown then, changes, and is taken back', async () => {
    const wanted = column(1);
    const { id } = await submit(home(), wanted);
    const ann = await join(wanted);
    const say = async (name: string, team: string, issuedMs: number, key = ann.key): Promise<string> => {
      await ann.send({ type: 'set-profile', envelope: await sealProfile({ name, team, issuedMs }, key) });
      return (await ann.next('notice')).code;
    };
    const line = (): Promise<ContributorFiguresView> => get(`/v1/contributors/${ann.peerId}`);
    const now = Date.now();
    expect(await say('<script>alert(1)</script>', 'R&D', now)).toBe('profile-waiting');
    expect(await line()).toMatchObject({ name: '', rank: null, shards: 0 });
    await ann.workHonestly();
    expect((await ann.next('notice')).code).toBe('profile-kept');
    const shown = await line();
    expect(shown).toMatchObject({ name: '<script>alert(1)</script>', team: 'R&D', shards: 1 });
    // Whoever doubts it has the signature.
    const { value } = await openProfile(Buffer.from(shown.profile!, 'base64'), ann.peerId);
    expect(value).toEqual({ name: shown.name, team: 'R&D', issuedMs: now });

    expect(await say('older', '', now - 1)).toBe('profile-refused');
    expect(await say('of another', '', now + 1, await generateKey())).toBe('profile-refused');
    expect(await say('Ann', 'R&D', now + 2)).toBe('profile-kept');
    later();
    const teams = await get<LeaderboardView>('/v1/leaderboard?by=team');
    expect(teams.rows).toMatchObject([{ rank: 1, team: 'R&D', members: 1, contributor: '' }]);
    const board = await get<LeaderboardView>('/v1/leaderboard');
    expect(board.rows.find(({ contributor }) => contributor === ann.peerId)?.name).toBe('Ann');
    // The fifth at once; the sixth is too many, and not even opened.
    expect(await say('', '', now + 3)).toBe('profile-kept');
    expect(await line()).toMatchObject({ name: '', team: '' });
    await ann.send({ type: 'set-profile', envelope: Uint8Array.of(1) });
    expect(await ann.next('notice')).toMatchObject({ code: 'profile-refused', retryAfterMs: 30_000 });
    expect(await get<MosaicView>(`/v1/jobs/${id}/mosaic`)).toMatchObject({ job: id });
    await ann.leave();
  });

  it('that is nonsense, or of a year to come, is refused, and costs nobody the connection', async () => {
    const wanted = column(1);
    const ann = await join(wanted);
    await ann.send({ type: 'set-profile', envelope: Uint8Array.of(1, 2, 3) });
    expect((await ann.next('notice')).code).toBe('profile-refused');
    const issuedMs = Date.now() + 400 * 24 * 3_600_000;
    await ann.send({
      type: 'set-profile',
      envelope: await sealProfile({ name: 'A', team: '', issuedMs }, ann.key),
    });
    expect((await ann.next('notice')).text).toContain('clock');
    const { id } = await submit(home(), wanted);
    await ann.workHonestly();
    await eventually(async () =>
      expect((await problem(home(), `/v1/jobs/${id}`, { method: 'DELETE' })).status).toBe(409),
    );
    await ann.leave();
  });
});

describe('projects', () => {
  it('are what runs, and a contributor that chooses another one gets its next lease there', async () => {
    const wanted = column(2);
    const digits = await submit(home(), wanted, 'digits');
    const music = await submit(home(), wanted, 'music');
    later();
    expect(await get<ProjectView[]>('/v1/projects')).toEqual([
      { project: 'digits', about: '', jobsRunning: 1, cellsOpen: 2, cellsTotal: 2 },
      { project: 'music', about: '', jobsRunning: 1, cellsOpen: 2, cellsTotal: 2 },
    ]);
    const hello = { resultBytes: 0, projects: ['digits'] };
    const ann = await join(wanted, hello);
    expect((await ann.workHonestly()).job).toBe(digits.id);
    const again = {
      type: 'hello',
      version: 1,
      client: 'rogue/1',
      operandBytes: 0,
      rates: { i8: 0, f16: 0, f32: 0 },
      downBytesPerSecond: 0,
      upBytesPerSecond: 0,
      ...hello,
    } as const;
    await ann.send({ ...again, projects: ['music'] });
    expect((await ann.workHonestly()).job).toBe(music.id);
    // One that wants what nobody has is told that there is nothing, and is served when it wants anything again.
    await ann.send({ ...again, projects: ['knots'] });
    await ann.ready();
    expect((await ann.next('notice')).code).toBe('idle');
    await ann.send({ ...again, projects: [] });
    expect((await ann.granted()).value.project).toBe('digits');
    later();
    const network = await get<NetworkView>('/v1/network');
    expect(network.jobs).toMatchObject([
      { job: digits.id, project: 'digits', cellsVerified: 1, cellsTotal: 2 },
      { job: music.id, project: 'music', cellsVerified: 1, cellsTotal: 2 },
    ]);
    for (const { boundShare } of network.jobs) expect(boundShare).toBeLessThanOrEqual(1);
    await ann.leave();
    await cancel(digits.id);
    await cancel(music.id);
  });
});

describe('what makes no sense', () => {
  it.each([
    '/v1/leaderboard?by=colour',
    '/v1/leaderboard?window=year',
    '/v1/leaderboard?limit=0',
    '/v1/leaderboard?limit=201',
    '/v1/contributors/ada',
    `/v1/jobs/${'x'.repeat(65)}/mosaic`,
    `/v1/events?after=${'x'.repeat(65)}`,
  ])('is refused: %s', async (path) => {
    const answer = await fetch(`${home().url}${path}`);
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([400, '*']);
  });

  it('is no way in: other methods, and routes with a token, are for their own origin', async () => {
    const answers = await Promise.all([
      fetch(`${home().url}/v1/jobs`),
      fetch(`${home().url}/v1/leaderboard`, { method: 'POST' }),
      request(home(), '/v1/jobs'),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([401, 404, 200]);
    for (const { headers } of answers) expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});
