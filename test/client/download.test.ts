/** Products that arrive in spite of their connections, each byte once; and what is tried again at all. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/core/bytes.ts';
import { AppError } from '../../src/core/errors.ts';
import { TileworkClient } from '../../src/client/client.ts';
import { type DownloadOptions, downloadResult } from '../../src/client/download.ts';
import { retrying } from '../../src/client/retry.ts';
import { HastyClock, JOB, deadUrl, sendProblem, serve } from './server.ts';

const FILE = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 31) % 251);

/** Answers ranges; breaks off after `breaks` bytes, as long as there are any. */
function flaky(breaks: number[], etag: () => string = () => '"v1"') {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const known = from === 0 || request.headers['if-range'] === etag();
    const start = known ? from : 0;
    const body = FILE.subarray(start);
    response.writeHead(start > 0 ? 206 : 200, { etag: etag(), 'content-length': body.length });
    const most = breaks.shift();
    if (most === undefined) response.end(body);
    else response.write(body.subarray(0, most), () => request.socket.destroy());
  };
}

async function fetched(client: TileworkClient, options: DownloadOptions = {}): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of downloadResult(client, JOB, options)) pieces.push(piece);
  return concatBytes(pieces);
}

describe('a download', () => {
  it('goes on where the connection broke, again and again, and tells how far it is', async () => {
    const { url, seen } = await serve(flaky([40_000, 1, 0, 30_000]));
    const clock = new HastyClock();
    const progress: number[] = [];
    const bytes = await fetched(new TileworkClient({ url, clock }), {
      rows: [3, 9],
      cols: [5],
      onProgress: (at, size) => {
        expect(size).toBe(FILE.length);
        progress.push(at);
      },
    });
    expect(Buffer.from(bytes).equals(FILE)).toBe(true);
    expect(progress).toEqual(progress.toSorted((x, y) => x - y));
    expect(progress.at(-1)).toBe(FILE.length);
    expect(seen.length).toBeGreaterThanOrEqual(4);
    expect(new Set(seen)).toEqual(new Set([`GET /v1/jobs/${JOB}/result?rows=3%3A9&cols=5%3A`]));
    expect(clock.pauses.length).toBe(seen.length - 1);
  });

  it('does not mix two files', async () => {
    let version = 1;
    const { url } = await serve((request, response) => {
      flaky(version === 1 ? [40_000] : [], () => `"v${version}"`)(request, response);
      version += 1;
    });
    await expect(fetched(new TileworkClient({ url, clock: new HastyClock() }))).rejects.toMatchObject({
      code: 'conflict',
    });
  });

  it('gives up after some failures in a row, and at once where waiting does not help', async () => {
    const clock = new HastyClock();
    const { url, seen } = await serve(flaky(Array.from({ length: 100 }, () => 0)));
    await expect(fetched(new TileworkClient({ url, clock }))).rejects.toMatchObject({ code: 'closed' });
    expect(seen.length).toBe(10);
    const refused = await serve((_request, response) => {
      sendProblem(response, 409, 'conflict', 'this job is running');
    });
    await expect(fetched(new TileworkClient({ url: refused.url, clock }))).rejects.toThrow('is running');
    expect(refused.seen).toHaveLength(1);
  });

  it('ends with its signal, also while it waits', async () => {
    const abort = new AbortController();
    const clock = { now: () => 0, after: () => () => abort.abort() };
    const client = new TileworkClient({ url: await deadUrl(), clock });
    setImmediate(() => {
      abort.abort();
    });
    await expect(fetched(client, { signal: abort.signal })).rejects.toMatchObject({ code: 'aborted' });
  });
});

describe('what is tried again', () => {
  const attempts = async (error: Error): Promise<number> => {
    let count = 0;
    const work = (): Promise<string> => {
      count += 1;
      return count > 3 ? Promise.resolve('done') : Promise.reject(error);
    };
    await retrying(work, { clock: new HastyClock() }).catch(() => {});
    return count;
  };

  it.each([
    ['unreachable', 4],
    ['closed', 4],
    ['timeout', 4],
    ['rate-limited', 4],
    ['unauthorized', 1],
    ['bad-input', 1],
    ['no-credit', 1],
    ['aborted', 1],
    ['internal', 1],
  ] as const)('is %s: %i attempts', async (code, expected) => {
    expect(await attempts(new AppError(code, 'no'))).toBe(expected);
  });

  it('is nothing that nobody foresaw', async () => {
    expect(await attempts(new TypeError('a bug'))).toBe(1);
  });

  it('waits longer each time, by chance up to half less', async () => {
    const clock = new HastyClock();
    const rng = { float: () => 0.5, bytes: (n: number) => new Uint8Array(n) };
    const failing = retrying(() => Promise.reject(new AppError('closed', 'no')), { clock, rng });
    await expect(failing).rejects.toMatchObject({ code: 'closed' });
    expect(clock.pauses).toEqual([250, 1000, 2000, 5000, ...Array(5).fill(10_000)].map((ms) => ms * 0.75));
  });
});
