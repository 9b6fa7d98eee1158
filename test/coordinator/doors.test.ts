/** Who gets through which door, and from where; every route stands in the table below. */
import { fastify } from 'fastify';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ProblemView, TokenScope } from '../../src/core/v1.ts';
import { type RouteScope, guardDoors } from '../../src/coordinator/doors.ts';
import { type Doorway, OPERATOR, databaseForFile, doorway } from './doors-rig.ts';

const home = databaseForFile();
const HOME = '127.0.0.1';
const STRANGER = '203.0.113.9';
const SCOPES: readonly TokenScope[] = ['submit', 'read', 'operate'];

/** A new route is added here, with the scope that somebody has thought about. */
const TABLE: readonly (readonly [string, RouteScope])[] = [
  ['GET /v1/network', 'public'],
  ['GET /v1/openapi.json', 'public'],
  ['GET /v1/contributors', 'public'],
  ['GET /v1/contributors/:peerId/statement', 'public'],
  ['GET /v1/contributors/:peerId/statement.csv', 'public'],
  ['GET /v1/contributors/:peerId', 'public'],
  ['GET /v1/receipts', 'public'],
  ['GET /v1/leaderboard', 'public'],
  ['GET /v1/projects', 'public'],
  ['GET /v1/mosaic', 'public'],
  ['GET /v1/jobs/:id/mosaic', 'public'],
  ['GET /v1/events', 'public'],
  ['GET /v1/joins/:peerId', 'public'],
  ['GET /v1/joins/codes/:code', 'public'],
  ['POST /v1/joins/codes', 'public'],
  ['POST /v1/joins', 'public'],
  ['POST /v1/joins/leave', 'public'],
  ['GET /v1/sites', 'public'],
  ['POST /v1/sites/claims', 'public'],
  ['POST /v1/sites/claims/:id/check', 'public'],
  ['GET /v1/sites/:origin', 'public'],
  ['GET /v1/credit', 'public'],
  ['GET /v1/blocks/:hash', 'public'],
  ['GET /v1/shards/:lease', 'public'],
  ['POST /v1/leases/return', 'public'],
  ['GET /log/checkpoint', 'public'],
  ['GET /log/tile/*', 'public'],
  ['POST /v1/operands', 'submit'],
  ['GET /v1/operands', 'read'],
  ['GET /v1/operands/:id', 'read'],
  ['DELETE /v1/operands/:id', 'submit'],
  ['OPTIONS /v1/uploads', 'public'],
  ['POST /v1/uploads', 'submit'],
  ['GET /v1/uploads/:id', 'submit'],
  ['PATCH /v1/uploads/:id', 'submit'],
  ['DELETE /v1/uploads/:id', 'submit'],
  ['POST /v1/jobs', 'submit'],
  ['POST /v1/jobs/estimate', 'submit'],
  ['POST /v1/jobs/:id/retry', 'submit'],
  ['GET /v1/jobs', 'read'],
  ['GET /v1/jobs/:id', 'read'],
  ['DELETE /v1/jobs/:id', 'submit'],
  ['GET /v1/jobs/:id/events', 'read'],
  ['GET /v1/jobs/:id/result', 'read'],
  ['GET /v1/credit/account', 'read'],
  ['GET /v1/credit/accounts/:account', 'operate'],
  ['POST /v1/credit/grants', 'operate'],
  ['POST /v1/credit/transfers', 'operate'],
  ['POST /v1/snapshot', 'operate'],
  ['POST /v1/tokens', 'operate'],
  ['GET /v1/tokens', 'operate'],
  ['DELETE /v1/tokens/:id', 'operate'],
  ['GET /v1/operator', 'operate'],
  ['GET /v1/operator/log', 'operate'],
  ['POST /v1/operator/drain', 'operate'],
  ['GET /v1/operator/bans', 'operate'],
  ['POST /v1/operator/bans', 'operate'],
  ['DELETE /v1/operator/bans', 'operate'],
  ['POST /v1/operator/pauses', 'operate'],
  ['DELETE /v1/operator/pauses', 'operate'],
  ['POST /v1/operator/hidden', 'operate'],
  ['DELETE /v1/operator/hidden', 'operate'],
  ['DELETE /v1/operator/jobs/:id', 'operate'],
];
/** Outside the API; they need no token. */
const OTHERS = [
  'GET /docs',
  'GET /docs.css',
  'GET /coordinator.json',
  'GET /healthz',
  'GET /metrics',
  'GET /readyz',
];

