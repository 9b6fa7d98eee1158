/** Uploads in parts, over real HTTP and real files. */
import { readdir, rm, stat, truncate } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256, toHex } from '../../src/core/bytes.ts';
import { isAppError } from '../../src/core/errors.ts';
import type { JobView, OperandView } from '../../src/core/v1.ts';
import type { UploadView } from '../../src/core/v1-uploads.ts';
import { metadataOf, uploadSpecOf } from '../../src/coordinator/upload-metadata.ts';
import { UPLOAD_EXPIRES_MS } from '../../src/coordinator/uploads.ts';
import { freshDataDir } from '../helpers/databases.ts';
import { eventually } from '../helpers/eventually.ts';
import { JumpClock } from '../helpers/jump-clock.ts';
import { type TestCoordinator, testCoordinator } from '../helpers/network.ts';
import { file, json, npyOf, problem, request } from './http-client.ts';

const clock = new JumpClock();
const ROOM = 4_000_000;
let dataDir: string;
let home: TestCoordinator;
const start = (): Promise<TestCoordinator> =>
  testCoordinator({ dataDir, clock, uploadRoomBytes: ROOM, doors: { maxUploadBytes: 3_000_000 } });

beforeAll(async () => {
  dataDir = await freshDataDir();
  home = await start();
});
afterAll(() => home.remove());

let seed = 0;
/** 128 rows of 1,024, all different from those before. */
const matrix = (): Uint8Array<ArrayBuffer> => {
  seed += 1;
  return npyOf(
    'i8',
    128,
    1024,
    Int8Array.from({ length: 128 * 1024 }, (_, i) => (i * seed + (i >> 7)) & 127),
  );
};
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const HALF = 60_000;

async function begin(length: number, metadata = '', token = home.token): Promise<UploadView> {
  const headers = {
    'upload-length': String(length),
    'tus-resumable': '1.0.0',
    'upload-metadata': metadata,
    authorization: `Bearer ${token}`,
  };
  const response = await request(home, '/v1/uploads', { method: 'POST', headers });
  expect(response.status).toBe(201);
  const view = (await response.json()) as UploadView;
  expect(new URL(response.headers.get('location')!, response.url).pathname).toBe(`/v1/uploads/${view.id}`);
  return view;
}

const part = (offset: number, body?: Uint8Array<ArrayBuffer>): RequestInit => ({
  method: 'PATCH',
  headers: { 'upload-offset': String(offset), 'content-type': 'application/offset+octet-stream' },
  ...(body && { body }),
});
const send = (id: string, offset: number, body?: Uint8Array<ArrayBuffer>): Promise<Response> =>
  request(home, `/v1/uploads/${id}`, part(offset, body));
const refused = (id: string, offset: number, body?: Uint8Array<ArrayBuffer>) =>
  problem(home, `/v1/uploads/${id}`, part(offset, body));
const viewOf = async (id: string): Promise<UploadView> =>
  (await (await request(home, `/v1/uploads/${id}`)).json()) as UploadView;
const offsetOf = async (id: string): Promise<string | null> =>
  (await request(home, `/v1/uploads/${id}`, { method: 'HEAD' })).headers.get('upload-offset');
const onDisk = (id: string): string => join(dataDir, 'uploads', id);

/** A request that promises more than it sends, and then hangs or breaks off. */
async function torn(id: string, offset: number, body: Uint8Array, promised: number) {
  const sending = httpRequest(`${home.url}/v1/uploads/${id}`, {
    method: 'PATCH',
    headers: {
      authorization: `Bearer ${home.token}`,
      'content-type': 'application/offset+octet-stream',
      'upload-offset': offset,
      'content-length': promised,
    },
  });
  const ended = new Promise((resolve) => {
    sending.once('error', resolve);
    sending.once('response', resolve);
  });
  sending.write(body);
  await eventually(async () => expect((await stat(onDisk(id))).size).toBe(offset + body.length));
  return { break: () => sending.destroy(), ended };
}

