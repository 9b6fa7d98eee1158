import { describe, expect, it } from 'vitest';
import { sha256, toHex } from '../../src/core/bytes.ts';
import type { BlockSource } from '../../src/net/block-provider.ts';
import { product } from '../helpers/product.ts';
import { arena } from './arena.ts';

const home = arena();
const one = product('i8', 256, 256, 64);
const four = product('i8', 512, 512, 64);

/** A cell of C, as opposed to the nodes above it. */
const isCell = (bytes: Uint8Array | undefined): bytes is Uint8Array => bytes?.length === 256 * 1024;

/** Answers truly until the first cell is asked for, which `then` decides about. */
function untilCell(then: (bytes: Uint8Array) => Promise<Uint8Array | undefined>) {
  const asked = Promise.withResolvers<void>();
  const serve =
    (own: BlockSource): BlockSource =>
    async (hash) => {
      const bytes = await own(hash);
      if (!isCell(bytes)) return bytes;
      asked.resolve();
      return then(bytes);
    };
  return { asked: asked.promise, serve };
}

const forever = (): Promise<undefined> => new Promise(() => {});

describe('bytes that are not what was signed', () => {
  it('end the connection, count as a failed check, and earn nothing', async () => {
    await home.submit(four);
    const flipped = (bytes: Uint8Array): Promise<Uint8Array> => {
      const copy = bytes.slice();
      copy[77]! ^= 4;
      return Promise.resolve(copy);
    };
    const liar = await home.rogue(four, untilCell(flipped));
    const lease = await liar.lease();
    await liar.commit(lease, await liar.answer(lease));
    await liar.closed;
    const back = await home.again(liar);
    const second = await back.lease();
    await back.commit(second, await back.answer(second, { tamper: ([block]) => block!.fill(0) }));
    const notice = await back.next('notice');
    expect(notice).toMatchObject({ code: 'rejected' });
    expect(notice.retryAfterMs).toBeGreaterThan(0); // it was the second one
    expect(await home.credit(liar.peerId)).toBe(0);
  });

  it.each<[string, Uint8Array<ArrayBuffer>]>([
    ['48 bytes of noise', new Uint8Array(48).fill(7)],
    ['a single byte', new Uint8Array(1)],
    ['a whole block', new Uint8Array(256 * 1024)],
  ])('are rejected where the manifest should be: %s', async (_name, bytes) => {
    await home.submit(one);
    const manifest = toHex(await sha256(bytes));
    const serve =
      (own: BlockSource): BlockSource =>
      (hash) =>
        hash === manifest ? Promise.resolve(bytes) : own(hash);
    const liar = await home.rogue(one, { serve });
    const lease = await liar.lease();
    await liar.commit(lease, await liar.answer(lease, { statement: { manifest } }));
    expect(await liar.next('notice')).toMatchObject({ code: 'rejected', lease: lease.value.id });
  });
});

describe('a result that does not come', () => {
  it('because its blocks are missing goes to somebody else, and nobody is blamed', async () => {
    const job = await home.submit(one);
    const empty = await home.rogue(
      one,
      untilCell(() => Promise.resolve(undefined)),
    );
    const other = await home.rogue(one);
    const lease = await empty.lease();
    await empty.commit(lease, await empty.answer(lease));
    await other.workHonestly();
    expect((await home.ended(job)).contributions.map((each) => each.contributor)).toEqual([other.peerId]);
    expect(empty.unread('notice') + empty.unread('self-test')).toBe(0);
  });

  it('because the contributor stalls goes to somebody else, though the staller asks first', async () => {
    const job = await home.submit(one);
    const { asked, serve } = untilCell(forever);
    const staller = await home.rogue(one, { serve });
    const other = await home.rogue(one);
    const lease = await staller.lease();
    await staller.commit(lease, await staller.answer(lease));
    await staller.ready(8);
    const working = other.workHonestly();
    await asked;
    home.clock.jump(70_000);
    await working;
    const done = await home.ended(job);
    expect(done).toMatchObject({ state: 'done' });
    expect(done.contributions.map((each) => each.contributor)).toEqual([other.peerId]);
    expect(await home.result(job)).toEqual(one.expected);
  });

  it('because the contributor only computes, for ever, goes to somebody else at the deadline', async () => {
    const job = await home.submit(one);
    const sleeper = await home.rogue(one, { hello: { rates: { i8: 1, f16: 0, f32: 0 } } });
    const other = await home.rogue(one);
    const lease = await sleeper.lease();
    const working = other.workHonestly();
    home.clock.jump(61_000);
    await working;
    expect((await home.ended(job)).contributions.map((each) => each.contributor)).toEqual([other.peerId]);
    await sleeper.next('cancel');
    await sleeper.commit(lease, await sleeper.answer(lease));
    expect(await sleeper.next('notice')).toMatchObject({ code: 'stale', lease: lease.value.id });
    expect(await home.credit(sleeper.peerId)).toBe(0);
  });

  it('in time still counts afterwards, while nobody else has finished its shard', async () => {
    const job = await home.submit(one);
    const slow = await home.rogue(one);
    const lease = await slow.lease();
    home.clock.jump(lease.value.deadlineMs - lease.value.issuedMs + 1000);
    await slow.commit(lease, await slow.answer(lease));
    expect((await slow.receipt()).lease).toBe(lease.value.id);
    expect(await home.ended(job)).toMatchObject({ state: 'done' });
  });
});

