import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Emitter } from '../../src/core/async.ts';
import type { JobView, OperandView } from '../../src/core/v1.ts';
import { eventually } from '../helpers/eventually.ts';
import { product, submit } from '../helpers/product.ts';
import { Rogue } from '../helpers/rogue.ts';
import { coordinatorForFile, file, json, npyOf, request } from './http-client.ts';

const home = coordinatorForFile();
/** Listeners of anything that have come and not gone. */
let listening = 0;

beforeEach(() => {
  listening = 0;
  const original = Reflect.get(Emitter.prototype, 'on') as (this: unknown, listener: unknown) => () => void;
  vi.spyOn(Emitter.prototype, 'on').mockImplementation(function (this: unknown, listener) {
    const off = original.call(this, listener);
    listening += 1;
    return () => {
      listening -= 1;
      off();
    };
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

async function job(): Promise<string> {
  const body = npyOf('i8', 2, 3, new Int8Array(6).fill(1));
  const { id } = (await (await request(home(), '/v1/operands', file(body))).json()) as OperandView;
  return ((await (await request(home(), '/v1/jobs', json({ a: id, b: id }))).json()) as JobView).id;
}

interface Watch {
  readonly headers: Headers;
  /** Of the last event that came. */
  readonly lastId: string;
  /** The next event; undefined at the end of the stream. */
  next(): Promise<JobView | undefined>;
  leave(): Promise<void>;
}

async function watch(id: string, lastEventId?: string): Promise<Watch> {
  const leaving = new AbortController();
  const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  const response = await request(home(), `/v1/jobs/${id}/events`, { headers, signal: leaving.signal });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  let lastId = '';
  return {
    headers: response.headers,
    get lastId() {
      return lastId;
    },
    async next() {
      for (;;) {
        const at = text.indexOf('\n\n');
        if (at >= 0) {
          const [eventId, name, data] = text.slice(0, at).split('\n');
          text = text.slice(at + 2);
          expect(name).toBe('event: job');
          lastId = eventId!.replace(/^id: /, '');
          return JSON.parse(data!.replace(/^data: /, '')) as JobView;
        }
        const { value, done } = await reader.read();
        if (done) return undefined;
        text += value;
      }
    },
    async leave() {
      leaving.abort();
      await reader.closed.catch(() => {});
    },
  };
}

describe('GET /v1/jobs/:id/events', () => {
  it('tells the job as it is at once, and last how it ended', async () => {
    const id = await job();
    const events = await watch(id);
    expect(events.headers.get('content-type')).toBe('text/event-stream');
    expect(events.headers.get('cache-control')).toBe('no-store');
    expect(events.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await events.next()).toMatchObject({ id, state: 'running', cellsVerified: 0 });
    await request(home(), `/v1/jobs/${id}`, { method: 'DELETE' });
    expect(await events.next()).toMatchObject({ id, state: 'cancelled' });
    expect(await events.next()).toBeUndefined();
    expect(listening).toBe(0);
  });

  it('tells one final event of a job that ended before', async () => {
    const id = await job();
    await request(home(), `/v1/jobs/${id}`, { method: 'DELETE' });
    const events = await watch(id);
    expect(await events.next()).toMatchObject({ state: 'cancelled' });
    expect(await events.next()).toBeUndefined();
  });

  it('tells every step of a job that is computed, never backwards', async () => {
    const wanted = product('i8', 256 * 3, 256, 16);
    const { id } = await submit(home(), wanted);
    const events = await watch(id);
    const verified = [(await events.next())!.cellsVerified];
    const worker = await Rogue.join(home().peerAddresses, { product: wanted, hello: { resultBytes: 0 } });
    for (let cell = 0; cell < 3; cell++) {
      await worker.workHonestly();
      verified.push((await events.next())!.cellsVerified);
    }
    expect(verified).toEqual([0, 1, 2, 3]);
    // With its last cell the job is done, in the same event or in one more.
    const last = await events.next();
    if (last) expect(last.state).toBe('done');
    await worker.leave();
  });

  it('goes on behind the last event that a client knows: nothing is missed, and nothing told twice', async () => {
    const wanted = product('i8', 256 * 2, 256, 16, 7);
    const { id } = await submit(home(), wanted);
    const first = await watch(id);
    await first.next();
    const known = first.lastId;
    await first.leave();
    // Nothing has happened: the first event is that of what happens next.
    const again = await watch(id, known);
    await eventually(() => expect(listening).toBe(1));
    const worker = await Rogue.join(home().peerAddresses, { product: wanted, hello: { resultBytes: 0 } });
    await worker.workHonestly();
    expect(await again.next()).toMatchObject({ cellsVerified: 1 });
    await again.leave();
    // What happened meanwhile comes at once; so does all of it for an id that nobody gave.
    await worker.workHonestly();
    for (const before of [known, again.lastId, 'nonsense']) {
      const late = await watch(id, before);
      let last: JobView | undefined;
      for (let view = await late.next(); view; view = await late.next()) last = view;
      expect(last).toMatchObject({ state: 'done', cellsVerified: 2 });
      expect(late.lastId).toBe('done-2');
    }
    await worker.leave();
  });

  it('tells whoever knows how a job ended to stay away', async () => {
    const id = await job();
    await request(home(), `/v1/jobs/${id}`, { method: 'DELETE' });
    const headers = { 'last-event-id': 'cancelled-0' };
    expect((await request(home(), `/v1/jobs/${id}/events`, { headers })).status).toBe(204);
  });

  it('forgets a client that goes away, and goes on for the others', async () => {
    const id = await job();
    const [gone, stays] = [await watch(id), await watch(id)];
    await Promise.all([gone.next(), stays.next()]);
    expect(listening).toBe(2);
    await gone.leave();
    await eventually(() => expect(listening).toBe(1));
    await request(home(), `/v1/jobs/${id}`, { method: 'DELETE' });
    expect(await stays.next()).toMatchObject({ state: 'cancelled' });
    expect(await stays.next()).toBeUndefined();
    expect(listening).toBe(0);
  });
});
