import { describe, expect, it } from 'vitest';
import { sealLease, sealResult } from '../../src/protocol/envelope.ts';
import { generateKey } from '../../src/protocol/keys.ts';
import { product } from '../helpers/product.ts';
import type { Granted, Rogue } from '../helpers/rogue.ts';
import { arena } from './arena.ts';

const home = arena();
const wanted = product('i8', 512, 512, 64);

type Forgery = (rogue: Rogue, lease: Granted) => Promise<{ lease: Uint8Array; result: Uint8Array }>;

/** The signature is an envelope's last field: 64 bytes at its end. */
function damaged(envelope: Uint8Array): Uint8Array {
  const copy = envelope.slice();
  copy[copy.length - 10]! ^= 0x40;
  return copy;
}

const FORGERIES: Record<string, Forgery> = {
  'a signature that is noise': async (rogue, lease) => {
    const result = await rogue.answer(lease);
    const noise = result.slice();
    noise.set(crypto.getRandomValues(new Uint8Array(64)), result.length - 64);
    return { lease: lease.envelope, result: noise };
  },
  'a result signed by another key': async (rogue, lease) => ({
    lease: lease.envelope,
    result: await rogue.answer(lease, { signer: await generateKey() }),
  }),
  'a lease with one bit changed': async (rogue, lease) => ({
    lease: damaged(lease.envelope),
    result: await rogue.answer(lease),
  }),
  'a lease that it gave itself': async (rogue, { value }) => {
    const all = { ...value.work, rowBlock: 0, colBlock: 0, rowBlocks: 2, colBlocks: 2 };
    const envelope = await sealLease({ ...value, work: all }, rogue.key);
    const own = { ...value, work: all };
    const digest = await digestOf(envelope);
    return { lease: envelope, result: await rogue.answer({ value: own, envelope, digest, signer: '' }) };
  },
  'a result for another lease': async (rogue, lease) => ({
    lease: lease.envelope,
    result: await rogue.answer(lease, { statement: { leaseDigest: '5'.repeat(64) } }),
  }),
  'a lease in place of a result': (_rogue, lease) =>
    Promise.resolve({ lease: lease.envelope, result: lease.envelope }),
  'noise in place of both': () =>
    Promise.resolve({
      lease: crypto.getRandomValues(new Uint8Array(300)),
      result: crypto.getRandomValues(new Uint8Array(300)),
    }),
};

async function digestOf(envelope: Uint8Array): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-256', envelope.slice())).toString('hex');
}

describe('a forged statement', () => {
  it.each(Object.entries(FORGERIES))(
    'ends the connection and gives up the lease: %s',
    async (_name, forge) => {
      const job = await home.submit(wanted);
      const forger = await home.rogue(wanted);
      const other = await home.rogue(wanted);
      const kept = await other.lease();
      const lease = await forger.lease();
      await forger.commit(...swap(await forge(forger, lease)));
      await forger.closed;
      expect(forger.unread('receipt')).toBe(0);

      await other.commit(kept, await other.answer(kept));
      await other.receipt();
      for (let cell = 1; cell < 4; cell++) await other.workHonestly();
      const done = await home.ended(job);
      expect(done.contributions.map((one) => one.contributor)).toEqual([other.peerId]);
      expect(await home.result(job)).toEqual(wanted.expected);
      expect(await home.credit(forger.peerId)).toBe(0);
    },
  );
});

const swap = ({
  lease,
  result,
}: {
  lease: Uint8Array;
  result: Uint8Array;
}): [{ envelope: Uint8Array }, Uint8Array] => [{ envelope: lease }, result];

describe('a true statement in the wrong hands', () => {
  it('earns nothing for a result under another’s lease, and the other is paid', async () => {
    await home.submit(wanted);
    const victim = await home.rogue(wanted);
    const thief = await home.rogue(wanted);
    const lease = await victim.lease();
    await thief.commit(lease, await thief.answer(lease));
    await thief.closed;
    await victim.commit(lease, await victim.answer(lease));
    const receipt = await victim.receipt();
    expect(await home.credit(thief.peerId)).toBe(0);
    expect(await home.credit(victim.peerId)).toBe(Number(receipt.microcredits));
  });

  it('earns nothing for the victim’s own statements, brought by another', async () => {
    await home.submit(wanted);
    const victim = await home.rogue(wanted);
    const thief = await home.rogue(wanted);
    const lease = await victim.lease();
    const result = await victim.answer(lease);
    await thief.answer(lease); // so that it could serve the blocks
    await thief.commit(lease, result);
    await thief.closed;
    await victim.commit(lease, result);
    await victim.receipt();
    expect(await home.credit(thief.peerId)).toBe(0);
  });

  it('is no answer to a new lease when it was made for an older one', async () => {
    await home.submit(wanted);
    const replayer = await home.rogue(wanted);
    const first = await replayer.lease();
    const result = await replayer.answer(first);
    await replayer.commit(first, result);
    const { microcredits } = await replayer.receipt();
    const second = await replayer.lease();
    await replayer.commit(second, result);
    await replayer.closed;
    expect(await home.credit(replayer.peerId)).toBe(Number(microcredits));
  });

  it('is known when lease and result are brought again: the same receipt, no second credit', async () => {
    await home.submit(wanted);
    const replayer = await home.rogue(wanted);
    const lease = await replayer.lease();
    const result = await replayer.answer(lease);
    await replayer.commit(lease, result);
    const { envelope } = await replayer.next('receipt');
    const credit = await home.credit(replayer.peerId);
    for (let time = 0; time < 3; time++) {
      await replayer.commit(lease, result);
      expect((await replayer.next('receipt')).envelope).toEqual(envelope);
    }
    const back = await home.again(replayer);
    await back.commit(lease, result);
    expect((await back.next('receipt')).envelope).toEqual(envelope);
    expect(await home.credit(replayer.peerId)).toBe(credit);
  });

  it('is another’s statement under a lease of another coordinator', async () => {
    await home.submit(wanted);
    const rogue = await home.rogue(wanted);
    const { value } = await rogue.lease();
    const envelope = await sealLease(value, await generateKey());
    const result = await sealResult(
      { leaseDigest: await digestOf(envelope), manifest: '0'.repeat(64), gpuMs: 0, client: 'rogue/1' },
      rogue.key,
    );
    await rogue.commit({ envelope }, result);
    await rogue.closed;
  });
});
