import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { JobSecrets } from '../../src/coordinator/verify-pool.ts';
import { PAUSE_MS } from '../../src/coordinator/standing.ts';
import { product } from '../helpers/product.ts';
import type { Lie } from '../helpers/rogue.ts';
import { arena } from './arena.ts';

const home = arena();
const rotate = vi.spyOn(JobSecrets.prototype, 'rotate');
const small = product('i8', 512, 300, 64);

const flipBit = (at: number): Lie => ({
  tamper: (blocks) => {
    blocks[0]![at]! ^= 1;
  },
});

beforeEach(() => {
  rotate.mockClear();
});
afterAll(() => {
  rotate.mockRestore();
});

describe('a contributor that lies about one bit', () => {
  it.each([['i8'], ['f32'], ['f16']] as const)(
    'is found out in %s, and an honest one gets the job right',
    async (dtype) => {
      const wanted = product(dtype, 512, 300, 64);
      const job = await home.submit(wanted);
      const liar = await home.rogue(wanted);
      const lease = await liar.lease();
      // The exponent's lowest bit for floats, the lowest of all for integers.
      const lie: Lie = {
        tamper: ([block]) => void (block![dtype === 'i8' ? 0 : 2]! ^= dtype === 'i8' ? 1 : 128),
      };
      await liar.commit(lease, await liar.answer(lease, lie));
      expect(await liar.next('notice')).toMatchObject({
        code: 'rejected',
        lease: lease.value.id,
        retryAfterMs: 0,
      });
      await liar.next('self-test');
      expect(rotate).toHaveBeenCalledTimes(1);

      const honest = await home.honest();
      const done = await home.ended(job);
      expect(done).toMatchObject({ state: 'done', cellsVerified: 4 });
      expect(done.contributions.map((one) => one.contributor)).toEqual([honest.peerId]);
      expect(done.multiplyAddsVerified).toBe(512 * 300 * 64);
      if (dtype === 'i8') expect(await home.result(job)).toEqual(wanted.expected);
      expect(await home.credit(liar.peerId)).toBe(0);
      expect(liar.unread('receipt')).toBe(0);
    },
  );

  it('may try again after its known answers, and is credited for what is right', async () => {
    await home.submit(small);
    const penitent = await home.rogue(small);
    const lease = await penitent.lease();
    await penitent.commit(lease, await penitent.answer(lease, flipBit(1024)));
    await penitent.next('self-test');
    const receipt = await penitent.workHonestly();
    expect(await home.credit(penitent.peerId)).toBe(Number(receipt.microcredits));
  });

  it('pauses for an hour after the second time, also over another connection', async () => {
    const job = await home.submit(small);
    const liar = await home.rogue(small);
    const pauses: number[] = [];
    for (const at of [3, 70_000]) {
      const lease = await liar.lease();
      await liar.commit(lease, await liar.answer(lease, flipBit(at)));
      pauses.push((await liar.next('notice')).retryAfterMs);
    }
    expect(pauses[0]).toBe(0);
    expect(pauses[1]).toBeGreaterThan(PAUSE_MS - 60_000);
    expect(pauses[1]).toBeLessThanOrEqual(PAUSE_MS);
    expect(rotate).toHaveBeenCalledTimes(2);
    await liar.ready();
    const back = await home.again(liar);
    await back.ready(2);
    const honest = await home.rogue(small);
    for (let cell = 0; cell < 4; cell++) await honest.workHonestly();
    expect((await home.ended(job)).contributions.map((one) => one.contributor)).toEqual([honest.peerId]);
    expect(liar.unread('lease') + back.unread('lease')).toBe(0);
  });

  it('cannot try other numbers under a lease that was rejected', async () => {
    await home.submit(small);
    const liar = await home.rogue(small);
    const lease = await liar.lease();
    await liar.commit(lease, await liar.answer(lease, flipBit(0)));
    expect(await liar.next('notice')).toMatchObject({ code: 'rejected' });
    await liar.commit(lease, await liar.answer(lease, flipBit(4)));
    expect(await liar.next('notice')).toMatchObject({ code: 'stale', lease: lease.value.id });
    await liar.commit(lease, await liar.answer(lease));
    expect(await liar.next('notice')).toMatchObject({ code: 'stale', lease: lease.value.id });
    expect(rotate).toHaveBeenCalledTimes(1);
    expect(await home.credit(liar.peerId)).toBe(0);
  });

  it('is blamed once for a result that it sends many times at once', async () => {
    await home.submit(small);
    const liar = await home.rogue(small);
    const lease = await liar.lease();
    const result = await liar.answer(lease, flipBit(8));
    for (let time = 0; time < 5; time++) await liar.commit(lease, result);
    expect(await liar.next('notice')).toMatchObject({ code: 'rejected', retryAfterMs: 0 });
    for (let time = 1; time < 5; time++) expect(await liar.next('notice')).toMatchObject({ code: 'stale' });
    expect(rotate).toHaveBeenCalledTimes(1);
  });
});

describe('a contributor whose result is no result', () => {
  it.each<[string, Lie]>([
    ['a row less', { shape: { rows: 255 } }],
    ['a column more', { shape: { cols: 255 } }],
    ['another number type', { shape: { dtype: 'f32' } }],
    ['blocks that are too short', { tamper: (blocks) => void (blocks[0] = blocks[0]!.slice(0, 1024)) }],
    ['blocks that are too long', { tamper: (blocks) => void (blocks[0] = new Uint8Array(256 * 1024 - 16)) }],
  ])('is rejected for %s', async (_name, lie) => {
    const wanted = product('i8', 256, 240, 64);
    await home.submit(wanted);
    const liar = await home.rogue(wanted);
    const lease = await liar.lease();
    await liar.commit(lease, await liar.answer(lease, lie));
    expect(await liar.next('notice')).toMatchObject({ code: 'rejected', lease: lease.value.id });
    expect((await liar.workHonestly()).lease).not.toBe(lease.value.id);
  });

  it('is rejected where a float is not a number', async () => {
    const wanted = product('f32', 256, 256, 64);
    await home.submit(wanted);
    const liar = await home.rogue(wanted);
    const lease = await liar.lease();
    const nan: Lie = { tamper: ([block]) => block!.fill(255, 400, 404) };
    await liar.commit(lease, await liar.answer(lease, nan));
    expect(await liar.next('notice')).toMatchObject({ code: 'rejected' });
  });
});
