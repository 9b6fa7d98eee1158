import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/gpu/backend.ts';
import { generateKey, peerIdOf } from '../../src/protocol/keys.ts';
import type { Conversation } from './conversation.ts';
import {
  type RigContributor,
  ScriptedCoordinator,
  quickBackend,
  startContributor,
  stuckBackend,
} from './rig.ts';
import { type StoredProduct, storedProduct } from './stored.ts';
import { cpuBackend } from './with-backend.ts';

let coordinator: ScriptedCoordinator;
const contributors: RigContributor[] = [];
let small: StoredProduct;

beforeEach(async () => {
  coordinator = await ScriptedCoordinator.start();
  small = await storedProduct('i8', 20, 10, 1500, coordinator.store);
});

afterEach(async () => {
  await Promise.all(contributors.splice(0).map((contributor) => contributor.stop()));
  await coordinator.close();
});

async function join(open?: (n: number) => Backend): Promise<{ me: RigContributor; talk: Conversation }> {
  const me = await startContributor(coordinator.addresses, open ? { open } : {});
  contributors.push(me);
  const talk = await coordinator.connection(0);
  await talk.greet();
  return { me, talk };
}

describe('a conversation', () => {
  it('goes from Hello to a receipt, and what was committed is the product', async () => {
    const me = await startContributor(coordinator.addresses);
    contributors.push(me);
    const talk = await coordinator.connection(0);
    const hello = await talk.greet();
    expect(hello).toMatchObject({ version: 1, projects: [] });
    expect(hello.operandBytes).toBe(me.backends[0]!.pageCount * 256 * 1024);
    expect(hello.resultBytes).toBe(me.backends[0]!.resultBytes);
    const { lease } = await talk.grant(small.work);
    const committed = await talk.committed();
    expect(committed.lease).toEqual(lease);
    const { manifest, gpuMs } = committed.result;
    expect(Array.from(await talk.values(manifest))).toEqual(Array.from(small.expected));
    expect(gpuMs).toBeGreaterThanOrEqual(0);
    await talk.say({ type: 'receipt', envelope: await talk.receipt(committed) });
    const status = await me.until(({ stage }) => stage === 'verified');
    expect(status).toMatchObject({ shardsVerified: 1, microcredits: 9n, balanceMicrocredits: 109n });
    expect(me.statuses.map(({ stage }) => stage)).toEqual(
      expect.arrayContaining(['testing', 'connecting', 'waiting', 'downloading', 'computing', 'uploading']),
    );
    expect(me.receipts).toHaveLength(1);
    expect(me.outbox.pending()).toEqual([]);
    await expect(talk.values(manifest)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('tells speeds and times as the intensity makes them: what a lease will take', async () => {
    const stats = { ...(await cpuBackend().stats()), rates: { i8: 8e9, f16: 4e9, f32: 2e9 }, intensity: 0.5 };
    const open = (): Backend =>
      quickBackend({ stats: async () => stats, accumulate: async () => 30, setIntensity: async () => {} });
    const me = await startContributor(coordinator.addresses, { open });
    contributors.push(me);
    const talk = await coordinator.connection(0);
    expect((await talk.greet()).rates).toEqual({ i8: 4e9, f16: 2e9, f32: 1e9 });
    await talk.grant(small.work);
    expect((await talk.committed()).result.gpuMs).toBe(120); // two ranges
  });

  it('commits the hash before it can be asked for a byte', async () => {
    const { me, talk } = await join();
    await talk.grant(small.work);
    const { result } = await talk.committed();
    expect(me.outbox.pending()).toHaveLength(1);
    expect(await me.outbox.source(result.manifest)).toBeDefined();
  });

  it('asks for more as soon as a result is committed', async () => {
    const { talk } = await join();
    await talk.grant(small.work);
    await talk.next('commit');
    expect(await talk.next('ready')).toEqual({ type: 'ready', leases: 2 });
  });

  it('computes two leases at a time and says how many more it would take', async () => {
    const inner = cpuBackend();
    const { backend, started } = stuckBackend(inner);
    const { talk } = await join(() => backend);
    const one = await talk.grant(small.work);
    const two = await talk.grant(small.work);
    await started;
    await talk.say({ type: 'cancel', lease: one.lease.id, reason: 'done elsewhere' });
    expect(await talk.next('ready')).toEqual({ type: 'ready', leases: 1 });
    await talk.say({ type: 'cancel', lease: two.lease.id, reason: 'done elsewhere' });
    expect(await talk.next('ready')).toEqual({ type: 'ready', leases: 2 });
  });

  it('computes a lease once that it is given twice, also after the commit', async () => {
    let opened = 0;
    const inner = cpuBackend();
    const open = (shape: Parameters<Backend['open']>[0]): Promise<number> => {
      opened += 1;
      return inner.open(shape);
    };
    const { talk } = await join(() => quickBackend({ open }, inner));
    const { envelope } = await talk.grant(small.work);
    await talk.say({ type: 'lease', envelope });
    await talk.committed();
    await talk.say({ type: 'lease', envelope });
    // The answer to a later lease shows that the repeated one was passed over.
    const later = await talk.grant(small.work);
    expect((await talk.committed()).lease.id).toBe(later.lease.id);
    expect(opened).toBe(2);
  });

  it('can still be stopped in a lease that was given twice', async () => {
    const inner = cpuBackend();
    const { backend, started } = stuckBackend(inner);
    const { talk } = await join(() => backend);
    const { lease, envelope } = await talk.grant(small.work);
    await started;
    await talk.say({ type: 'lease', envelope });
    await talk.say({ type: 'cancel', lease: lease.id, reason: 'the job has ended' });
    expect(await talk.next('ready')).toEqual({ type: 'ready', leases: 2 });
    expect((await inner.stats()).resultBytes).toBe(0);
  });
});

describe('a lease that cannot be taken', () => {
  it('is declined when it is for somebody else', async () => {
    const { me, talk } = await join();
    const { lease } = await talk.grant(small.work, { contributor: peerIdOf(await generateKey()) });
    expect(await talk.next('decline')).toMatchObject({ lease: lease.id, code: 'wrong-peer' });
    expect(await talk.next('ready')).toEqual({ type: 'ready', leases: 2 });
    expect(coordinator.store.asked).toEqual([]);
    expect(me.outbox.pending()).toEqual([]);
  });

  it('ends the connection when another key has signed it', async () => {
    const { me, talk } = await join();
    await talk.grant(small.work, {}, await generateKey());
    await talk.link.closed;
    const status = await me.until(({ problem }) => problem !== undefined);
    expect(status.problem).toMatchObject({ code: 'bad-signature' });
    expect(status.detail).toMatch(/sent what cannot be right, so this page hung up; trying again/);
    expect(me.waits[0]!.error).toMatchObject({ code: 'bad-signature' });
    expect(coordinator.store.asked).toEqual([]);
    // It comes back, and honest work is still done.
    const again = await coordinator.connection(1);
    await again.greet();
    await again.grant(small.work);
    await again.committed();
  });

  it('is passed over when it holds a kind of work to come, and the next one is computed', async () => {
    const { me, talk } = await join();
    const [status] = await Promise.all([
      me.until(({ detail }) => detail.includes('kind of work')),
      talk.grantUnknown(small.work),
    ]);
    expect(status.stage).toBe('waiting');
    await talk.grant(small.work);
    await talk.committed();
    expect(talk.unread('decline')).toBe(0);
  });

  it.each([
    ['reaches beyond its operands', { rowBlock: 7 }, 'bad-frame'],
    ['names operands that are not there', { a: '77'.repeat(32) }, 'not-found'],
  ])('is declined when it %s', async (_, own, code) => {
    const { talk } = await join();
    const { lease } = await talk.grant({ ...small.work, ...own });
    expect(await talk.next('decline')).toMatchObject({ lease: lease.id, code });
    await talk.grant(small.work);
    await talk.committed();
  });

  it('is declined when the GPU has no room, which harms nothing else', async () => {
    const inner = cpuBackend(4 * 1024 * 1024);
    const { me, talk } = await join(() => quickBackend({}, inner));
    const large = await storedProduct('i8', 600, 600, 20, coordinator.store);
    const { lease } = await talk.grant(large.work);
    expect(await talk.next('decline')).toMatchObject({ lease: lease.id, code: 'out-of-memory' });
    await talk.grant(small.work);
    await talk.committed();
    expect(me.statuses.some(({ detail }) => detail.includes('result memory'))).toBe(true);
    expect(me.engine.status.problem).toBeUndefined();
  });

  it('is not declined when the link is lost just after its result was kept', async () => {
    const { me, talk } = await join();
    await talk.grant(small.work);
    await me.until(({ stage }) => stage === 'uploading');
    await talk.link.close();
    const again = await coordinator.connection(1);
    await again.greet();
    expect((await again.committed()).lease.job).toBe('job');
    expect(again.unread('decline')).toBe(0);
  });
});
