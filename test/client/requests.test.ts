/** Single requests: what is asked, what comes back, and what every failure is called. */
import { describe, expect, it } from 'vitest';
import { TileworkClient } from '../../src/client/client.ts';
import { isAppError } from '../../src/core/errors.ts';
import { JOB, bodyOf, deadUrl, jobView, sendJson, sendProblem, serve } from './server.ts';

/** Code and sentence of what was thrown. */
async function failure(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => 'nothing was thrown',
    (thrown: unknown) => thrown,
  );
  return isAppError(error) ? `${error.code}: ${error.message}` : String(error);
}

describe('a request', () => {
  it('sends the token where it is needed, and nowhere else', async () => {
    const tokens: Record<string, string | undefined> = {};
    const { url } = await serve((request, response) => {
      tokens[request.url!.split('?')[0]!] = request.headers.authorization;
      sendJson(response, []);
    });
    const client = new TileworkClient({ url, token: 's3cret' });
    await client.jobs();
    await client.operands();
    await client.receipts({ contributor: '12D3' });
    await client.network();
    await client.contributors();
    await client.coordinatorAddresses();
    expect(tokens).toEqual({
      '/v1/jobs': 'Bearer s3cret',
      '/v1/operands': 'Bearer s3cret',
      '/v1/receipts': undefined,
      '/v1/network': undefined,
      '/v1/contributors': undefined,
      '/coordinator.json': undefined,
    });
  });

  it('creates a job with the JSON that was given', async () => {
    let asked: unknown;
    const { url } = await serve(async (request, response) => {
      asked = JSON.parse((await bodyOf(request)).toString());
      sendJson(response, jobView(), 201);
    });
    const client = new TileworkClient({ url, token: 't' });
    expect(await client.createJob({ a: 'x', b: 'y', project: 'p' })).toEqual(jobView());
    expect(asked).toEqual({ a: 'x', b: 'y', project: 'p' });
  });

  it('asks for a seeded operand with a seed of 64 bits', async () => {
    const asked: string[] = [];
    const { url, seen } = await serve(async (request, response) => {
      asked.push((await bodyOf(request)).toString());
      sendJson(response, { id: 'made' }, 201);
    });
    const client = new TileworkClient({ url, token: 't' });
    const shape = { dtype: 'f32', rows: 2, cols: 3 } as const;
    const made = await client.seeded({ ...shape, seed: 2n ** 64n - 1n, distribution: 'normal' });
    expect(made).toEqual({ id: 'made' });
    await client.seeded({ ...shape, seed: 7, name: 'noise' });
    expect(asked.map((body) => JSON.parse(body) as unknown)).toEqual([
      { ...shape, seed: '18446744073709551615', distribution: 'normal' },
      { ...shape, seed: '7', name: 'noise' },
    ]);
    expect(seen).toEqual(['POST /v1/operands', 'POST /v1/operands']);
  });

  it('asks for pages of receipts by the last one of the page before', async () => {
    const { url, seen } = await serve((_request, response) => {
      sendJson(response, []);
    });
    const client = new TileworkClient({ url });
    await client.receipts({ contributor: '12D3', limit: 5 });
    await client.receipts({ contributor: '12D3', before: { verifiedMs: 7, shard: 'ab' } });
    expect(seen).toEqual([
      'GET /v1/receipts?contributor=12D3&limit=5',
      'GET /v1/receipts?contributor=12D3&beforeMs=7&beforeShard=ab',
    ]);
  });

  it('reaches a coordinator below a path, however its address is written', async () => {
    const { url, seen } = await serve((_request, response) => {
      sendJson(response, []);
    });
    for (const address of [`${url}/grid`, `${url}/grid/`, `${url}/grid/?x=1#y`]) {
      const client = new TileworkClient({ url: address });
      await client.jobs();
      expect(client.url).toBe(`${url}/grid`);
    }
    expect(seen).toEqual(Array.from({ length: 3 }, () => 'GET /grid/v1/jobs'));
  });

  it('cannot be led to another path by an id', async () => {
    const { url, seen } = await serve((_request, response) => {
      sendJson(response, {});
    });
    await new TileworkClient({ url }).operand('../jobs?x');
    expect(seen).toEqual(['GET /v1/operands/..%2Fjobs%3Fx']);
  });

  it('cancels a job', async () => {
    const { url, seen } = await serve((_request, response) => {
      response.writeHead(204).end();
    });
    await new TileworkClient({ url, token: 't' }).cancelJob(JOB);
    expect(seen).toEqual([`DELETE /v1/jobs/${JOB}`]);
  });
});

describe('a failure', () => {
  it('keeps the code and the sentence of the coordinator', async () => {
    const { url } = await serve((_request, response) => {
      sendProblem(response, 400, 'k-too-large', 'K = 200000 is too large for i8.');
    });
    expect(await failure(new TileworkClient({ url }).createJob({ a: 'x', b: 'y' }))).toBe(
      'k-too-large: K = 200000 is too large for i8.',
    );
  });

  it.each([
    [401, 'unauthorized'],
    [404, 'not-found'],
    [409, 'conflict'],
    [413, 'too-large'],
    [503, 'unreachable'],
    [418, 'internal'],
  ])('with status %i and a code that nobody knows is %s', async (status, code) => {
    const { url } = await serve((_request, response) => {
      sendProblem(response, status, 'toString', 'No.');
    });
    expect(await failure(new TileworkClient({ url }).jobs())).toBe(`${code}: No.`);
  });

  it('of something that is no coordinator says so', async () => {
    const { url } = await serve((request, response) => {
      response.writeHead(request.url === '/v1/jobs' ? 502 : 200).end('<html>hello</html>');
    });
    const client = new TileworkClient({ url });
    expect(await failure(client.jobs())).toBe(
      `unreachable: ${url} answered 502; is it a Tilework coordinator?`,
    );
    expect(await failure(client.network())).toBe(
      `bad-frame: ${url} does not answer like a Tilework coordinator`,
    );
  });

  it('to find anybody says how to start a coordinator', async () => {
    const url = await deadUrl();
    expect(await failure(new TileworkClient({ url }).jobs())).toBe(
      `unreachable: no coordinator at ${url}: start one with npm start`,
    );
  });

  it('of a connection that breaks is not called unreachable', async () => {
    const { url } = await serve((request, response) => {
      if (request.url === '/v1/jobs') request.socket.destroy();
      else response.writeHead(200, { 'content-length': 100 }).write('{', () => request.socket.destroy());
    });
    const client = new TileworkClient({ url });
    expect(await failure(client.jobs())).toMatch(/^closed: the connection to .* broke off/);
    expect(await failure(client.network())).toMatch(/^closed: the connection to .* broke off/);
  });

  it('because of an abort is called aborted, before, during and instead of the answer', async () => {
    const arrived = Promise.withResolvers<void>();
    const { url, seen } = await serve(() => {
      arrived.resolve();
    });
    const client = new TileworkClient({ url });
    const during = new AbortController();
    const waiting = failure(client.jobs({ signal: during.signal }));
    await arrived.promise;
    during.abort();
    expect(await waiting).toMatch(/^aborted: /);
    expect(await failure(client.jobs({ signal: AbortSignal.abort() }))).toMatch(/^aborted: /);
    expect(seen).toHaveLength(1);
  });

  it.each(['localhost:8080', 'ftp://example.org', 'nothing'])('is told for the address %s at once', (url) => {
    expect(() => new TileworkClient({ url })).toThrow(/address/);
  });
});
