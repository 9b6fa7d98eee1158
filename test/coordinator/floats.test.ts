/** f32x jobs over the whole network: a real coordinator, real sockets, the CPU backend. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/core/bytes.ts';
import type { JobRequest, JobView, OperandView, ReceiptView, StatementView } from '../../src/core/v1.ts';
import { DIAGONALS, diagonalK, limbLayout } from '../../src/matrix/limbs.ts';
import { npyHeader } from '../../src/matrix/npy.ts';
import { openBlockStore } from '../../src/store/blocks.ts';
import { freshDataDir } from '../helpers/databases.ts';
import { freePort } from '../helpers/free-port.ts';
import {
  type TestContributor,
  type TestCoordinator,
  testContributor,
  testCoordinator,
} from '../helpers/network.ts';
import { type Product, api, ended, product, result, upload } from '../helpers/product.ts';
import { postSeeded, seededValues } from '../helpers/seeded.ts';
import { CoordinatorProcess } from '../chaos/coordinator-process.ts';
import { multiplyLimbs } from '../matrix/limb-reference.ts';

type Api = Pick<TestCoordinator, 'url' | 'token'>;

const contributors: TestContributor[] = [];
const joinIn = async (addresses: readonly string[]): Promise<TestContributor> => {
  const contributor = await testContributor(addresses);
  contributors.push(contributor);
  return contributor;
};
const leave = async (): Promise<void> => {
  await Promise.all(contributors.splice(0).map((each) => each.stop()));
};
afterEach(leave);

const post = <T>(to: Api, path: string, body: object): Promise<T> =>
  api<T>(to, path, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });
const create = (to: Api, request: JobRequest): Promise<JobView> => post(to, '/v1/jobs', request);
const view = (to: Api, id: string): Promise<JobView> => api<JobView>(to, `/v1/jobs/${id}`);

async function submit(to: Api, { a, b }: Pick<Product, 'a' | 'b'>): Promise<JobView> {
  const [left, right] = [await upload(to, a), await upload(to, b)];
  return create(to, { a: left.id, b: right.id, dtype: 'f32x', project: 'exact floats' });
}

/** The first state of the job, as its events tell it, that fits. */
async function until(to: Api, id: string, fits: (job: JobView) => boolean): Promise<JobView> {
  const stop = new AbortController();
  const response = await fetch(`${to.url}/v1/jobs/${id}/events`, {
    headers: { authorization: `Bearer ${to.token}` },
    signal: stop.signal,
  });
  let text = '';
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    text += piece;
    for (const event of text.split('\n\n').slice(0, -1)) {
      const data = event.split('\n').find((line) => line.startsWith('data: '));
      const job = data && (JSON.parse(data.slice('data: '.length)) as JobView);
      if (job && fits(job)) {
        stop.abort();
        return job;
      }
    }
    text = text.slice(text.lastIndexOf('\n\n') + 2);
  }
  throw new Error('the events ended');
}

function floats(npy: Uint8Array<ArrayBuffer>, count: number): Float32Array {
  return new Float32Array(npy.slice(npy.length - 4 * count).buffer);
}

/** A chunk and a tail of K, ragged blocks on both sides. */
const [ROWS, COLS, K] = [258, 257, 1040];
const wanted = product('f32', ROWS, COLS, K);
/** The bits that it must come to. */
const expected = multiplyLimbs(floats(wanted.a, ROWS * K), floats(wanted.b, COLS * K), K);

function npyOf(rows: number, k: number, value: number): Uint8Array<ArrayBuffer> {
  const values = new Float32Array(rows * k).fill(value);
  return concatBytes([npyHeader({ dtype: 'f32', rows, cols: k }), new Uint8Array(values.buffer)]);
}