describe('An upload in parts', () => {
  it('becomes the operand that the whole file would have become, with its name', async () => {
    const bytes = matrix();
    const { id } = await begin(bytes.length, `filename ${base64('weights.npy')},side ${base64('transpose')}`);
    expect((await send(id, 0, bytes.slice(0, HALF))).headers.get('upload-offset')).toBe(String(HALF));
    const last = await send(id, HALF, bytes.slice(HALF));
    expect(last.status).toBe(204);
    expect(last.headers.get('tus-resumable')).toBe('1.0.0');
    const operand = last.headers.get('tilework-operand');
    expect(await viewOf(id)).toMatchObject({ state: 'done', operand, name: 'weights.npy', error: null });
    const whole = await request(home, '/v1/operands?side=transpose', file(bytes));
    expect(whole.status).toBe(200);
    expect((await whole.json()) as OperandView).toMatchObject({
      id: operand,
      name: 'weights.npy',
      rows: 1024,
      k: 128,
    });
    await expect(stat(onDisk(id))).rejects.toMatchObject({ code: 'ENOENT' });
    // Whoever did not hear the end may ask again.
    expect((await send(id, bytes.length)).headers.get('tilework-operand')).toBe(operand);
  });

  it('goes on where it stood after the connection broke and the coordinator was started again', async () => {
    const bytes = matrix();
    const { id } = await begin(bytes.length, `sha256 ${base64(toHex(await sha256(bytes)))}`);
    const sending = await torn(id, 0, bytes.subarray(0, HALF), bytes.length);
    sending.break();
    await sending.ended;
    await eventually(async () => expect(await offsetOf(id)).toBe(String(HALF)));
    await home.close();
    home = await start();
    expect(await viewOf(id)).toMatchObject({ state: 'open', offset: HALF, length: bytes.length });
    expect((await send(id, HALF, bytes.slice(HALF))).headers.get('tilework-operand')).toMatch(
      /^[0-9a-f]{64}$/,
    );
  });

  it('that was complete when the coordinator stopped is finished by asking for no more bytes', async () => {
    const bytes = matrix();
    const { id } = await begin(bytes.length + 1);
    await send(id, 0, bytes);
    await home.close();
    // As if it had been promised so: the stop came between the last byte and the operand.
    const { readFile, writeFile } = await import('node:fs/promises');
    const record = JSON.parse(await readFile(`${onDisk(id)}.json`, 'utf8')) as object;
    await writeFile(`${onDisk(id)}.json`, JSON.stringify({ ...record, length: bytes.length }));
    home = await start();
    expect(await viewOf(id)).toMatchObject({ state: 'open', offset: bytes.length });
    expect((await send(id, bytes.length)).headers.get('tilework-operand')).toMatch(/^[0-9a-f]{64}$/);
  });

  it('refuses every other offset with 409, and says which byte is next', async () => {
    const bytes = matrix();
    const { id } = await begin(bytes.length);
    await send(id, 0, bytes.slice(0, HALF));
    for (const wrong of [0, 1, HALF - 1, HALF + 1]) {
      const answer = await refused(id, wrong, bytes.slice(0, 5));
      expect(answer).toMatchObject({ status: 409, code: 'conflict' });
      expect(answer.detail).toContain(`next byte of this upload is ${HALF}`);
      expect(answer.headers.get('upload-offset')).toBe(String(HALF));
    }
    expect((await stat(onDisk(id))).size).toBe(HALF);
    await request(home, `/v1/uploads/${id}`, { method: 'DELETE' });
  });

  it('of two clients is gone on with by the newer, and neither mixes into the other', async () => {
    const bytes = matrix();
    const { id } = await begin(bytes.length);
    const first = await torn(id, 0, bytes.subarray(0, HALF), bytes.length);
    const second = await send(id, HALF, bytes.slice(HALF));
    expect(second.status).toBe(204);
    expect(second.headers.get('tilework-operand')).toMatch(/^[0-9a-f]{64}$/);
    expect(await first.ended).toMatchObject({ statusCode: 409 });
    first.break();
  });

  it('of many clients at once takes each byte once', async () => {
    const bytes = matrix();
    const { id } = await begin(bytes.length, `sha256 ${base64(toHex(await sha256(bytes)))}`);
    const answers = await Promise.all([0, 1, 2, 3].map(() => send(id, 0, bytes)));
    for (const { status } of answers) expect([204, 409]).toContain(status);
    // Whoever went on, its offset is what is there, and the rest fits behind it.
    const at = Number(await offsetOf(id));
    expect((await send(id, at, bytes.slice(at))).status).toBe(204);
    expect(await viewOf(id)).toMatchObject({ state: 'done', offset: bytes.length });
  });

  it('that has more bytes than it said takes none of the request, and can still go on', async () => {
    const bytes = matrix();
    const { id } = await begin(bytes.length);
    await send(id, 0, bytes.slice(0, HALF));
    expect(await refused(id, HALF, bytes)).toMatchObject({ status: 413, code: 'too-large' });
    const chunked = new Blob([bytes]).stream();
    const init = { ...part(HALF), body: chunked, duplex: 'half' } as RequestInit;
    expect(await problem(home, `/v1/uploads/${id}`, init)).toMatchObject({ status: 413 });
    expect(await offsetOf(id)).toBe(String(HALF));
    expect((await send(id, HALF, bytes.slice(HALF))).status).toBe(204);
  });

  it('whose file is no matrix, or not the one that was promised, ends with the reason', async () => {
    const noise = new Uint8Array(100).fill(7);
    const { id } = await begin(noise.length);
    expect(await refused(id, 0, noise)).toMatchObject({ status: 400, code: 'bad-file' });
    expect(await viewOf(id)).toMatchObject({
      state: 'failed',
      operand: null,
      error: expect.stringMatching(/npy/),
    });
    expect(await refused(id, noise.length)).toMatchObject({ status: 400, code: 'bad-file' });
    const bytes = matrix();
    const other = await begin(bytes.length, `sha256 ${base64('0'.repeat(64))}`);
    expect((await refused(other.id, 0, bytes)).detail).toMatch(/SHA-256/);
    await expect(stat(onDisk(other.id))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('whose bytes were lost below it is gone on with from those that are there', async () => {
    const bytes = matrix();
    const { id } = await begin(bytes.length);
    await send(id, 0, bytes.slice(0, HALF));
    await home.close();
    await truncate(onDisk(id), 1000);
    home = await start();
    expect(await offsetOf(id)).toBe('1000');
    expect((await send(id, 1000, bytes.slice(1000))).headers.get('tilework-operand')).toMatch(/./);
  });

  it('is nobody else’s', async () => {
    const stranger = (await (
      await request(home, '/v1/tokens', json({ scopes: ['submit'], label: 'stranger' }))
    ).json()) as { token: string };
    const { id } = await begin(10);
    const headers = { authorization: `Bearer ${stranger.token}` };
    for (const method of ['GET', 'DELETE'])
      expect(await problem(home, `/v1/uploads/${id}`, { method, headers })).toMatchObject({ status: 404 });
    await request(home, `/v1/uploads/${id}`, { method: 'DELETE' });
    expect(await problem(home, `/v1/uploads/${id}`)).toMatchObject({ status: 404, code: 'not-found' });
  });
});

describe('Room for uploads', () => {
  it('is what the operator sets aside, by what uploads say that they will have', async () => {
    const create = (length: string) =>
      problem(home, '/v1/uploads', { method: 'POST', headers: { 'upload-length': length } });
    const { id } = await begin(2_900_000);
    const answer = await create('2900000');
    expect(answer).toMatchObject({ status: 507, code: 'no-room' });
    expect(answer.detail).toMatch(/of it are free/);
    expect(await create('3000001')).toMatchObject({ status: 413, code: 'too-large' });
    for (const wrong of ['0', '-1', 'x', '1e3', '9'.repeat(20), ''])
      expect(await create(wrong)).toMatchObject({ status: 400 });
    await request(home, `/v1/uploads/${id}`, { method: 'DELETE' });
    const again = await begin(2_900_000);
    await request(home, `/v1/uploads/${again.id}`, { method: 'DELETE' });
  });

  it('comes back when nobody has gone on with an upload for a day, also over a restart', async () => {
    const bytes = matrix();
    const { id, expiresMs } = await begin(bytes.length);
    expect(expiresMs - clock.now()).toBeGreaterThan(UPLOAD_EXPIRES_MS - 60_000);
    clock.jump(UPLOAD_EXPIRES_MS - 60_000);
    await send(id, 0, bytes.slice(0, HALF));
    clock.jump(UPLOAD_EXPIRES_MS - 60_000);
    expect(await offsetOf(id)).toBe(String(HALF));
    clock.jump(120_000);
    await eventually(async () =>
      expect(await problem(home, `/v1/uploads/${id}`)).toMatchObject({ status: 404 }),
    );
    await eventually(async () => expect(await readdir(join(dataDir, 'uploads'))).not.toContain(id));
    const other = await begin(10);
    await home.close();
    clock.jump(UPLOAD_EXPIRES_MS * 3);
    home = await start();
    expect(await problem(home, `/v1/uploads/${other.id}`)).toMatchObject({ status: 404 });
    await rm(onDisk(other.id), { force: true });
  });
});

describe('What is not tus as it is spoken here', () => {
  it('is told in a sentence', async () => {
    expect(
      await problem(home, '/v1/uploads', {
        method: 'POST',
        headers: { 'upload-length': '5', 'tus-resumable': '0.2.2' },
      }),
    ).toMatchObject({ status: 412, code: 'bad-version', detail: expect.stringMatching(/tus 1\.0\.0/) });
    const { id } = await begin(5);
    expect(await problem(home, `/v1/uploads/${id}`, { ...part(0), headers: {} })).toMatchObject({
      status: 400,
    });
    const typed = { ...file(new Uint8Array(5)), method: 'PATCH' };
    Object.assign(typed.headers as object, { 'upload-offset': '0' });
    expect((await problem(home, `/v1/uploads/${id}`, typed)).detail).toMatch(
      /application\/offset\+octet-stream/,
    );
    const options = await fetch(`${home.url}/v1/uploads`, { method: 'OPTIONS' });
    expect(options.status).toBe(204);
    expect(options.headers.get('tus-extension')).toBe('creation,expiration,termination');
  });

  it('cannot break the reading of its metadata', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.base64String()), (text) => {
        for (const header of [text, `name ${text}`, `name ${base64(text)},side ${base64('rows')}`]) {
          try {
            const { side, name } = uploadSpecOf(metadataOf(header));
            expect(['rows', 'transpose']).toContain(side);
            expect(name.length).toBeLessThanOrEqual(200);
          } catch (error) {
            expect(isAppError(error, 'bad-input')).toBe(true);
          }
        }
      }),
    );
  });
});

