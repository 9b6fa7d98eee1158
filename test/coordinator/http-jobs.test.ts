import { describe, expect, it } from 'vitest';
import type { JobView, OperandView } from '../../src/core/v1.ts';
import { coordinatorForFile, file, json, npyOf, problem, request } from './http-client.ts';

const home = coordinatorForFile();
const NOBODY = '0'.repeat(64);

async function operand(rows: number, k: number, fill = 1): Promise<OperandView> {
  const body = npyOf('i8', rows, k, new Int8Array(rows * k).fill(fill));
  return (await (await request(home(), '/v1/operands', file(body))).json()) as OperandView;
}

async function floats(rows: number, k: number, value: number): Promise<OperandView> {
  const body = npyOf('f32', rows, k, new Float32Array(rows * k).fill(value));
  return (await (await request(home(), '/v1/operands', file(body))).json()) as OperandView;
}

async function job(fields: object = {}): Promise<JobView> {
  const { id } = await operand(3, 4);
  const response = await request(home(), '/v1/jobs', json({ a: id, b: id, ...fields }));
  expect(response.status).toBe(201);
  return (await response.json()) as JobView;
}

describe('a request without the token', () => {
  it.each([
    ['none', {}],
    ['an empty one', { authorization: '' }],
    ['another scheme', { authorization: 'Basic dG9rZW46' }],
    ['a wrong one', { authorization: 'Bearer wrong' }],
    ['a wrong one of the right length', { authorization: `Bearer ${'0'.repeat(64)}` }],
    ['one that is cut', { authorization: 'Bearer ' }],
  ])('is refused on every guarded path: %s', async (_name, headers) => {
    const paths: [string, string][] = [
      ['POST', '/v1/operands'],
      ['GET', '/v1/operands'],
      ['GET', `/v1/operands/${NOBODY}`],
      ['POST', '/v1/jobs'],
      ['GET', '/v1/jobs'],
      ['GET', '/v1/jobs/x'],
      ['DELETE', '/v1/jobs/x'],
      ['GET', '/v1/jobs/x/events'],
      ['GET', '/v1/jobs/x/result'],
    ];
    const details = new Set<string>();
    for (const [method, path] of paths) {
      const response = await fetch(`${home().url}${path}`, { method, headers });
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      details.add(await response.text());
    }
    expect(details.size).toBe(1); // it tells nothing about what is there
  });

  it('tells the same about any wrong token', async () => {
    const detail = async (token: string): Promise<string> =>
      (await problem(home(), '/v1/jobs', { headers: { authorization: `Bearer ${token}` } })).detail;
    const { token } = home();
    const almost = token.slice(0, -1) + (token.endsWith('0') ? '1' : '0');
    expect(new Set([await detail(almost), await detail('x'), await detail(`${token}0`)]).size).toBe(1);
    expect(await detail(almost)).not.toContain(token);
  });

  it.each(['/v1/network', '/v1/contributors', '/v1/receipts?contributor=x', '/healthz'])(
    'may still read %s',
    async (path) => {
      expect((await fetch(`${home().url}${path}`)).status).toBe(200);
    },
  );
});

