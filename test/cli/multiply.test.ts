/** `multiply` from files to file, against a small real server that plays the coordinator. */
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { multiply } from '../../src/cli/multiply.ts';
import { AppError } from '../../src/core/errors.ts';
import type { JobView } from '../../src/core/v1.ts';
import {
  type TestServer,
  bodyOf,
  jobEvent,
  jobView,
  sendJson,
  sendProblem,
  serve,
} from '../client/server.ts';
import { testContext } from './memory-terminal.ts';
import { writeNpy } from './npy-files.ts';

const done = jobView({
  state: 'done',
  rows: 3,
  cols: 3,
  k: 4,
  finishedMs: 2_000,
  cellsVerified: 2,
  shards: 1,
  multiplyAddsVerified: 36,
  multiplyAddsTotal: 36,
  bytesDown: 1_048_576,
  bytesUp: 2_048,
  bound: { seconds: 1.8, bytes: 1_000_000, elapsedSeconds: 2 },
  contributions: [{ contributor: 'x', shards: 1, multiplyAdds: 36, microcredits: '1' }],
});

interface Coordinator extends TestServer {
  readonly uploads: { query: URLSearchParams; body: Buffer }[];
}

/** `events` are sent one after the other; a job whose last one is not final stays as it is. */
async function coordinator(events: readonly JobView[], contributorsNow = 1): Promise<Coordinator> {
  const uploads: Coordinator['uploads'] = [];
  const server = await serve(async (request, response) => {
    const url = new URL(request.url!, 'http://x');
    const route = `${request.method} ${url.pathname.replace(done.id, ':id')}`;
    if (url.pathname !== '/v1/network' && request.headers.authorization !== 'Bearer right') {
      sendProblem(response, 401, 'unauthorized', 'this token is not the right one');
    } else if (route === 'POST /v1/operands') {
      uploads.push({ query: url.searchParams, body: await bodyOf(request) });
      sendJson(response, { id: `operand ${uploads.length}` }, 201);
    } else if (route === 'POST /v1/jobs') {
      sendJson(response, events[0], 201);
    } else if (route === 'GET /v1/jobs/:id/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const event of events) response.write(jobEvent(event));
      if (events.at(-1)!.state !== 'running') response.end();
    } else if (route === 'GET /v1/jobs/:id/result') {
      response.end('the product');
    } else if (route === 'DELETE /v1/jobs/:id') {
      response.writeHead(204).end();
    } else {
      sendJson(response, url.pathname === '/v1/network' ? { contributorsNow } : []);
    }
  });
  return { ...server, uploads };
}

