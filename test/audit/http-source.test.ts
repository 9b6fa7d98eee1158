import { type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { httpSource } from '../../src/audit/http-source.ts';
import type { Source } from '../../src/audit/source.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';

let server: Server | undefined;
const waits: number[] = [];
/** Notes how long it should have waited, and does not. */
const hurried: Clock = {
  now: () => systemClock.now(),
  after: (ms, fire) => {
    waits.push(ms);
    return systemClock.after(0, fire);
  },
};

afterEach(() => {
  waits.length = 0;
  server?.closeAllConnections();
  server?.close();
});

/** A source over a server that gives these answers, and the last one again and again. */
async function answering(
  ...answers: ((response: ServerResponse) => void)[]
): Promise<Source & { url: string }> {
  let next = 0;
  server = createServer((_request, response) => {
    answers[Math.min(next++, answers.length - 1)]!(response);
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, ...httpSource({ url, clock: hurried }) };
}

const status =
  (code: number, headers: Record<string, string> = {}) =>
  (response: ServerResponse): void => {
    response.writeHead(code, headers).end();
  };
const bytes =
  (...values: number[]) =>
  (response: ServerResponse): void => {
    response.end(Uint8Array.from(values));
  };

describe('a coordinator as a source', () => {
  it('gives the bytes of a path, or nothing', async () => {
    const source = await answering(bytes(1, 2, 3), status(404));
    expect(await source.read('log/checkpoint', 3)).toEqual(Uint8Array.of(1, 2, 3));
    expect(await source.read('log/tile/0/000', 3)).toBeUndefined();
  });

  it('is asked again when it is busy, as late as it says', async () => {
    const source = await answering(status(429, { 'retry-after': '2' }), status(503), bytes(7));
    expect(await source.read('x', 10)).toEqual(Uint8Array.of(7));
    expect(waits).toEqual([2000, 500]);
  });

  it('is not waited for without end', async () => {
    const source = await answering(status(429, { 'retry-after': '86400' }));
    await expect(source.read('x', 10)).rejects.toMatchObject({ code: 'unreachable' });
    expect(waits).toEqual([10_000, 10_000, 10_000, 10_000, 10_000]);
  });

  it('cannot send more than was asked for, even without end', async () => {
    const endless = (response: ServerResponse): void => {
      const more = (): void => {
        while (response.write(new Uint8Array(65_536)));
      };
      response.on('drain', more);
      more();
    };
    const source = await answering(endless);
    await expect(source.read('x', 1_000_000)).rejects.toMatchObject({ code: 'too-large' });
  });

  it('cannot lead elsewhere, nor answer with anything else', async () => {
    const source = await answering(status(500));
    await expect(source.read('x', 10)).rejects.toMatchObject({ code: 'unreachable' });
    const other = await answering(status(302, { location: 'http://127.0.0.1:9/' }));
    await expect(other.read('x', 10)).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('is left when the audit is stopped', async () => {
    const stop = new AbortController();
    const { url } = await answering(() => stop.abort());
    const source = httpSource({ url, clock: hurried, signal: stop.signal });
    await expect(source.read('x', 10)).rejects.toMatchObject({ code: 'aborted' });
  });

  it.each(['ftp://host', 'host:8080', ''])('is not "%s"', (url) => {
    expect(() => httpSource({ url, clock: hurried })).toThrow(expect.objectContaining({ code: 'bad-input' }));
  });

  it('may live below a path', async () => {
    const asked: (string | undefined)[] = [];
    const { url } = await answering(status(404));
    server!.prependListener('request', (request) => asked.push(request.url));
    await httpSource({ url: `${url}/net?x=1#y`, clock: hurried }).read('log/checkpoint', 1);
    expect(asked).toEqual(['/net/log/checkpoint']);
  });
});