// One story, on a network where requesters pay: each test goes on from what the one before left.
describe('an f32x job', () => {
  let home: TestCoordinator;
  const balance = async (account: string): Promise<number> =>
    Number((await api<StatementView>(home, `/v1/credit/accounts/${account}`)).balanceMicrocredits);

  beforeAll(async () => {
    home = await testCoordinator({ credit: 'paid' });
  });
  afterAll(() => home.remove());

  it('takes what it reserved to its parts, pays for what was verified, and gives the rest back', async () => {
    const small = product('f32', 260, 30, 400);
    await expect(submit(home, small)).rejects.toThrow(/402/);
    await post(home, '/v1/credit/grants', { id: 'g', to: 'requester:default', microcredits: '1000000' });
    const job = await submit(home, small);
    // (4 + 3 + 2 + 1) · 400 values of K, in two rows of cells, each rounded up.
    const price = [1600, 1200, 800, 400].reduce(
      (sum, k) => sum + Math.ceil((256 * 30 * k) / 1e6) + Math.ceil((4 * 30 * k) / 1e6),
      0,
    );
    expect(await balance('requester:default')).toBe(1_000_000 - price);
    await joinIn(home.peerAddresses);
    const done = await ended(home, job.id);
    const cost = done.contributions.reduce((sum, one) => sum + Number(one.microcredits), 0);
    expect(cost).toBeGreaterThan(0);
    expect(cost).toBeLessThanOrEqual(price);
    expect(await balance('requester:default')).toBe(1_000_000 - cost);
    for (const id of [job.id, ...done.parts!]) expect(await balance(`reserve:${id}`)).toBe(0);
  });

  it('is a float32 product to the last bit, the sum of four int8 jobs that are receipted and credited', async () => {
    const job = await submit(home, wanted);
    expect(job).toMatchObject({ dtype: 'f32x', state: 'running', rows: ROWS, cols: COLS, k: K });
    const contributor = await joinIn(home.peerAddresses);
    const done = await ended(home, job.id);
    const layout = limbLayout(K);
    const work = DIAGONALS.reduce((sum, d) => sum + ROWS * COLS * diagonalK(layout, d), 0);
    expect(done).toMatchObject({ state: 'done', error: null, cellsVerified: 16, cellsTotal: 16 });
    expect(done).toMatchObject({ multiplyAddsVerified: work, multiplyAddsTotal: work });
    expect(done.missLog2).toBeGreaterThanOrEqual(70);

    const c = (await result(home, job.id)) as Float32Array;
    expect(c).toEqual(expected);
    let worst = 0;
    for (const [i, value] of c.entries()) worst = Math.max(worst, Math.abs(value - wanted.expected[i]!));
    // Nothing in it exceeds 1.
    expect(worst).toBeLessThanOrEqual(K * 2 ** -23);

    const parts = await Promise.all(done.parts!.map((id) => view(home, id)));
    expect(parts.map(({ dtype, k }) => [dtype, k])).toEqual(
      DIAGONALS.map((d) => ['i8', diagonalK(layout, d)]),
    );
    const receipts = await api<ReceiptView[]>(home, `/v1/receipts?contributor=${contributor.peerId}`);
    expect(receipts).toHaveLength(done.shards);
    expect(new Set(receipts.map((receipt) => receipt.job))).toEqual(new Set(done.parts));
    expect(done.contributions).toMatchObject([{ contributor: contributor.peerId, multiplyAdds: work }]);
    // What came down was the limbs, four bytes a value, and some lists and manifests.
    expect(done.bytesDown).toBeLessThan(1.25 * 4 * (ROWS + COLS) * K);
  });

  it('stands in its requester’s list alone, and its limbs in no list of operands', async () => {
    const jobs = await api<JobView[]>(home, '/v1/jobs');
    expect(jobs.map(({ dtype, rows }) => [dtype, rows])).toEqual([
      ['f32x', ROWS],
      ['f32x', 260],
    ]);
    const operands = await api<OperandView[]>(home, '/v1/operands');
    expect(operands.map(({ dtype }) => dtype)).toEqual(['f32', 'f32', 'f32', 'f32']);
  });

  it('splits an operand once, also where it is on both sides', async () => {
    const { a: points } = product('f32', 20, 1, 300);
    const gram = await upload(home, points);
    const first = await create(home, { a: gram.id, b: gram.id, dtype: 'f32x' });
    await until(home, first.id, ({ parts }) => parts!.length > 0);
    const second = await create(home, { a: gram.id, b: gram.id, dtype: 'f32x', priority: 5 });
    await joinIn(home.peerAddresses);
    const jobs = [await ended(home, first.id), await ended(home, second.id)];
    const [x, y] = await Promise.all(
      jobs.map(({ parts }) => Promise.all(parts!.map((id) => view(home, id)))),
    );
    expect(x!.map(({ a, b }) => [a, b])).toEqual(y!.map(({ a, b }) => [a, b]));
    const values = floats(points, 20 * 300);
    expect(await result(home, second.id)).toEqual(multiplyLimbs(values, values, 300));
  });

  it('may have operands that nobody sends', async () => {
    const shape = { dtype: 'f32', rows: 20, cols: 500, distribution: 'normal' } as const;
    const [a, b] = [
      { ...shape, seed: 1 },
      { ...shape, seed: 2 },
    ];
    const [left, right] = [await postSeeded(home, a), await postSeeded(home, b)];
    const job = await create(home, { a: left.id, b: right.id, dtype: 'f32x' });
    await joinIn(home.peerAddresses);
    expect(await ended(home, job.id)).toMatchObject({ state: 'done' });
    const [x, y] = [await seededValues(a), await seededValues(b)];
    expect(await result(home, job.id)).toEqual(multiplyLimbs(x, y, 500));
  });

  it('is refused for other operands, for a K that is too large and for sums that could overflow, with what to do', async () => {
    const i8 = await upload(home, product('i8', 3, 2, 5).a);
    await expect(create(home, { a: i8.id, b: i8.id, dtype: 'f32x' })).rejects.toThrow(
      /400.*int8 products are exact as they are/,
    );
    await expect(create(home, { a: i8.id, b: i8.id, dtype: 'f32' })).rejects.toThrow(
      /400.*the operands are i8, not f32/,
    );
    const long = await upload(home, npyOf(1, 32_145, 1));
    await expect(create(home, { a: long.id, b: long.id, dtype: 'f32x' })).rejects.toThrow(
      /400.*too large for f32x.*Split K/,
    );
    const large = await upload(home, npyOf(2, 4, 1e19));
    await expect(create(home, { a: large.id, b: large.id, dtype: 'f32x' })).rejects.toThrow(
      /could overflow float32/,
    );
  });

  it('is cancelled as one; a part cannot be cancelled by itself', async () => {
    const job = await submit(home, wanted);
    const { parts } = await until(home, job.id, (now) => now.parts!.length > 0);
    const gone = (id: string): Promise<unknown> => api(home, `/v1/jobs/${id}`, { method: 'DELETE' });
    await expect(gone(parts![0]!)).rejects.toThrow(new RegExp(`409.*a part of ${job.id}`));
    await gone(job.id);
    expect(await view(home, job.id)).toMatchObject({ state: 'cancelled' });
    await Promise.all(parts!.map((id) => ended(home, id)));
    for (const id of parts!) expect(await view(home, id)).toMatchObject({ state: 'cancelled' });
    await expect(gone(job.id)).rejects.toThrow(/409/);
  });

  it('goes on from where it stood when it is retried, and ends with its deadline', async () => {
    const before = await balance('requester:default');
    const [cancelled] = await api<JobView[]>(home, '/v1/jobs');
    await expect(post(home, `/v1/jobs/${cancelled!.parts![1]}/retry`, {})).rejects.toThrow(/409.*part of/);
    await post(home, `/v1/jobs/${cancelled!.id}/retry`, { deadlineMs: Date.now() + 1500 });
    const late = await ended(home, cancelled!.id);
    expect(late).toMatchObject({ state: 'expired', error: expect.stringContaining('deadline') as string });
    expect(await balance('requester:default')).toBe(before);
    await post(home, `/v1/jobs/${late.id}/retry`, {});
    await joinIn(home.peerAddresses);
    const done = await ended(home, late.id);
    expect(done).toMatchObject({ state: 'done', parts: cancelled!.parts });
    expect(await result(home, late.id)).toEqual(expected);
    const cost = done.contributions.reduce((sum, one) => sum + Number(one.microcredits), 0);
    expect(await balance('requester:default')).toBe(before - cost);
  });
});

