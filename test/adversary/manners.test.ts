import { describe, expect, it } from 'vitest';
import type { NetworkView } from '../../src/core/v1.ts';
import { CONTROL_BURST, HELLO_DEADLINE_MS } from '../../src/protocol/limits.ts';
import { api, product } from '../helpers/product.ts';
import { arena } from './arena.ts';

const home = arena();
const one = product('i8', 256, 256, 64);
const four = product('i8', 512, 512, 64);
const badPeers = async (reason: string): Promise<number> => {
  const text = await (await fetch(`${home.coordinator.url}/metrics`)).text();
  return Number(new RegExp(`tilework_bad_peers_total{reason="${reason}"} (\\d+)`).exec(text)?.[1] ?? 0);
};

describe('a contributor that breaks the protocol', () => {
  it('is hung up on when it floods, and others notice nothing', async () => {
    const job = await home.submit(four);
    const [flooder, other] = [await home.rogue(four), await home.rogue(four)];
    const before = await badPeers('too-large');
    await flooder.lease();
    const flood = async (): Promise<void> => {
      for (let i = 0; i < 3 * CONTROL_BURST; i++) await flooder.ready(0);
    };
    await Promise.all([flood().catch(() => {}), flooder.closed]);
    for (let cell = 0; cell < 4; cell++) await other.workHonestly();
    expect((await home.ended(job)).state).toBe('done');
    expect(await badPeers('too-large')).toBe(before + 1);
  });

  it('is hung up on when it never says Hello', async () => {
    const before = await badPeers('timeout');
    const silent = await home.rogue(one, { silent: true });
    const other = await home.rogue(one);
    home.clock.jump(HELLO_DEADLINE_MS + 1);
    await silent.closed;
    expect(await badPeers('timeout')).toBe(before + 1);
    await home.submit(one);
    await other.workHonestly();
  });

  it('is hung up on when it begins with anything else', async () => {
    const rude = await home.rogue(one, { silent: true });
    await rude.ready();
    await rude.closed;
    expect(rude.unread('welcome')).toBe(0);
  });

  it('is hung up on when it speaks another version', async () => {
    const future = await home.rogue(one, { silent: true });
    await future.send({
      type: 'hello',
      version: 2,
      client: 'rogue/2',
      operandBytes: 0,
      resultBytes: 0,
      rates: { i8: 0, f16: 0, f32: 0 },
      downBytesPerSecond: 0,
      upBytesPerSecond: 0,
      projects: [],
    });
    await future.closed;
  });

  it('is hung up on for a frame that is no message', async () => {
    const before = await badPeers('bad-frame');
    const noisy = await home.rogue(one);
    await noisy.link.control.send(new Uint8Array(100).fill(0xff));
    await noisy.closed;
    expect(await badPeers('bad-frame')).toBe(before + 1);
  });

  it('has changed nothing but its projects with a second Hello', async () => {
    await home.submit(one);
    const keen = await home.rogue(one);
    const hello = {
      type: 'hello',
      version: 1,
      client: 'rogue/1',
      operandBytes: 2 ** 40,
      resultBytes: 2 ** 40,
      rates: { i8: 1e300, f16: 0, f32: 0 },
      downBytesPerSecond: 0,
      upBytesPerSecond: 0,
    } as const;
    await keen.send({ ...hello, projects: ['none of these'] });
    await keen.ready();
    expect((await keen.next('notice')).code).toBe('idle');
    await keen.send({ ...hello, projects: [] });
    await keen.workHonestly();
    expect(keen.unread('welcome')).toBe(0);
  });
});

describe('a lease that is not wanted', () => {
  it('goes to another when it is declined', async () => {
    const job = await home.submit(one);
    const [shy, other] = [await home.rogue(one), await home.rogue(one)];
    const { value } = await shy.lease();
    const working = other.workHonestly();
    await shy.send({ type: 'decline', lease: value.id, code: 'out-of-memory', reason: 'too large' });
    await working;
    expect((await home.ended(job)).contributions.map((each) => each.contributor)).toEqual([other.peerId]);
  });

  it('goes to another though the first asks again before it declines', async () => {
    const job = await home.submit(one);
    const [shy, other] = [await home.rogue(one), await home.rogue(one)];
    const { value } = await shy.lease();
    await shy.ready(64);
    const working = other.workHonestly();
    await shy.send({ type: 'decline', lease: value.id, code: 'out-of-memory', reason: 'too large' });
    await working;
    expect((await home.ended(job)).state).toBe('done');
  });

  it('does not end its job when it is declined for blocks that are all there', async () => {
    const job = await home.submit(one);
    const [liar, other] = [await home.rogue(one), await home.rogue(one)];
    const { value } = await liar.lease();
    const working = other.workHonestly();
    await liar.send({ type: 'decline', lease: value.id, code: 'not-found', reason: 'no such block' });
    await working;
    expect(await home.ended(job)).toMatchObject({ state: 'done', error: null });
  });

  it('cannot be declined by somebody else', async () => {
    await home.submit(one);
    const [holder, meddler] = [await home.rogue(one), await home.rogue(one)];
    const lease = await holder.lease();
    await meddler.send({ type: 'decline', lease: lease.value.id, code: 'gpu-lost', reason: '' });
    await meddler.send({ type: 'decline', lease: '0'.repeat(32), code: 'gpu-lost', reason: '' });
    await holder.commit(lease, await holder.answer(lease));
    expect((await holder.receipt()).lease).toBe(lease.value.id);
  });
});

