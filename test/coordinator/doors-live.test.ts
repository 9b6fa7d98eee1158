/** Doors of a whole coordinator: what is cut off, what is too large or too slow, and what is not a path. */
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobView, NewTokenView, OperandView, TokenScope } from '../../src/core/v1.ts';
import { eventually } from '../helpers/eventually.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { coordinatorForFile, file, json, npyOf, problem, request } from './http-client.ts';

const MAX_UPLOAD = 1 << 20;
const SECRET = 'what lies beside the page';
const clock = new FakeClock();
let folder = '';
let pageDir = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tilework-doors-'));
  pageDir = join(folder, 'page');
  await mkdir(join(pageDir, 'assets'), { recursive: true });
  await writeFile(join(folder, 'secret'), SECRET);
  await writeFile(join(pageDir, '.hidden'), SECRET);
  await writeFile(join(pageDir, 'index.html'), 'the page');
});
const home = coordinatorForFile(() => ({ clock, pageDir, doors: { maxUploadBytes: MAX_UPLOAD } }));
afterAll(() => rm(folder, { recursive: true }));

async function token(scopes: TokenScope[], more: object = {}): Promise<NewTokenView> {
  const answer = await request(home(), '/v1/tokens', json({ scopes, label: 'a test', ...more }));
  expect([answer.status, answer.headers.get('cache-control')]).toEqual([201, 'no-store']);
  return (await answer.json()) as NewTokenView;
}

const as = ({ token: given }: NewTokenView, init: RequestInit = {}): RequestInit => ({
  ...init,
  headers: { ...(init.headers as Record<string, string>), authorization: `Bearer ${given}` },
});
const small = (seed: number): Uint8Array<ArrayBuffer> => npyOf('i8', 2, 3, new Int8Array(6).fill(seed));

async function job(who: NewTokenView, seed: number): Promise<string> {
  const operand = await request(home(), '/v1/operands', as(who, file(small(seed))));
  const { id } = (await operand.json()) as OperandView;
  const made = await request(home(), '/v1/jobs', as(who, json({ a: id, b: id })));
  expect(made.status).toBe(201);
  return ((await made.json()) as JobView).id;
}

/** A request whose body the test writes. */
function post(path: string, headers: Record<string, string | number>): ClientRequest {
  const authorization = `Bearer ${home().token}`;
  const sent = httpRequest(`${home().url}${path}`, {
    method: 'POST',
    headers: { authorization, ...headers },
  });
  sent.on('error', () => {});
  return sent;
}

/** However it closes. */
const closing = (sent: ClientRequest): Promise<void> =>
  new Promise((resolve) => {
    sent.once('close', resolve);
  });

const OCTETS = { 'content-type': 'application/octet-stream' };

async function answerTo(sent: ClientRequest): Promise<{ status: number; text: string }> {
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let text = '';
  for await (const piece of response) text += String(piece);
  return { status: response.statusCode ?? 0, text };
}

