/** What a requester may say of a job: by when, for how much, once, and again. One coordinator, one story a group. */
import { rm } from 'node:fs/promises';
import { afterAll, describe, expect, it } from 'vitest';
import type { JobView, StatementView } from '../../src/core/v1.ts';
import { openDatabase } from '../../src/store/database.ts';
import { checkLedger } from '../../src/ledger/audit.ts';
import { freshDataDir } from '../helpers/databases.ts';
import { JumpClock } from '../helpers/jump-clock.ts';
import { type TestContributor, testContributor, testCoordinator } from '../helpers/network.ts';
import { api, ended, product, result, upload } from '../helpers/product.ts';
import { coordinatorForFile, json, problem, request } from './http-client.ts';

const clock = new JumpClock();
const home = coordinatorForFile(() => ({ clock }));
const contributors: TestContributor[] = [];
afterAll(() => Promise.all(contributors.map((each) => each.stop())));

const DAY_MS = 24 * 60 * 60 * 1000;
const small = product('i8', 3, 3, 4);

async function operands(): Promise<{ a: string; b: string }> {
  const [a, b] = [await upload(home(), small.a), await upload(home(), small.b)];
  return { a: a.id, b: b.id };
}

/** The request with this key, if any. */
async function post(body: object, key?: string, path = '/v1/jobs'): Promise<Response> {
  const init = json(body);
  const headers = { ...(init.headers as object), ...(key !== undefined && { 'idempotency-key': key }) };
  return request(home(), path, { ...init, headers });
}

async function made(response: Promise<Response>): Promise<JobView> {
  const answer = await response;
  expect([200, 201]).toContain(answer.status);
  return (await answer.json()) as JobView;
}

const cancel = (id: string): Promise<Response> => request(home(), `/v1/jobs/${id}`, { method: 'DELETE' });

describe('a job', () => {
  it('keeps its title, its priority and its deadline', async () => {
    const deadlineMs = clock.now() + DAY_MS;
    const job = await made(post({ ...(await operands()), title: ' fold 3 ', priority: -5, deadlineMs }));
    expect(job).toMatchObject({ title: 'fold 3', priority: -5, deadlineMs });
    expect((await made(post(await operands()))).deadlineMs).toBeNull();
    const answer = await problem(home(), '/v1/jobs', json({ ...(await operands()), title: 'a\nb' }));
    expect(answer).toMatchObject({ status: 400, detail: 'a title is one line of text' });
  });

  it('with a deadline in the past is refused, and is told what time it is', async () => {
    const body = { ...(await operands()), deadlineMs: clock.now() - 1 };
    const answer = await problem(home(), '/v1/jobs', json(body));
    expect(answer).toMatchObject({ status: 400, code: 'bad-input' });
    expect(answer.detail).toMatch(/deadline \d+ is in the past: here it is \d+/);
    expect((await post({ ...body, deadlineMs: 1.5 })).status).toBe(400);
  });

  it('that could cost more than it may is refused with its price', async () => {
    const answer = await problem(home(), '/v1/jobs', json({ ...(await operands()), maxMicrocredits: '0' }));
    expect(answer).toMatchObject({ status: 402, code: 'no-credit' });
    expect(answer.detail).toMatch(/can cost 0\.000001 credit, more than the 0\.000000.*allow 1 microcredits/);
    await made(post({ ...(await operands()), maxMicrocredits: '1' }));
    expect((await post({ ...(await operands()), maxMicrocredits: '-1' })).status).toBe(400);
  });

  it('expires with its deadline, says so, and can be retried with another or with none', async () => {
    const { id } = await made(post({ ...(await operands()), deadlineMs: clock.now() + 5000 }));
    clock.jump(6000);
    const late = await ended(home(), id);
    expect(late.state).toBe('expired');
    expect(late.error).toMatch(/^its deadline, 20.*Z, passed with 0 of 1 cells verified; a retry/);
    const past = await problem(home(), `/v1/jobs/${id}/retry`, json({ deadlineMs: clock.now() - 1 }));
    expect(past.status).toBe(400);
    expect(await made(post({}, undefined, `/v1/jobs/${id}/retry`))).toMatchObject({
      state: 'running',
      deadlineMs: null,
      finishedMs: null,
      error: null,
    });
    expect((await problem(home(), `/v1/jobs/${id}/retry`, { method: 'POST' })).detail).toContain('running');
    await cancel(id);
    const again = clock.now() + DAY_MS;
    expect(await made(post({ deadlineMs: again }, undefined, `/v1/jobs/${id}/retry`))).toMatchObject({
      deadlineMs: again,
    });
    await cancel(id);
    // One that has not passed stays.
    expect((await made(request(home(), `/v1/jobs/${id}/retry`, { method: 'POST' }))).deadlineMs).toBe(again);
    expect((await request(home(), '/v1/jobs/nope/retry', { method: 'POST' })).status).toBe(404);
  });
});