describe('a contributor that leaves', () => {
  it('gives its leases to others at once with Goodbye', async () => {
    const job = await home.submit(one);
    const [leaver, other] = [await home.rogue(one), await home.rogue(one)];
    await leaver.lease();
    const working = other.workHonestly();
    await leaver.send({ type: 'goodbye', finish: false, reason: 'stopped' });
    await leaver.closed;
    await working;
    expect((await home.ended(job)).state).toBe('done');
  });

  it('is heard no more after Goodbye, whatever it sends behind it', async () => {
    const job = await home.submit(four);
    const leaver = await home.rogue(four);
    const lease = await leaver.lease();
    const result = await leaver.answer(lease);
    const last = [
      leaver.send({ type: 'goodbye', finish: false, reason: 'stopped' }),
      leaver.ready(8),
      leaver.commit(lease, result),
      leaver.ready(8),
    ];
    await Promise.allSettled(last);
    await leaver.closed;
    const other = await home.rogue(four);
    for (let cell = 0; cell < 4; cell++) await other.workHonestly();
    expect((await home.ended(job)).contributions).toHaveLength(1);
  });

  it('may finish first: its result is receipted, and it gets nothing new, though it says Ready', async () => {
    await home.submit(four);
    const [leaver, other] = [await home.rogue(four), await home.rogue(four)];
    const lease = await leaver.lease();
    await leaver.ready(3);
    await leaver.send({ type: 'goodbye', finish: true, reason: 'the tab closes' });
    await leaver.ready(3);
    await leaver.commit(lease, await leaver.answer(lease));
    await leaver.receipt();
    for (let cell = 1; cell < 4; cell++) await other.workHonestly();
    expect(leaver.unread('lease')).toBe(0);
  });

  it('with its connection only gives its leases to others too', async () => {
    const job = await home.submit(four);
    const [leaver, other] = [await home.rogue(four), await home.rogue(four)];
    await leaver.lease();
    await leaver.leave();
    for (let cell = 0; cell < 4; cell++) await other.workHonestly();
    expect((await home.ended(job)).state).toBe('done');
  });
});

describe('one key in two places', () => {
  it('works in the newer one; the older is told and hung up on', async () => {
    const job = await home.submit(one);
    const older = await home.rogue(one);
    await older.lease();
    const newer = await home.again(older);
    expect(await older.next('notice')).toMatchObject({ code: 'replaced' });
    await older.closed;
    await newer.workHonestly();
    expect((await home.ended(job)).state).toBe('done');
    const network = await api<NetworkView>(home.coordinator, '/v1/network');
    expect(network.contributorsNow).toBe(1);
  });

  it('is not thrown out by what the older one says last', async () => {
    await home.submit(four);
    const older = await home.rogue(four);
    const joining = home.again(older);
    await older.next('notice');
    await Promise.allSettled([older.send({ type: 'goodbye', finish: false, reason: '' }), older.ready(4)]);
    const newer = await joining;
    await older.closed;
    for (let cell = 0; cell < 4; cell++) await newer.workHonestly();
  });
});

describe('a job that is cancelled', () => {
  it('takes its leases back, and a result for them is stale', async () => {
    const job = await home.submit(one);
    const late = await home.rogue(one);
    const lease = await late.lease();
    await api(home.coordinator, `/v1/jobs/${job.id}`, { method: 'DELETE' });
    expect(await late.next('cancel')).toMatchObject({ lease: lease.value.id });
    await late.commit(lease, await late.answer(lease));
    expect(await late.next('notice')).toMatchObject({ code: 'stale', lease: lease.value.id });
    expect(await home.credit(late.peerId)).toBe(0);
    expect(await home.ended(job)).toMatchObject({ state: 'cancelled', cellsVerified: 0 });
    await home.submit(four);
    await late.workHonestly(); // free for other jobs
  });
});
