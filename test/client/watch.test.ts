/** Watching a job: server-sent events over a real connection that drops, stalls and comes back. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { TileworkClient } from '../../src/client/client.ts';
import type { JobView } from '../../src/core/v1.ts';
import { HastyClock, JOB, deadUrl, jobEvent, jobView, sendProblem, serve } from './server.ts';

function stream(response: ServerResponse): ServerResponse {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
  return response;
}

const step = (cellsVerified: number): JobView => jobView({ cellsVerified });
const done = jobView({ state: 'done', cellsVerified: 2, finishedMs: 2_000 });

async function watched(client: TileworkClient, signal?: AbortSignal): Promise<string[]> {
  const seen: string[] = [];
  for await (const view of client.watch(JOB, { signal })) seen.push(`${view.state} ${view.cellsVerified}`);
  return seen;
}

describe('watching a job', () => {
  it('yields every event, comments and other events left out, and ends with the final one', async () => {
    const { url, seen } = await serve((_request, response) => {
      stream(response).write(': hello\n\n');
      response.write(`event: gossip\ndata: {}\n\n${jobEvent(step(0))}`);
      response.write(jobEvent(step(1)) + jobEvent(done) + jobEvent(step(0)));
    });
    const client = new TileworkClient({ url, token: 't', clock: new HastyClock() });
    expect(await watched(client)).toEqual(['running 0', 'running 1', 'done 2']);
    expect(seen).toEqual([`GET /v1/jobs/${JOB}/events`]);
  });

  it('reads events that arrive byte by byte, letters of two bytes cut in the middle', async () => {
    const bytes = Buffer.from(jobEvent(jobView({ ...done, project: 'Größe → 1' })));
    const { url } = await serve(async (_request, response) => {
      stream(response);
      for (const byte of bytes) {
        response.write(Uint8Array.of(byte));
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    const client = new TileworkClient({ url, clock: new HastyClock() });
    const views: JobView[] = [];
    for await (const view of client.watch(JOB)) views.push(view);
    expect(views.map(({ project }) => project)).toEqual(['Größe → 1']);
  });

  it('tells after a drop which event it knows, and goes on behind it', async () => {
    const known: (string | undefined)[] = [];
    const { url } = await serve((request, response) => {
      known.push(request.headers['last-event-id'] as string | undefined);
      const text =
        known.length === 1
          ? `id: running-0\n${jobEvent(step(0))}id: running-1\n${jobEvent(step(1))}`
          : `id: done-2\n${jobEvent(done)}`;
      stream(response).write(text, () => {
        request.socket.destroy();
      });
    });
    const client = new TileworkClient({ url, clock: new HastyClock() });
    expect(await watched(client)).toEqual(['running 0', 'running 1', 'done 2']);
    expect(known).toEqual([undefined, 'running-1']);
  });

  it('connects again when the connection drops in the middle of an event, and again', async () => {
    const connections = [
      jobEvent(step(0)) + jobEvent(step(1)).slice(0, 20),
      jobEvent(step(1)),
      jobEvent(step(1)) + jobEvent(done),
    ];
    let count = 0;
    const { url } = await serve((request, response) => {
      const text = connections[count++]!;
      stream(response).write(text, () => {
        if (count < connections.length) request.socket.destroy();
      });
    });
    const clock = new HastyClock();
    const client = new TileworkClient({ url, clock });
    expect(await watched(client)).toEqual(['running 0', 'running 1', 'running 1', 'done 2']);
    expect(count).toBe(3);
    // An event between two drops: the pauses begin anew.
    expect(clock.pauses).toEqual([250, 250]);
  });

  it('connects again when the stream ends before the job does', async () => {
    let count = 0;
    const { url } = await serve((_request, response) => {
      count += 1;
      stream(response).end(jobEvent(count === 1 ? step(0) : done));
    });
    const client = new TileworkClient({ url, clock: new HastyClock() });
    expect(await watched(client)).toEqual(['running 0', 'done 2']);
  });

  it('waits longer and longer while the coordinator restarts', async () => {
    let count = 0;
    const { url } = await serve((request, response) => {
      count += 1;
      if (count === 1) stream(response).end(jobEvent(step(0)));
      else if (count < 7) request.socket.destroy();
      else stream(response).end(jobEvent(done));
    });
    const clock = new HastyClock();
    expect(await watched(new TileworkClient({ url, clock }))).toEqual(['running 0', 'done 2']);
    expect(clock.pauses).toEqual([250, 1_000, 2_000, 5_000, 5_000, 5_000]);
  });

  it('gives up when the coordinator stays away', async () => {
    const server = await serve((_request, response) => {
      stream(response).end(jobEvent(step(0)));
    });
    const clock = new HastyClock();
    const views = new TileworkClient({ url: server.url, clock }).watch(JOB);
    expect((await views.next()).value).toEqual(step(0));
    await server.close();
    await expect(views.next()).rejects.toMatchObject({ code: 'unreachable' });
    expect(clock.pauses).toHaveLength(25);
  });

  it('connects again after a minute of silence', async () => {
    let count = 0;
    const clock = new HastyClock();
    const closed = Promise.withResolvers<void>();
    const { url } = await serve((request, response) => {
      count += 1;
      request.socket.once('close', closed.resolve);
      stream(response).write(jobEvent(count === 1 ? step(0) : done));
    });
    const views = new TileworkClient({ url, clock }).watch(JOB);
    expect((await views.next()).value).toEqual(step(0));
    const next = views.next();
    await new Promise((resolve) => setImmediate(resolve));
    clock.silence();
    expect((await next).value).toEqual(done);
    await closed.promise;
  });

  it('says at once when nobody is there, when there is no such job, and when the token is wrong', async () => {
    const nobody = new TileworkClient({ url: await deadUrl(), clock: new HastyClock() });
    await expect(watched(nobody)).rejects.toMatchObject({ code: 'unreachable' });
    const { url, seen } = await serve((_request, response) => {
      if (seen.length === 1) sendProblem(response, 404, 'not-found', 'there is no such job');
      else sendProblem(response, 401, 'unauthorized', 'submitting needs a token');
    });
    const client = new TileworkClient({ url, clock: new HastyClock() });
    await expect(watched(client)).rejects.toMatchObject({ code: 'not-found' });
    await expect(watched(client)).rejects.toMatchObject({ code: 'unauthorized' });
    expect(seen).toHaveLength(2);
  });

  it('does not ask again for a job that has vanished meanwhile', async () => {
    let count = 0;
    const { url } = await serve((_request, response) => {
      count += 1;
      if (count === 1) stream(response).end(jobEvent(step(0)));
      else sendProblem(response, 404, 'not-found', 'there is no such job');
    });
    await expect(watched(new TileworkClient({ url, clock: new HastyClock() }))).rejects.toMatchObject({
      code: 'not-found',
    });
    expect(count).toBe(2);
  });

  it('stops at an abort and closes the connection', async () => {
    const closed = Promise.withResolvers<void>();
    const { url } = await serve((request, response) => {
      request.socket.once('close', closed.resolve);
      stream(response).write(jobEvent(step(0)));
    });
    const abort = new AbortController();
    const views = new TileworkClient({ url, clock: new HastyClock() }).watch(JOB, { signal: abort.signal });
    await views.next();
    const next = views.next();
    abort.abort();
    await expect(next).rejects.toMatchObject({ code: 'aborted' });
    await closed.promise;
    expect(await views.next()).toEqual({ done: true, value: undefined });
  });

  it('closes the connection when the caller leaves the loop', async () => {
    const requested = Promise.withResolvers<ServerResponse>();
    const { url } = await serve((_request, response) => {
      requested.resolve(response);
      stream(response).write(jobEvent(step(0)));
    });
    for await (const view of new TileworkClient({ url, clock: new HastyClock() }).watch(JOB)) {
      expect(view.cellsVerified).toBe(0);
      break;
    }
    const response = await requested.promise;
    if (!response.closed) await once(response, 'close');
  });

  it('refuses an event that is not JSON', async () => {
    const { url } = await serve((_request, response) => {
      stream(response).write(`${jobEvent(step(0))}event: job\ndata: {\n\n`);
    });
    await expect(watched(new TileworkClient({ url, clock: new HastyClock() }))).rejects.toMatchObject({
      code: 'bad-frame',
    });
  });
});