describe('a connection that breaks while the result is on its way', () => {
  it('costs nothing: committed again over the next one, it is receipted and credited once', async () => {
    const job = await home.submit(one);
    const { asked, serve } = untilCell(forever);
    const first = await home.rogue(one, { serve });
    const lease = await first.lease();
    const result = await first.answer(lease);
    await first.commit(lease, result);
    await asked;
    await first.leave();
    const back = await home.again(first);
    await back.commit(lease, result);
    const { microcredits } = await back.receipt();
    expect(await home.ended(job)).toMatchObject({ state: 'done', shards: 1 });
    expect(await home.credit(first.peerId)).toBe(Number(microcredits));
    await back.commit(lease, result);
    await back.receipt();
    expect(await home.credit(first.peerId)).toBe(Number(microcredits));
    expect(first.unread('receipt') + back.unread('receipt')).toBe(0);
  });

  it('costs nothing either when only the contributor knows that it broke', async () => {
    await home.submit(one);
    const { asked, serve } = untilCell(forever);
    const first = await home.rogue(one, { serve });
    const lease = await first.lease();
    const result = await first.answer(lease);
    await first.commit(lease, result);
    await asked;
    const back = await home.again(first); // the first connection is still open
    await back.commit(lease, result);
    const { microcredits } = await back.receipt();
    expect(await home.credit(first.peerId)).toBe(Number(microcredits));
    await first.closed;
  });
});

describe('a result that comes twice', () => {
  it('is receipted with the same bytes each time and credited once', async () => {
    await home.submit(four);
    const eager = await home.rogue(four);
    const lease = await eager.lease();
    const result = await eager.answer(lease);
    await eager.commit(lease, result);
    await eager.commit(lease, result);
    const { envelope } = await eager.next('receipt');
    expect((await eager.next('receipt')).envelope).toEqual(envelope);
    const credit = await home.credit(eager.peerId);
    await eager.commit(lease, result);
    expect((await eager.next('receipt')).envelope).toEqual(envelope);
    expect(await home.credit(eager.peerId)).toBe(credit);
    expect(credit).toBe(Math.ceil((256 * 256 * 64) / 1e6));
  });

  it('does not widen the window faster than results that come once', async () => {
    const many = product('i8', 256 * 10, 256, 16);
    await home.submit(many);
    const eager = await home.rogue(many);
    for (let shard = 0; shard < 4; shard++) {
      const lease = await eager.lease();
      const result = await eager.answer(lease);
      await eager.commit(lease, result);
      await eager.commit(lease, result);
      await eager.next('receipt');
      await eager.next('receipt');
    }
    // Eight verified would have opened a second place.
    await eager.ready(2);
    await eager.next('lease');
    const barrier = await home.rogue(many);
    await barrier.workHonestly();
    expect(eager.unread('lease')).toBe(0);
  });

  it('from two contributors with copies of one lease is credited to one of them', async () => {
    for (let round = 0; round < 3; round++) {
      const job = await home.submit(one);
      const racers = [await home.rogue(one), await home.rogue(one)] as const;
      const leases = [await racers[0].lease()];
      const copy = racers[1].lease();
      home.clock.jump(5000);
      leases.push(await copy);
      expect(leases[1]!.value.work).toEqual(leases[0]!.value.work);
      const results = await Promise.all(racers.map((racer, i) => racer.answer(leases[i]!)));
      await Promise.all(racers.map((racer, i) => racer.commit(leases[i]!, results[i]!)));
      const done = await home.ended(job);
      expect(done).toMatchObject({ state: 'done', shards: 1, multiplyAddsVerified: 256 * 256 * 64 });
      const winner = done.contributions[0]!.contributor;
      const loser = racers.findIndex((racer) => racer.peerId !== winner);
      await racers[1 - loser]!.receipt();
      await racers[loser]!.commit(leases[loser]!, results[loser]!);
      expect(await racers[loser]!.next('notice')).toMatchObject({ code: 'stale' });
      expect(await home.credit(racers[loser]!.peerId)).toBe(0);
      expect(racers[loser]!.unread('receipt')).toBe(0);
    }
  });
});
