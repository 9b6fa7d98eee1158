/** Leases that a page hands back by beacon, to the real coordinator. */
import { afterEach, describe, expect, it } from 'vitest';
import { parseReturn } from '../../src/coordinator/http-leases.ts';
import type { JobView } from '../../src/core/v1.ts';
import { product, submit } from '../helpers/product.ts';
import { Rogue } from '../helpers/rogue.ts';
import { coordinatorForFile } from './http-client.ts';

const home = coordinatorForFile();
/** Of one cell: whoever has the lease has all the work that there is. */
const wanted = product('i8', 64, 64, 64);
const contributors: Rogue[] = [];
afterEach(() => Promise.all(contributors.splice(0).map((each) => each.leave())));

const join = async (): Promise<Rogue> => {
  const rogue = await Rogue.join(home().peerAddresses, { product: wanted });
  contributors.push(rogue);
  return rogue;
};
const send = (body: string, type = 'text/plain;charset=UTF-8'): Promise<Response> =>
  fetch(`${home().url}/v1/leases/return`, { method: 'POST', body, headers: { 'content-type': type } });
const giveBack = async (contributor: string, ...leases: string[]): Promise<number> =>
  (await send(JSON.stringify({ contributor, leases }))).status;

describe('POST /v1/leases/return', () => {
  it('gives a frozen page’s lease to somebody else at once, and takes its result all the same', async () => {
    const job: JobView = await submit(home(), wanted);
    const [frozen, quick] = [await join(), await join()];
    const lease = await frozen.lease();
    await quick.ready();
    await quick.next('notice');
    expect(await giveBack(frozen.peerId, lease.value.id)).toBe(204);
    const again = await quick.granted();
    expect(again.value.job).toBe(job.id);
    // The first valid result wins, also that of a page that came back in time.
    await frozen.commit(lease, await frozen.answer(lease));
    expect((await frozen.receipt()).lease).toBe(lease.value.id);
  });

  it('gives the one that handed it back nothing before it says Ready', async () => {
    await submit(home(), product('i8', 64, 64, 65));
    const frozen = await join();
    await frozen.ready(2);
    const lease = await frozen.granted();
    expect(await giveBack(frozen.peerId, lease.value.id)).toBe(204);
    expect(await giveBack(frozen.peerId, lease.value.id)).toBe(204);
    const other = await join();
    const again = await other.lease();
    expect(again.value.work).toEqual(lease.value.work);
    expect(frozen.unread('lease')).toBe(0);
    expect(await giveBack(other.peerId, again.value.id)).toBe(204);
    expect((await frozen.lease()).value.work).toEqual(lease.value.work);
  });

  it('answers the same for what is not there or not theirs, and does nothing', async () => {
    await submit(home(), product('i8', 64, 64, 66));
    const [holder, other] = [await join(), await join()];
    const lease = await holder.lease();
    expect(await giveBack(other.peerId, lease.value.id)).toBe(204);
    expect(await giveBack(holder.peerId, 'f'.repeat(32))).toBe(204);
    expect(await giveBack(holder.peerId)).toBe(204);
    await other.ready();
    expect(await other.next('notice')).toMatchObject({ code: 'idle' });
  });

  it.each([
    ['no JSON', '{', 'text/plain'],
    ['nothing', '', 'text/plain'],
    ['JSON as JSON', '{"contributor":"x","leases":[]}', 'application/json'],
  ])('refuses %s', async (_, body, type) => {
    expect((await send(body, type)).status).toBe(400);
  });

  it('refuses what is too long to be one', async () => {
    expect((await send('x'.repeat(5_000))).status).toBe(413);
  });

  it('answers one address so often and no more', async () => {
    const peer = contributors[0]?.peerId ?? '1'.repeat(50);
    const answers = await Promise.all(Array.from({ length: 40 }, () => giveBack(peer)));
    expect(answers).toContain(429);
    expect(answers[0]).toBe(204);
  });
});

describe('the beacon’s text', () => {
  const PEER = '1'.repeat(52);
  const LEASE = 'ab'.repeat(16);
  const text = (value: unknown): string => JSON.stringify(value);

  it('names a contributor and its leases', () => {
    expect(parseReturn(text({ contributor: PEER, leases: [LEASE] }))).toEqual({
      contributor: PEER,
      leases: [LEASE],
    });
  });

  it.each([
    text(null),
    text([]),
    text('x'),
    text({ contributor: PEER }),
    text({ contributor: PEER, leases: LEASE }),
    text({ contributor: 7, leases: [LEASE] }),
    text({ contributor: `${PEER}0`, leases: [LEASE] }),
    text({ contributor: PEER, leases: [LEASE.toUpperCase()] }),
    text({ contributor: PEER, leases: [LEASE, 7] }),
    text({ contributor: PEER, leases: Array.from({ length: 65 }, () => LEASE) }),
    undefined,
    { contributor: PEER, leases: [LEASE] },
  ])('is not %j', (body) => {
    expect(() => parseReturn(body)).toThrow('takes text/plain');
  });
});