describe('DELETE /v1/operands/:id', () => {
  const ada = { token: '' };
  const made = async (token: string, bytes: Uint8Array<ArrayBuffer>): Promise<OperandView> => {
    const init = file(bytes);
    Object.assign(init.headers as object, { authorization: `Bearer ${token}` });
    return (await (await request(home, '/v1/operands', init)).json()) as OperandView;
  };
  const remove = (id: string, token = home.token): RequestInit & { path: string } => ({
    path: `/v1/operands/${id}`,
    method: 'DELETE',
    headers: { authorization: `Bearer ${token}` },
  });

  beforeAll(async () => {
    const view = await request(home, '/v1/tokens', json({ scopes: ['submit', 'read'], label: 'Ada' }));
    ada.token = ((await view.json()) as { token: string }).token;
  });

  it('is refused with the jobs that need it, and done when they have ended', async () => {
    const { id } = await made(home.token, matrix());
    const job = (await (await request(home, '/v1/jobs', json({ a: id, b: id }))).json()) as JobView;
    const { path, ...init } = remove(id);
    const answer = await problem(home, path, init);
    expect(answer).toMatchObject({ status: 409, code: 'conflict' });
    expect(answer.detail).toContain(job.id);
    await request(home, `/v1/jobs/${job.id}`, { method: 'DELETE' });
    expect((await request(home, path, init)).status).toBe(204);
    expect(await problem(home, path)).toMatchObject({ status: 404 });
    expect(await problem(home, path, init)).toMatchObject({ status: 404 });
    const list = (await (await request(home, '/v1/operands')).json()) as OperandView[];
    expect(list.map((one) => one.id)).not.toContain(id);
    // The job's own view goes on telling what it was over.
    expect(await (await request(home, `/v1/jobs/${job.id}`)).json()).toMatchObject({
      a: id,
      state: 'cancelled',
    });
  });

  it('leaves it to others who uploaded the same', async () => {
    const bytes = matrix();
    const { id } = await made(home.token, bytes);
    await made(ada.token, bytes);
    const mine = remove(id);
    expect((await request(home, mine.path, mine)).status).toBe(204);
    const headers = { authorization: `Bearer ${ada.token}` };
    expect((await request(home, mine.path, { headers })).status).toBe(200);
    const hers = await request(home, '/v1/jobs', {
      ...json({ a: id, b: id }),
      headers: { ...headers, 'content-type': 'application/json' },
    });
    expect(hers.status).toBe(201);
    const { id: job } = (await hers.json()) as JobView;
    await request(home, `/v1/jobs/${job}`, { method: 'DELETE', headers });
    const last = remove(id, ada.token);
    expect((await request(home, last.path, last)).status).toBe(204);
  });

  it('makes a job over it fail to start, in words, until it comes again', async () => {
    const bytes = matrix();
    const { id } = await made(home.token, bytes);
    const mine = remove(id);
    await request(home, mine.path, mine);
    const gone = await problem(home, '/v1/jobs', json({ a: id, b: id }));
    expect(gone).toMatchObject({
      status: 410,
      code: 'gone',
      detail: expect.stringMatching(/upload it again/),
    });
    const stranger = { authorization: `Bearer ${ada.token}`, 'content-type': 'application/json' };
    expect(await problem(home, '/v1/jobs', { ...json({ a: id, b: id }), headers: stranger })).toMatchObject({
      status: 404,
    });
    expect((await made(home.token, bytes)).id).toBe(id);
    const job = await request(home, '/v1/jobs', json({ a: id, b: id }));
    expect(job.status).toBe(201);
    await request(home, `/v1/jobs/${((await job.json()) as JobView).id}`, { method: 'DELETE' });
  });

  it('takes turns with jobs that start at the same moment: one of the two is refused', async () => {
    for (let round = 0; round < 5; round++) {
      const { id } = await made(home.token, matrix());
      const { path, ...init } = remove(id);
      const [job, gone] = await Promise.all([
        request(home, '/v1/jobs', json({ a: id, b: id })),
        request(home, path, init),
      ]);
      expect([
        [201, 409],
        [410, 204],
      ]).toContainEqual([job.status, gone.status]);
      if (job.status === 201)
        await request(home, `/v1/jobs/${((await job.json()) as JobView).id}`, { method: 'DELETE' });
    }
  });
});