const GUARDED = TABLE.filter(([, scope]) => scope !== 'public') as [string, TokenScope][];

function request(route: string, token?: string): [string, Parameters<Doorway['knock']>[2]] {
  const [method, url] = route.split(' ') as ['GET', string];
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return [url.replace(/:\w+|\*/, 'x'), { method, headers }];
}

describe('the routes', () => {
  let open: Doorway;
  /** One token for each scope, and no other. */
  const held = new Map<TokenScope, string>();
  beforeAll(async () => {
    open = await doorway(home.db);
    for (const scope of SCOPES)
      held.set(scope, (await open.tokens.create({ scopes: [scope], label: scope })).token);
  });

  it('are the ones in the table, each with its scope', async () => {
    const { app } = await doorway(home.db);
    // Fastify answers HEAD wherever it answers GET, by the same rules.
    const asked = app.doors.filter(({ method }) => method !== 'HEAD');
    const api = asked.filter(({ scope }) => scope !== undefined);
    expect(api.map(({ method, url, scope }) => `${method} ${url} ${scope}`).toSorted()).toEqual(
      TABLE.map((row) => row.join(' ')).toSorted(),
    );
    const rest = asked.filter(({ scope }) => scope === undefined);
    expect(rest.map(({ method, url }) => `${method} ${url}`).toSorted()).toEqual(OTHERS.toSorted());
    const heads = app.doors.filter(({ method }) => method === 'HEAD');
    for (const { url, scope } of heads)
      expect(scope).toBe(asked.find((door) => door.url === url && door.method === 'GET')?.scope);
  });

  it('below /v1 and /log do not start without a scope', async () => {
    const { tokens, clock } = await doorway(home.db);
    const app = fastify();
    guardDoors(app, tokens, clock, {});
    for (const url of ['/v1/new', '/v1', '/log/new'])
      expect(() => app.get(url, () => 'hello')).toThrow('does not say which scope it needs');
    app.get('/v1/new', { config: { scope: 'read' } }, () => 'hello');
    app.get('/v10', () => 'hello');
    await app.close();
  });

  it.each(GUARDED)('%s asks for "%s" and nothing else', async (route, scope) => {
    const { knock } = open;
    const bare = await knock(HOME, ...request(route));
    expect([bare.statusCode, bare.headers['www-authenticate']]).toEqual([401, 'Bearer']);
    for (const [had, token] of held) {
      const answer = await knock(HOME, ...request(route, token));
      const code = answer.headers['content-type']?.startsWith('application/problem+json')
        ? answer.json<ProblemView>().code
        : '';
      if (had === scope) expect(['unauthorized', 'forbidden']).not.toContain(code);
      else {
        expect([answer.statusCode, code]).toEqual([403, 'forbidden']);
        expect(answer.headers['www-authenticate']).toBe(
          `Bearer error="insufficient_scope", scope="${scope}"`,
        );
        expect(answer.json<ProblemView>().detail).toContain(`yours has: ${had}`);
      }
    }
  });

  it('that are public answer without a token, and to a bad one', async () => {
    const { knock } = await doorway(home.db);
    for (const [route] of TABLE.filter(([, scope]) => scope === 'public')) {
      for (const token of [undefined, 'wrong']) {
        const { statusCode } = await knock(STRANGER, ...request(route, token));
        expect([route, statusCode]).not.toEqual([route, 401]);
        expect([route, statusCode]).not.toEqual([route, 403]);
      }
    }
  });
});