describe('POST /v1/jobs', () => {
  it('makes a running job and says what it is', async () => {
    const [a, b] = [await operand(3, 4), await operand(5, 4)];
    const body = { a: a.id, b: b.id, project: '  digits ', priority: 7 };
    const made = (await (await request(home(), '/v1/jobs', json(body))).json()) as JobView;
    expect(made).toMatchObject({
      state: 'running',
      project: 'digits',
      dtype: 'i8',
      rows: 3,
      cols: 5,
      k: 4,
      cellsVerified: 0,
      cellsTotal: 1,
      multiplyAddsTotal: 60,
      contributions: [],
      error: null,
    });
    expect(made.missLog2).toBeGreaterThanOrEqual(72);
    const listed = (await (await request(home(), '/v1/jobs')).json()) as JobView[];
    expect(listed.map(({ id }) => id)).toEqual([made.id, ...listed.slice(1).map(({ id }) => id)]);
    const older = await (await request(home(), `/v1/jobs?before=${made.id}&limit=1`)).json();
    expect(older).toEqual(listed.slice(1, 2));
    expect((await request(home(), '/v1/jobs?limit=1001')).status).toBe(400);
  });

  it.each<[string, RequestInit, number, string]>([
    ['no JSON', { ...json({}), body: '{"a": ' }, 400, 'bad-input'],
    ['an empty body', { ...json({}), body: '' }, 400, 'bad-input'],
    ['an array', json([]), 400, 'bad-input'],
    ['null', json(null), 400, 'bad-input'],
    ['nothing in it', json({}), 400, 'bad-input'],
    ['b missing', json({ a: NOBODY }), 400, 'bad-input'],
    ['a number for an operand', json({ a: { x: 1 }, b: NOBODY }), 400, 'bad-input'],
    ['a field too many', json({ a: NOBODY, b: NOBODY, priorty: 3 }), 400, 'bad-input'],
    ['a prototype', { ...json({}), body: '{"__proto__": {"a": "x"}, "a": "x", "b": "x"}' }, 400, 'bad-input'],
    ['half a priority', json({ a: NOBODY, b: NOBODY, priority: 0.5 }), 400, 'bad-input'],
    ['too high a priority', json({ a: NOBODY, b: NOBODY, priority: 101 }), 400, 'bad-input'],
    ['an unknown operand', json({ a: NOBODY, b: NOBODY }), 404, 'not-found'],
    ['an operand that is a path', json({ a: '../../token', b: NOBODY }), 404, 'not-found'],
    ['more than a request may hold', json({ a: 'x'.repeat(70_000), b: NOBODY }), 413, 'too-large'],
    ['a file', file(new Uint8Array(64)), 400, 'bad-input'],
  ])('refuses %s', async (_name, init, status, code) => {
    const answer = await problem(home(), '/v1/jobs', init);
    expect({ status: answer.status, code: answer.code }).toEqual({ status, code });
    expect(answer.detail.length).toBeGreaterThan(10);
  });

  it.each(['', '   ', 'two\nlines', 'a\u0007bell'])('refuses the project %j', async (project) => {
    const { id } = await operand(3, 4);
    expect(await problem(home(), '/v1/jobs', json({ a: id, b: id, project }))).toMatchObject({ status: 400 });
  });

  it('keeps a project that contributors can be told, whatever it is cut from', async () => {
    const { project } = await job({ project: `${'x'.repeat(79)}\u{1F600} and more` });
    expect(project.isWellFormed()).toBe(true);
    expect(project).toMatch(/^x{79}/);
    expect((await job({ project: 'σ\u{1F600}' })).project).toBe('σ\u{1F600}');
  });

  it('refuses operands whose inner sizes differ, and says which', async () => {
    const [a, b] = [await operand(3, 4), await operand(3, 5)];
    const answer = await problem(home(), '/v1/jobs', json({ a: a.id, b: b.id }));
    expect(answer).toMatchObject({ status: 400, code: 'shape-mismatch' });
    expect(answer.detail).toMatch(/3 × 4.*5 × 3/);
  });

  it('refuses operands of two types', async () => {
    const [a, b] = [await operand(3, 4), await floats(3, 4, 1)];
    expect(await problem(home(), '/v1/jobs', json({ a: a.id, b: b.id }))).toMatchObject({
      status: 400,
      code: 'shape-mismatch',
    });
  });

  it('refuses sums that could overflow, and takes those that cannot', async () => {
    const [a, small] = [await floats(2, 64, 1e19), await floats(2, 64, 1e17)];
    const answer = await problem(home(), '/v1/jobs', json({ a: a.id, b: a.id }));
    expect(answer).toMatchObject({ status: 400, code: 'non-finite' });
    expect(answer.detail).toContain('overflow');
    expect((await request(home(), '/v1/jobs', json({ a: a.id, b: small.id }))).status).toBe(201);
  });
});

describe('/v1/jobs/:id', () => {
  it.each(['nope', '0'.repeat(32), "x'; DROP TABLE jobs; --", '%F0%9F%98%80'])(
    'does not know %j',
    async (id) => {
      const path = `/v1/jobs/${id.startsWith('%') ? id : encodeURIComponent(id)}`;
      for (const [method, end] of [
        ['GET', ''],
        ['GET', '/events'],
        ['GET', '/result'],
        ['DELETE', ''],
      ] as const) {
        expect(await problem(home(), path + end, { method })).toMatchObject({
          status: 404,
          code: 'not-found',
        });
      }
    },
  );

  it.each(['%00', 'a%00b', '%', '%C3', 'x'.repeat(2000)])('cannot be %j', async (id) => {
    expect(await problem(home(), `/v1/jobs/${id}`)).toMatchObject({ status: 400, code: 'bad-input' });
    expect(await problem(home(), `/v1/receipts?contributor=%00${id}`)).toMatchObject({ status: 400 });
  });

  it('is cancelled once; then it is a conflict', async () => {
    const { id } = await job();
    expect((await request(home(), `/v1/jobs/${id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await (await request(home(), `/v1/jobs/${id}`)).json()) as JobView).toMatchObject({
      state: 'cancelled',
      finishedMs: expect.any(Number),
    });
    const again = await problem(home(), `/v1/jobs/${id}`, { method: 'DELETE' });
    expect(again).toMatchObject({ status: 409, code: 'conflict' });
    expect(again.detail).toContain('cancelled');
  });

  it('is cancelled by one of two at the same time', async () => {
    const { id } = await job();
    const answers = await Promise.all(
      [1, 2].map(() => request(home(), `/v1/jobs/${id}`, { method: 'DELETE' })),
    );
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([204, 409]);
  });

  it('has no result before it is done, nor when it was cancelled', async () => {
    const { id } = await job();
    const early = await problem(home(), `/v1/jobs/${id}/result`);
    expect(early).toMatchObject({ status: 409, code: 'conflict' });
    expect(early.detail).toContain('running');
    await request(home(), `/v1/jobs/${id}`, { method: 'DELETE' });
    expect((await problem(home(), `/v1/jobs/${id}/result`)).detail).toContain('cancelled');
  });

  it('ends in a slash as well', async () => {
    const { id } = await job();
    expect((await request(home(), `/v1/jobs/${id}/`)).status).toBe(200);
  });
});

describe('/v1/receipts', () => {
  it.each(['', '?contributor=x&limit=0', '?contributor=x&limit=1001', '?contributor=x&limit=many'])(
    'refuses the query %j',
    async (query) => {
      expect(await problem(home(), `/v1/receipts${query}`)).toMatchObject({ status: 400, code: 'bad-input' });
    },
  );
});