describe('multiply', () => {
  let folder: string;
  const at = (name: string): string => join(folder, name);
  const options = (url: string) => ({
    a: at('A.npy'),
    b: at('B.npy'),
    output: at('C.npy'),
    transposedB: false,
    url,
    token: 'right',
  });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tilework-multiply-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await writeNpy(at('A.npy'), '|i1', [3, 4]);
    await writeNpy(at('B.npy'), '|i1', [4, 3]);
  });

  it('uploads, waits, writes the product and says what happened', async () => {
    const server = await coordinator([jobView(), jobView({ cellsVerified: 1, shards: 1 }), done]);
    const context = testContext();
    await multiply(options(server.url), context);
    expect(await readFile(at('C.npy'), 'utf8')).toBe('the product');
    expect(server.uploads.map(({ query }) => query.toString())).toEqual([
      'side=rows&name=A.npy',
      'side=transpose&name=B.npy',
    ]);
    expect(server.uploads[0]!.body.equals(await readFile(at('A.npy')))).toBe(true);
    const summary = context.terminal.outLines.join('\n');
    for (const part of [
      '3 × 3, int32, exact',
      '1, every one verified',
      '1.00 MiB to contributors, 2.00 KiB back',
      '90 % of what their links and GPUs allow, 1.05 × the least bytes',
      '36 multiply-adds',
      '2^-72',
    ]) {
      expect(summary).toContain(part);
    }
    const { bars } = context.terminal;
    expect(bars.filter((line) => line.endsWith(' end'))).toEqual([
      'upload A end',
      'upload B end',
      'multiply end',
      'download end',
    ]);
    expect(bars.some((line) => line.startsWith('multiply 50 '))).toBe(true);
  });

  it('uploads one matrix once when it is both sides', async () => {
    const server = await coordinator([done]);
    const both = { ...options(server.url), b: join(folder, '.', 'A.npy'), transposedB: true };
    await multiply(both, testContext());
    expect(server.uploads).toHaveLength(1);
  });

  it('converts what needs it and nothing else', async () => {
    await writeNpy(at('A.npy'), '<f4', [3, 4]);
    await writeNpy(at('B.npy'), '<f8', [4, 3]);
    const server = await coordinator([done]);
    await multiply({ ...options(server.url), as: 'f32' }, testContext());
    expect(server.uploads.map(({ query }) => query.get('as'))).toEqual([null, 'f32']);
  });

  it('uploads nothing with a wrong token, a wrong shape, or nowhere to write', async () => {
    const server = await coordinator([done]);
    const good = options(server.url);
    await expect(multiply({ ...good, token: 'wrong' }, testContext())).rejects.toMatchObject({
      code: 'unauthorized',
    });
    await expect(multiply({ ...good, transposedB: true }, testContext())).rejects.toMatchObject({
      code: 'shape-mismatch',
    });
    await expect(multiply({ ...good, output: at('no/C.npy') }, testContext())).rejects.toThrow(
      'there is no folder',
    );
    expect(server.uploads).toEqual([]);
  });

  it('cancels the job at Ctrl-C and says so', async () => {
    const server = await coordinator([jobView()], 0);
    const abort = new AbortController();
    const context = testContext({ signal: abort.signal });
    const running = multiply(options(server.url), context);
    const asked = (): boolean =>
      context.terminal.bars.some((line) => line.includes('waiting for contributors'));
    while (!asked()) await new Promise((resolve) => setImmediate(resolve));
    expect(context.terminal.bars.at(-1)).toBe(
      `multiply 0 waiting for contributors: open ${server.url} in a browser`,
    );
    abort.abort(new AppError('aborted', 'stopped'));
    await expect(running).rejects.toMatchObject({ code: 'aborted', message: 'stopped' });
    expect(server.seen.at(-1)).toBe(`DELETE /v1/jobs/${done.id}`);
    expect(context.terminal.noteLines.at(-1)).toBe(`cancelled the job ${done.id}`);
    expect((await readdir(folder)).toSorted()).toEqual(['A.npy', 'B.npy']);
  });

  it('stops in the middle of an upload without a job', async () => {
    await writeFile(at('A.npy'), await writeNpy(at('A.npy'), '|i1', [30_000, 1_000]));
    await writeNpy(at('B.npy'), '|i1', [1_000, 3]);
    const server = await coordinator([done]);
    const abort = new AbortController();
    const context = testContext({ signal: abort.signal });
    const terminal = {
      ...context.terminal,
      bar: () => ({ update: () => abort.abort(new AppError('aborted', 'stopped')), end: () => {} }),
    };
    await expect(multiply(options(server.url), { ...context, terminal })).rejects.toMatchObject({
      code: 'aborted',
    });
    expect(server.seen.some((line) => line.startsWith('POST /v1/jobs'))).toBe(false);
  });

  it('says how to fetch a product whose download fails', async () => {
    const server = await coordinator([jobView(), done]);
    const context = testContext();
    const terminal = {
      ...context.terminal,
      bar: (label: string) => ({
        update: () => {
          if (label === 'download') throw new AppError('bad-input', 'the disk is full');
        },
        end: () => {},
      }),
    };
    await expect(multiply(options(server.url), { ...context, terminal })).rejects.toThrow('the disk is full');
    expect(context.terminal.noteLines.at(-1)).toBe(
      `the product is kept: npm run tilework -- result ${done.id} -o ${at('C.npy')}`,
    );
  });

  it.each<[string, Partial<JobView>, string]>([
    ['somebody cancels it', { state: 'cancelled' }, 'was cancelled by somebody else'],
    ['it fails', { state: 'failed', error: 'the disk is full' }, 'the job failed: the disk is full'],
  ])('writes nothing when %s', async (_when, change, message) => {
    const server = await coordinator([jobView(), jobView(change)]);
    await expect(multiply(options(server.url), testContext())).rejects.toThrow(message);
    expect((await readdir(folder)).toSorted()).toEqual(['A.npy', 'B.npy']);
  });
});