it('fails as one when a block of its limbs is lost, and a retry splits its operands anew', async () => {
  let home = await testCoordinator();
  const { dataDir } = home;
  try {
    const job = await submit(home, product('f32', 20, 20, 30));
    const { parts } = await until(home, job.id, (now) => now.parts!.length > 0);
    const { a } = await view(home, parts![2]!);
    await home.close();
    const blocks = await openBlockStore(join(dataDir, 'blocks'));
    await blocks.delete(a);
    await blocks.close();
    home = await testCoordinator({ dataDir });
    const failed = await ended(home, job.id);
    expect(failed).toMatchObject({ state: 'failed', error: expect.stringContaining(a) as string });
    const states = await Promise.all(parts!.map(async (id) => (await ended(home, id)).state));
    expect(states.toSorted()).toEqual(['cancelled', 'cancelled', 'cancelled', 'failed']);
    await post(home, `/v1/jobs/${job.id}/retry`, {});
    await joinIn(home.peerAddresses);
    expect(await ended(home, job.id)).toMatchObject({ state: 'done' });
  } finally {
    await leave();
    await home.remove();
  }
});

it('comes to the same bits although its coordinator is killed before it is split and when a part is done', async () => {
  const dataDir = await freshDataDir();
  const [rows, cols, k] = [258, 257, 400];
  const { a, b } = product('f32', rows, cols, k);
  const ports = { port: await freePort(), peerPort: await freePort() };
  let life = new CoordinatorProcess(dataDir, ports);
  const next = async (): Promise<Awaited<CoordinatorProcess['ready']>> => {
    await life.end('SIGKILL');
    life = new CoordinatorProcess(dataDir, ports);
    return life.ready;
  };
  try {
    const job = await submit(await life.ready, { a, b });
    let home = await next();
    await joinIn(home.peerAddresses);
    await until(home, job.id, ({ cellsVerified }) => cellsVerified >= 4);
    home = await next();
    // Who was there before would come back in a second or two.
    await leave();
    await joinIn(home.peerAddresses);
    const done = await ended(home, job.id);
    expect(done).toMatchObject({ state: 'done', cellsVerified: 16 });
    expect(await result(home, job.id)).toEqual(multiplyLimbs(floats(a, rows * k), floats(b, cols * k), k));
  } finally {
    await leave();
    await life.end('SIGKILL');
    await rm(dataDir, { recursive: true, force: true });
  }
}, 60_000);