describe('a token that is revoked while it is in use', () => {
  it('loses its stream of events and its upload at once; others keep theirs', async () => {
    const [gone, stays] = [await token(['submit', 'read']), await token(['submit', 'read'])];
    const [theirs, mine] = [await job(gone, 1), await job(stays, 2)];
    const cut = (await request(home(), `/v1/jobs/${theirs}/events`, as(gone))).body!.getReader();
    const kept = (await request(home(), `/v1/jobs/${mine}/events`, as(stays))).body!.getReader();
    await Promise.all([cut.read(), kept.read()]);
    const upload = post('/v1/operands', { ...OCTETS, authorization: `Bearer ${gone.token}` });
    const ended = closing(upload);
    upload.write(small(3).subarray(0, 40));

    await eventually(async () => {
      const tokens = (await (await request(home(), '/v1/tokens')).json()) as { id: string }[];
      expect(tokens.map(({ id }) => id)).toContain(gone.id);
    });
    expect((await request(home(), `/v1/tokens/${gone.id}`, { method: 'DELETE' })).status).toBe(204);
    await expect(cut.read()).rejects.toThrow('terminated');
    await ended;
    expect((await request(home(), `/v1/jobs/${theirs}`, as(gone))).status).toBe(401);

    await request(home(), `/v1/jobs/${mine}`, as(stays, { method: 'DELETE' }));
    expect(new TextDecoder().decode((await kept.read()).value)).toContain('cancelled');
    const again = await problem(home(), `/v1/tokens/${gone.id}`, { method: 'DELETE' });
    expect(again).toMatchObject({ status: 409, code: 'conflict' });
  });

  it('may have revoked itself, and is told so', async () => {
    const own = await token(['operate']);
    const path = `/v1/tokens/${own.id}`;
    expect((await request(home(), path, as(own, { method: 'DELETE' }))).status).toBe(204);
    expect((await request(home(), path, as(own, { method: 'DELETE' }))).status).toBe(401);
  });

  it('or expires loses its stream too', async () => {
    const brief = await token(['submit', 'read'], { lifetimeMs: 60_000 });
    const events = (
      await request(home(), `/v1/jobs/${await job(brief, 4)}/events`, as(brief))
    ).body!.getReader();
    await events.read();
    await clock.advance(59_000);
    const lost = events.read().catch((error: unknown) => error);
    await clock.advance(1_000);
    expect(await lost).toMatchObject({ message: 'terminated' });
    const answer = await problem(home(), '/v1/jobs', as(brief));
    expect([answer.status, answer.detail]).toEqual([401, expect.stringContaining('expired')]);
  });

  it('has no more than 64 requests open', async () => {
    const busy = await token(['submit', 'read']);
    const path = `/v1/jobs/${await job(busy, 5)}/events`;
    const leave = new AbortController();
    const open = await Promise.all(
      Array.from({ length: 64 }, () => request(home(), path, as(busy, { signal: leave.signal }))),
    );
    expect(new Set(open.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await problem(home(), path, as(busy))).toMatchObject({ status: 429, code: 'rate-limited' });
    leave.abort();
    await eventually(async () => expect((await request(home(), '/v1/jobs', as(busy))).status).toBe(200));
  });
});

describe('a requester', () => {
  it('sees, uses and cancels what is its own, and nothing of another', async () => {
    const [ada, bob] = [await token(['submit', 'read']), await token(['submit', 'read'])];
    const theirs = await job(ada, 6);
    const { a } = (await (await request(home(), `/v1/jobs/${theirs}`, as(ada))).json()) as JobView;
    for (const [path, init] of [
      [`/v1/jobs/${theirs}`, {}],
      [`/v1/jobs/${theirs}/events`, {}],
      [`/v1/jobs/${theirs}/result`, {}],
      [`/v1/jobs/${theirs}`, { method: 'DELETE' }],
      [`/v1/operands/${a}`, {}],
      ['/v1/jobs', json({ a, b: a })],
    ] as const)
      expect(await problem(home(), path, as(bob, init))).toMatchObject({ status: 404, code: 'not-found' });
    const seen = async (path: string, who: NewTokenView): Promise<number> =>
      ((await (await request(home(), path, as(who))).json()) as unknown[]).length;
    expect([await seen('/v1/jobs', ada), await seen('/v1/operands', ada)]).toEqual([1, 1]);
    expect([await seen('/v1/jobs', bob), await seen('/v1/operands', bob)]).toEqual([0, 0]);
    // Whoever has the same bytes has the same operand.
    await job(bob, 6);
    expect([await seen('/v1/jobs', bob), await seen('/v1/operands', bob)]).toEqual([1, 1]);
    // The operator sees all of it.
    expect((await request(home(), `/v1/jobs/${theirs}`)).status).toBe(200);
    expect((await request(home(), `/v1/jobs/${theirs}`, { method: 'DELETE' })).status).toBe(204);
  });

  it.each([
    [{ scopes: [], label: 'x' }],
    [{ scopes: ['write'], label: 'x' }],
    [{ scopes: 'read', label: { x: 1 } }],
    [{ scopes: ['read'] }],
    [{ scopes: ['read'], label: 'x', lifetimeMs: -1 }],
    [{ scopes: ['read'], label: 'x', lifetimeMs: 1e18 }],
    [{ scopes: ['read'], label: 'x'.repeat(101) }],
    [{ scopes: ['read'], label: 'x', admin: true }],
    [{ scopes: ['read'], label: ' ' }],
  ])('is given no token for %j', async (body) => {
    expect(await problem(home(), '/v1/tokens', json(body))).toMatchObject({ status: 400, code: 'bad-input' });
  });
});

describe('an upload over the limit', () => {
  it('is refused by its stated size before it is sent', async () => {
    const sent = post('/v1/operands', { ...OCTETS, 'content-length': MAX_UPLOAD + 1 });
    sent.flushHeaders();
    const { status, text } = await answerTo(sent);
    expect(status).toBe(413);
    expect(JSON.parse(text)).toMatchObject({
      code: 'too-large',
      detail: expect.stringContaining('1.00 MiB, the most that this coordinator takes') as string,
    });
    sent.destroy();
  });

  it('is refused where it states no size, and leaves nothing; one of just that size is taken', async () => {
    const sent = post('/v1/operands', { ...OCTETS, 'transfer-encoding': 'chunked' });
    for (let piece = 0; piece < 17; piece++) sent.write(Buffer.alloc(MAX_UPLOAD / 16));
    const { status, text } = await answerTo(sent);
    expect([status, text]).toEqual([413, expect.stringContaining('--max-upload')]);
    sent.destroy();
    const header = npyOf('i8', 1024, 960, new Int8Array(0)).length;
    const whole = npyOf('i8', 1024, 960, new Int8Array(1024 * 960));
    expect(whole.length).toBeLessThanOrEqual(MAX_UPLOAD);
    expect(header).toBeLessThan(200);
    expect((await request(home(), '/v1/operands', file(whole))).status).toBe(201);
  });

  it('that goes on after its refusal is cut off', async () => {
    const sent = post('/v1/operands', { ...OCTETS, 'content-length': 1 << 30 });
    sent.write(Buffer.alloc(1000));
    expect((await answerTo(sent)).status).toBe(413);
    const closed = closing(sent);
    await clock.advance(4_000);
    expect(sent.destroyed).toBe(false);
    await clock.advance(2_000);
    await closed;
  });
});

describe('a slow client', () => {
  it('loses an upload that stops, with a reason', async () => {
    const sent = post('/v1/operands', { ...OCTETS, 'content-length': 5000 });
    sent.write(Buffer.alloc(100));
    let answer: { status: number; text: string } | undefined;
    void answerTo(sent).then((got) => {
      answer = got;
    });
    await eventually(async () => {
      await clock.advance(10_000);
      expect(answer).toBeDefined();
    });
    const { status, text } = answer!;
    expect([status, text]).toEqual([408, expect.stringContaining('slower than')]);
    sent.destroy();
  });

  it('loses the connection when its JSON does not arrive', async () => {
    const sent = post('/v1/jobs', { 'content-type': 'application/json', 'content-length': 50 });
    const closed = closing(sent);
    sent.write('{"a":');
    await eventually(async () => {
      await clock.advance(10_000);
      expect(sent.destroyed).toBe(true);
    });
    await closed;
  });
});

/** Sends exactly this as the request's target, which no URL parser has tidied up. */
async function raw(target: string): Promise<string> {
  const { hostname, port } = new URL(home().url);
  const socket = connect(Number(port), hostname);
  socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`, 'latin1');
  let text = '';
  for await (const piece of socket) text += String(piece);
  return text;
}

describe('a path', () => {
  it.each([
    '/../secret',
    '/assets/../../secret',
    '/%2e%2e/secret',
    '/%2e%2e%2fsecret',
    '/..%2fsecret',
    '/..%5csecret',
    '/..\\secret',
    '/assets/..%2f..%2fsecret',
    '/%252e%252e%252fsecret',
    '/....//secret',
    '/.%00./secret',
    '/index.html%00.js',
    '/.hidden',
    '/%2ehidden',
    '//etc/passwd',
    '/%2fetc%2fpasswd',
    '/C:%5cboot.ini',
    'http://localhost/../secret',
    '/v1/../../secret',
    '/v1/blocks/..%2f..%2ftoken',
    '/v1/blocks/%2e%2e%2ftoken',
    '/v1/blocks/%00',
    `/v1/blocks/${'../'.repeat(21)}x`,
    '/log/tile/../../token',
    '/log/tile/%2e%2e/%2e%2e/token',
    '/log/tile/0/..%2f..%2ftoken',
  ])('leads nowhere outside: %s', async (target) => {
    const answer = await raw(target);
    expect(answer).toMatch(/^HTTP\/1.1 4\d\d /);
    expect(answer).toContain('content-type: application/problem+json');
    expect(answer).not.toContain(SECRET);
    expect(answer).not.toContain(home().token);
    expect(answer).not.toContain(folder);
    expect(answer).not.toContain('root:');
  });

  it('of an operand, a job or a token is an id and no more', async () => {
    for (const id of ['..%2ftoken', '%2e%2e', '%2Fetc%2Fpasswd', 'a%2F..%2Fb', '.'.repeat(64)]) {
      expect(await problem(home(), `/v1/operands/${id}x`)).toMatchObject({ status: 404 });
      expect(await problem(home(), `/v1/jobs/${id}x`)).toMatchObject({ status: 404 });
      expect(await problem(home(), `/v1/tokens/${id}x`, { method: 'DELETE' })).toMatchObject({ status: 404 });
    }
  });
});

describe('what is not a request', () => {
  it('gets a problem document with the headers of every answer', async () => {
    const { hostname, port } = new URL(home().url);
    for (const [bytes, status] of [
      ['NONSENSE\r\n\r\n', 400],
      [`GET / HTTP/1.1\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`, 413],
    ] as const) {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => {});
      socket.write(bytes);
      let text = '';
      for await (const piece of socket) text += String(piece);
      expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(text).toContain('x-content-type-options: nosniff');
      expect(text).toContain('content-type: application/problem+json');
      expect(JSON.parse(text.split('\r\n\r\n')[1]!)).toMatchObject({ status });
    }
  });
});
