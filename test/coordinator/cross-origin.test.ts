/** What pages of other origins are told: nothing, unless the operator has named them. */
import type { LightMyRequestResponse } from 'fastify';
import { describe, expect, it } from 'vitest';
import { OPERATOR, databaseForFile, doorway } from './doors-rig.ts';

const home = databaseForFile();
const LAB = 'https://lab.example.org';
const FROM = '203.0.113.9';
const NAMED = { allowOrigin: ['http://localhost:3000', LAB] };
const authorization = `Bearer ${OPERATOR}`;

const corsOf = ({ headers }: LightMyRequestResponse): Record<string, unknown> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('access-control-')));

/** What a browser asks before it sends a token. */
const preflight = (origin: string, method: string) =>
  ({
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': 'authorization,content-type',
    },
  }) as const;

describe('A page of a named origin', () => {
  it.each([
    ['POST', '/v1/jobs'],
    ['PATCH', '/v1/uploads/00'],
    ['DELETE', '/v1/operands/00'],
    ['POST', '/v1/uploads'],
    ['GET', '/v1/jobs?limit=3'],
  ])('may ask whether it may %s %s, without a token', async (method, path) => {
    const { knock } = await doorway(home.db, NAMED);
    const answer = await knock(FROM, path, preflight(LAB, method));
    expect([answer.statusCode, answer.body]).toEqual([204, '']);
    const cors = corsOf(answer);
    expect(cors).toMatchObject({ 'access-control-allow-origin': LAB, 'access-control-max-age': '7200' });
    expect(cors['access-control-allow-methods']).toContain(method);
    for (const name of ['authorization', 'content-type', 'idempotency-key', 'upload-offset', 'last-event-id'])
      expect(cors['access-control-allow-headers']).toContain(name);
    expect(cors).not.toHaveProperty('access-control-allow-credentials');
  });

  it('reads every answer, refusals too, and the headers that clients go by', async () => {
    const { knock } = await doorway(home.db, NAMED);
    const codes: number[] = [];
    for (const [path, headers] of [
      ['/v1/operands', { authorization }],
      ['/v1/operands', {}],
      ['/v1/operands', { authorization: 'Bearer wrong' }],
      ['/v1/operands/00', { authorization }],
      ['/v1/nothing', { authorization }],
    ] as const) {
      const answer = await knock(FROM, path, { headers: { origin: LAB, ...headers } });
      codes.push(answer.statusCode);
      expect(answer.headers).toMatchObject({ 'access-control-allow-origin': LAB, vary: 'origin' });
      for (const name of ['upload-offset', 'tilework-operand', 'etag', 'content-range', 'retry-after'])
        expect(answer.headers['access-control-expose-headers']).toContain(name);
    }
    expect(codes).toEqual([200, 401, 401, 404, 404]);
  });

  it('is told that it asks too often', async () => {
    const { knock } = await doorway(home.db, { ...NAMED, addressRate: { burst: 1, perSecond: 0.1 } });
    const ask = (): Promise<LightMyRequestResponse> =>
      knock(FROM, '/v1/operands', { headers: { origin: LAB } });
    await ask();
    const answer = await ask();
    expect(answer.statusCode).toBe(429);
    expect(corsOf(answer)).toMatchObject({ 'access-control-allow-origin': LAB });
    expect((await knock(FROM, '/v1/jobs', preflight(LAB, 'POST'))).statusCode).toBe(204);
  });

  it('reads public figures as everybody does', async () => {
    const { knock } = await doorway(home.db, NAMED);
    for (const origin of [LAB, 'https://elsewhere.example']) {
      const answer = await knock(FROM, '/v1/openapi.json', { headers: { origin } });
      expect(corsOf(answer)).toMatchObject({ 'access-control-allow-origin': '*' });
    }
  });

  it('has nothing more outside /v1', async () => {
    const { knock } = await doorway(home.db, NAMED);
    for (const path of ['/metrics', '/healthz', '/v1x', '/'])
      expect([path, corsOf(await knock('127.0.0.1', path, { headers: { origin: LAB } }))]).toEqual([
        path,
        {},
      ]);
  });
});

describe('A page of any other origin', () => {
  it.each([
    'https://elsewhere.example',
    `${LAB}:8443`,
    'http://lab.example.org',
    'https://sub.lab.example.org',
    `${LAB}.evil.example`,
    'null',
  ])('is not let in: %s', async (origin) => {
    const { knock } = await doorway(home.db, NAMED);
    const asked = await knock(FROM, '/v1/jobs', preflight(origin, 'POST'));
    expect([asked.statusCode, corsOf(asked)]).toEqual([404, {}]);
    const answer = await knock(FROM, '/v1/operands', { headers: { origin, authorization } });
    expect(corsOf(answer)).toEqual({});
    // No cache gives it what a named origin was answered.
    expect(answer.headers.vary).toBe('origin');
  });

  it('is not let in where nobody was named', async () => {
    const { knock } = await doorway(home.db);
    expect((await knock(FROM, '/v1/jobs', preflight(LAB, 'POST'))).statusCode).toBe(404);
    expect(corsOf(await knock(FROM, '/v1/operands', { headers: { origin: LAB, authorization } }))).toEqual(
      {},
    );
  });
});

it.each(['*', 'https://*.example.org', 'http://lab.example.org', `${LAB}/`, 'lab.example.org', 'null', ''])(
  'A coordinator that is to let in "%s" does not start',
  async (origin) => {
    await expect(doorway(home.db, { allowOrigin: [LAB, origin] })).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('--allow-origin: '),
    });
  },
);