describe('an Idempotency-Key', () => {
  it('makes one job of a request that comes twice, or eight times at once', async () => {
    const body = await operands();
    const first = await made(post(body, '"key 1"'));
    const again = await made(post({ b: body.b, a: body.a }, '"key 1"'));
    expect(again.id).toBe(first.id);
    const burst = await Promise.all(Array.from({ length: 8 }, () => made(post(body, 'burst'))));
    expect(new Set(burst.map(({ id }) => id)).size).toBe(1);
    expect(burst[0]!.id).not.toBe(first.id);
    // Without quotes it is the same key.
    expect((await made(post(body, '"burst"'))).id).toBe(burst[0]!.id);
  });

  it('that came with another request is refused with 422, and nothing happens', async () => {
    const body = await operands();
    const { id } = await made(post(body, 'taken'));
    const other = await post({ ...body, priority: 3 }, 'taken');
    expect(other.status).toBe(422);
    expect(await other.json()).toMatchObject({ code: 'key-reused' });
    expect((await post({}, 'taken', `/v1/jobs/${id}/retry`)).status).toBe(422);
    const [newest] = await api<JobView[]>(home(), '/v1/jobs?limit=1');
    expect(newest!.id).toBe(id);
  });

  it('of a request that failed is free', async () => {
    const body = await operands();
    expect((await post({ ...body, a: '0'.repeat(64) }, 'free')).status).toBe(404);
    expect((await post({ ...body, maxMicrocredits: '0' }, 'free')).status).toBe(402);
    await made(post(body, 'free'));
  });

  it('belongs to its requester', async () => {
    const asked = json({ scopes: ['submit', 'read'], label: 'another' });
    const { token } = await api<{ token: string }>(home(), '/v1/tokens', asked);
    const theirs = { url: home().url, token };
    await upload(theirs, small.a);
    const body = await operands();
    const { id } = await made(post(body, 'mine'));
    await upload(theirs, small.b);
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'mine' };
    const init = { method: 'POST', body: JSON.stringify(body), headers };
    expect((await api<JobView>(theirs, '/v1/jobs', init)).id).not.toBe(id);
  });

  it('retries a job once', async () => {
    const { id } = await made(post(await operands()));
    await cancel(id);
    const path = `/v1/jobs/${id}/retry`;
    const burst = await Promise.all(Array.from({ length: 4 }, () => post({}, 'once-more', path)));
    expect(burst.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    await cancel(id);
    // The same request still, and it has been carried out.
    expect(await made(post({}, 'once-more', path))).toMatchObject({ state: 'cancelled' });
  });

  it('is forgotten after a day', async () => {
    const body = await operands();
    const { id } = await made(post(body, 'daily'));
    clock.jump(DAY_MS - 60_000);
    expect((await made(post(body, 'daily'))).id).toBe(id);
    clock.jump(60_001);
    expect((await made(post(body, 'daily'))).id).not.toBe(id);
  });

  it.each(['""', '"', 'a b', '"a\\"b"', 'x'.repeat(256), 'ä'])('cannot be %j', async (key) => {
    const answer = await post(await operands(), key);
    expect(answer.status).toBe(400);
    expect(((await answer.json()) as { detail: string }).detail).toContain('Idempotency-Key');
  });
});