describe('the operator’s doors', () => {
  const doors = [
    ...GUARDED.filter(([, scope]) => scope === 'operate').map(([route]) => route),
    'GET /metrics',
  ];
  const as = (from: string, headers: Record<string, string> = {}, options = {}) =>
    doorway(home.db, options).then(({ knock }) => async (route: string): Promise<number> => {
      const [path, init] = request(route, OPERATOR);
      return (await knock(from, path, { ...init, headers: { ...init?.headers, ...headers } })).statusCode;
    });
  const open = async (knock: (route: string) => Promise<number>): Promise<boolean> => {
    const answers = await Promise.all(doors.map(knock));
    const refused = answers.filter((status) => status === 403).length;
    expect([0, doors.length]).toContain(refused);
    return refused === 0;
  };

  it.each([HOME, '127.8.9.1', '::1', '::ffff:127.0.0.1'])('open to this machine: %s', async (from) => {
    expect(await open(await as(from))).toBe(true);
  });

  it.each([STRANGER, '10.0.0.7', '2001:db8::1', '::ffff:10.0.0.7', '128.0.0.1', '::'])(
    'do not open to %s, even with the token',
    async (from) => {
      expect(await open(await as(from))).toBe(false);
    },
  );

  it('open to addresses and networks that were named, and to their neighbours not', async () => {
    const named = { operateFrom: ['10.1.0.0/16', '2001:db8::/32', '192.0.2.7'] };
    for (const from of ['10.1.255.1', '2001:db8:9::1', '192.0.2.7', '::ffff:192.0.2.7'])
      expect([from, await open(await as(from, { host: 'tilework.example.org' }, named))]).toEqual([
        from,
        true,
      ]);
    for (const from of ['10.2.0.1', '2001:db9::1', '192.0.2.8'])
      expect([from, await open(await as(from, {}, named))]).toEqual([from, false]);
  });

  it('do not open through a proxy on this machine that nobody named', async () => {
    for (const name of ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'])
      expect([name, await open(await as(HOME, { [name]: '127.0.0.1' }))]).toEqual([name, false]);
  });

  it('open through a named proxy only for whom it speaks', async () => {
    const trusted = { trustProxy: [HOME] };
    const through = (client: string) => as(HOME, { 'x-forwarded-for': client }, trusted);
    expect(await open(await through(STRANGER))).toBe(false);
    // The client's own claim comes first in the list; the proxy's word comes last.
    expect(await open(await through(`127.0.0.1, ${STRANGER}`))).toBe(false);
    const both = { ...trusted, operateFrom: [STRANGER] };
    expect(await open(await as(HOME, { 'x-forwarded-for': STRANGER }, both))).toBe(true);
    expect(await open(await as('10.0.0.7', { 'x-forwarded-for': STRANGER }, both))).toBe(false);
  });

  it('do not open to a page that made its own name point here', async () => {
    for (const host of [
      'evil.example',
      'evil.example:8080',
      '127.0.0.1.evil.example',
      'localhost.evil.example',
    ])
      expect([host, await open(await as(HOME, { host }))]).toEqual([host, false]);
    for (const host of ['localhost:8080', '127.0.0.1:8080', '[::1]:8080'])
      expect([host, await open(await as(HOME, { host }))]).toEqual([host, true]);
  });

  it.each(['everybody', '10.0.0.0/33', '10.0.0.0/', '10.0.0/8', '::/129', '1.2.3.4/8/8', ''])(
    'are not opened to "%s"',
    async (text) => {
      const refused = { code: 'bad-input', message: expect.stringContaining('neither an address') as string };
      await expect(doorway(home.db, { operateFrom: [text] })).rejects.toMatchObject(refused);
      await expect(doorway(home.db, { trustProxy: [text] })).rejects.toMatchObject(refused);
    },
  );
});

describe('too many requests', () => {
  const small = { burst: 3, perSecond: 0.5 };
  const statuses = async (count: number, once: () => Promise<{ statusCode: number }>): Promise<number[]> => {
    const seen: number[] = [];
    for (let i = 0; i < count; i++) seen.push((await once()).statusCode);
    return seen;
  };

  it('from one address are told when to come back, and then may', async () => {
    const { knock, clock } = await doorway(home.db, { addressRate: small });
    const ask = () => knock(STRANGER, '/v1/credit');
    expect(await statuses(5, ask)).toEqual([200, 200, 200, 429, 429]);
    const refused = await ask();
    expect(refused.headers['retry-after']).toBe('2');
    expect(refused.headers['content-type']).toContain('application/problem+json');
    expect(refused.json<ProblemView>()).toMatchObject({ status: 429, code: 'rate-limited' });
    expect((await knock('203.0.113.10', '/v1/credit')).statusCode).toBe(200);
    await clock.advance(2000);
    expect(await statuses(2, ask)).toEqual([200, 429]);
  });

  it('count at /log and with wrong tokens too, and not at health checks', async () => {
    const { knock } = await doorway(home.db, { addressRate: small });
    const guess = () => knock(STRANGER, '/v1/jobs', { headers: { authorization: 'Bearer guess' } });
    expect(await statuses(4, guess)).toEqual([401, 401, 401, 429]);
    expect((await knock(STRANGER, '/log/tile/x')).statusCode).toBe(429);
    expect(await statuses(9, () => knock(STRANGER, '/healthz'))).toEqual(
      Array.from({ length: 9 }, () => 200),
    );
  });

  it('with one token are limited wherever they come from, and not the operator’s', async () => {
    const { knock, tokens } = await doorway(home.db, { tokenRate: small, addressRate: small });
    const { token } = await tokens.create({ scopes: ['read'], label: 'busy' });
    let from = 0;
    const ask = (bearer: string) => () =>
      knock(`203.0.113.${from++}`, '/v1/operands', { headers: { authorization: `Bearer ${bearer}` } });
    expect(await statuses(5, ask(token))).toEqual([200, 200, 200, 429, 429]);
    const another = await tokens.create({ scopes: ['read'], label: 'quiet' });
    expect(await statuses(1, ask(another.token))).toEqual([200]);
    const operator = () => knock(HOME, '/v1/operands', { headers: { authorization: `Bearer ${OPERATOR}` } });
    expect(await statuses(20, operator)).toEqual(Array.from({ length: 20 }, () => 200));
  });

  it('are counted for the client of a named proxy, and for nobody that a client makes up', async () => {
    const ask = async (options: object, claim: (i: number) => string): Promise<number[]> => {
      const { knock } = await doorway(home.db, { addressRate: small, ...options });
      let i = 0;
      return statuses(5, () => knock(HOME, '/v1/credit', { headers: { 'x-forwarded-for': claim(i++) } }));
    };
    const many = [200, 200, 200, 200, 200];
    const few = [200, 200, 200, 429, 429];
    expect(await ask({ trustProxy: [HOME] }, (i) => `198.51.100.${i}`)).toEqual(many);
    expect(await ask({ trustProxy: [HOME] }, (i) => `10.0.0.${i}, ${STRANGER}`)).toEqual(few);
    expect(await ask({}, (i) => `198.51.100.${i}`)).toEqual(few);
    expect(await ask({ trustProxy: ['10.0.0.1'] }, (i) => `198.51.100.${i}`)).toEqual(few);
  });
});

describe('the headers of every answer', () => {
  const paths = [
    '/healthz',
    '/metrics',
    '/v1/credit',
    '/v1/jobs',
    '/nowhere',
    '/%C3',
    '/a%00b',
    '/log/tile/x',
  ];

  it.each(paths)('say what a browser may do with it: %s', async (path) => {
    const { knock } = await doorway(home.db);
    const { headers } = await knock(HOME, path);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    });
    expect(headers['strict-transport-security']).toBeUndefined();
  });

  it('ask for TLS only where a named proxy says that there is TLS', async () => {
    const headers = { 'x-forwarded-for': STRANGER, 'x-forwarded-proto': 'https' };
    const told = async (options: object): Promise<unknown> =>
      (await (await doorway(home.db, options)).knock(HOME, '/healthz', { headers })).headers[
        'strict-transport-security'
      ];
    expect(await told({ trustProxy: [HOME] })).toBe('max-age=31536000');
    expect(await told({})).toBeUndefined();
    expect(await told({ trustProxy: ['10.0.0.1'] })).toBeUndefined();
  });
});