describe('a job that is retried', () => {
  const credit = product('i8', 600, 520, 1100);

  it('keeps what was verified, is charged for the rest only, also after the requester has spent all', async () => {
    const dataDir = await freshDataDir();
    const paid = await testCoordinator({ dataDir, credit: 'paid' });
    const give = (id: string, to: string, from?: string, microcredits = '497'): Promise<unknown> =>
      api(
        paid,
        from === undefined ? '/v1/credit/grants' : '/v1/credit/transfers',
        json({ id, to, microcredits, ...(from !== undefined && { from }) }),
      );
    const balance = async (name: string): Promise<number> =>
      Number((await api<StatementView>(paid, `/v1/credit/accounts/${name}`)).balanceMicrocredits);
    const [a, b] = [await upload(paid, credit.a), await upload(paid, credit.b)];
    await give('all', 'requester:default', undefined, '1000');
    const asked = json({ a: a.id, b: b.id, maxMicrocredits: '1000' });
    const keyed = { ...asked, headers: { ...(asked.headers as object), 'idempotency-key': 'restart' } };
    const { id } = await api<JobView>(paid, '/v1/jobs', keyed);
    const price = await balance(`reserve:${id}`);
    // Credit that runs out in mid-job: what the job can cost is set aside, and nobody can take it.
    await give('away', 'team:elsewhere', 'requester:default', `${1000 - price}`);
    expect(await balance('requester:default')).toBe(0);

    let contributor = await testContributor(paid.peerAddresses);
    await contributor.until(({ shardsVerified }) => shardsVerified > 0);
    await request(paid, `/v1/jobs/${id}`, { method: 'DELETE' });
    await contributor.stop();
    const stopped = await ended(paid, id);
    const refunded = await balance('requester:default');
    const spent = stopped.contributions.reduce((sum, each) => sum + Number(each.microcredits), 0);
    expect(refunded).toBe(price - spent);
    expect(stopped.state).toBe('cancelled');
    // Without its credit it cannot go on, and nothing has changed.
    await give('poorer', 'team:elsewhere', 'requester:default', `${refunded}`);
    expect(await problem(paid, `/v1/jobs/${id}/retry`, { method: 'POST' })).toMatchObject({ status: 402 });
    expect((await api<JobView>(paid, `/v1/jobs/${id}`)).state).toBe('cancelled');
    await give('richer', 'requester:default', 'team:elsewhere', `${refunded}`);
    const again = await api<JobView>(paid, `/v1/jobs/${id}/retry`, { method: 'POST' });
    expect(again).toMatchObject({ state: 'running', cellsVerified: stopped.cellsVerified });
    expect(await balance('requester:default')).toBeLessThan(refunded);
    await paid.close();

    // After a restart it goes on, and its key still stands for it.
    const later = await testCoordinator({ dataDir });
    expect(
      (
        await api<JobView>(later, '/v1/jobs', {
          ...keyed,
          headers: { ...keyed.headers, authorization: `Bearer ${later.token}` },
        })
      ).id,
    ).toBe(id);
    contributor = await testContributor(later.peerAddresses);
    const done = await ended(later, id);
    expect(done).toMatchObject({ state: 'done', cellsVerified: 9, finishedMs: expect.any(Number) });
    expect(await result(later, id)).toEqual(credit.expected);
    expect(done.multiplyAddsVerified).toBe(600 * 520 * 1100);
    await contributor.stop();
    await later.close();
    const db = await openDatabase({ dataDir });
    expect(await checkLedger(db)).toEqual([]);
    await db.close();
    await rm(dataDir, { recursive: true });
  });
});
