import { describe, expect, it } from 'vitest';
import { HAND_BACK_MS } from '../../src/contributor/restraint.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import type { Backend } from '../../src/gpu/backend.ts';
import { createCpuBackend } from '../../src/gpu/cpu.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import type { Conversation } from './conversation.ts';
import { type RigContributor, quickBackend, startContributor } from './rig.ts';
import { contributors, coordinator, join, small } from './scripted-case.ts';
import { storedProduct } from './stored.ts';
import { MIB, cpuBackend } from './with-backend.ts';

/** Turns of the event loop in which a slice could begin. */
async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve));
}

/** A CPU backend that counts its slices. */
function counted(): { backend: Backend; slices: () => number } {
  let slices = 0;
  const clock: Clock = {
    now: () => systemClock.now(),
    after: (ms, callback) => {
      if (ms === 0) slices += 1;
      return systemClock.after(ms, callback);
    },
  };
  return {
    backend: quickBackend({}, createCpuBackend({ memoryBytes: 16 * MIB, clock })),
    slices: () => slices,
  };
}

/** Two leases that cannot be computed while it is paused; resolves when both are known here. */
async function leaseTwo(me: RigContributor, talk: Conversation, work = small.work): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < 2; i++) ids.push((await talk.grant(work)).lease.id);
  // Said after the leases, so heard after them.
  await Promise.all([
    me.until(({ detail }) => detail === 'Both are yours.'),
    talk.say({ type: 'notice', code: 'busy', text: 'Both are yours.', retryAfterMs: 0 }),
  ]);
  return ids;
}

describe('a pause', () => {
  it('stops the GPU within one slice, asks for no lease, and goes on where it was', async () => {
    const { backend, slices } = counted();
    const { me, talk } = await join(() => backend);
    const long = await storedProduct('i8', 256, 256, 4096, coordinator.store);
    await talk.grant(long.work);
    await me.until(({ stage }) => stage === 'computing');
    me.engine.setPaused(true);
    const before = slices();
    expect(me.engine.status).toMatchObject({ paused: true, stage: 'computing' });
    expect(await talk.next('ready')).toEqual({ type: 'ready', leases: 0 });
    await turns();
    expect(slices() - before).toBeLessThanOrEqual(1);
    me.engine.setPaused(false);
    expect(await talk.next('ready')).toEqual({ type: 'ready', leases: 1 });
    const { result } = await talk.committed();
    expect(Array.from(await talk.values(result.manifest))).toEqual(Array.from(long.expected));
    expect(me.engine.status.paused).toBe(false);
    expect(talk.unread('decline')).toBe(0);
  });

  it('fetches no block, and fetches again afterwards', async () => {
    const { me, talk } = await join();
    me.engine.setPaused(true);
    coordinator.store.asked.length = 0;
    await leaseTwo(me, talk);
    await turns();
    expect(coordinator.store.asked).toEqual([]);
    me.engine.setPaused(false);
    await talk.committed();
    await talk.committed();
  });

  it('hands leases back after 20 seconds, both of them, and keeps the connection', async () => {
    const inner = cpuBackend();
    const { me, talk, clock } = await join(() => quickBackend({}, inner));
    me.engine.setPaused(true);
    const ids = await leaseTwo(me, talk);
    await clock.advance(HAND_BACK_MS - 1);
    expect(talk.unread('decline')).toBe(0);
    await clock.advance(1);
    const declined = [await talk.next('decline'), await talk.next('decline')];
    expect(declined.map(({ lease }) => lease).toSorted()).toEqual(ids.toSorted());
    expect(declined[0]).toMatchObject({ code: 'aborted', reason: 'This contributor is paused.' });
    expect((await inner.stats()).resultBytes).toBe(0);
    expect(coordinator.connections).toBe(1);
    me.engine.setPaused(false);
    await talk.grant(small.work);
    await talk.committed();
  });

  it('hands back a lease in mid-compute, too', async () => {
    const { backend } = counted();
    const { me, talk, clock } = await join(() => backend);
    const long = await storedProduct('i8', 256, 256, 4096, coordinator.store);
    const { lease } = await talk.grant(long.work);
    await me.until(({ stage }) => stage === 'computing');
    me.engine.setPaused(true);
    await clock.advance(HAND_BACK_MS);
    expect(await talk.next('decline')).toMatchObject({ lease: lease.id, code: 'aborted' });
    expect((await backend.stats()).resultBytes).toBe(0);
  });

  it('declines at once what comes after that, and not what comes before', async () => {
    const { me, talk, clock } = await join();
    me.engine.setPaused(true);
    await clock.advance(HAND_BACK_MS);
    const { lease } = await talk.grant(small.work);
    expect(await talk.next('decline')).toMatchObject({ lease: lease.id });
    me.engine.setPaused(false);
    me.engine.setPaused(true);
    await leaseTwo(me, talk);
    expect(talk.unread('decline')).toBe(0);
    me.engine.setPaused(false);
    await talk.committed();
    await talk.committed();
  });

  it('that ends in time declines nothing later, however often it is asked for', async () => {
    const { me, talk, clock } = await join();
    me.engine.setPaused(true);
    const ids = await leaseTwo(me, talk);
    await clock.advance(HAND_BACK_MS - 1);
    me.engine.setPaused(true);
    me.engine.setPaused(false);
    me.engine.setPaused(false);
    me.engine.setPaused(true);
    await clock.advance(HAND_BACK_MS - 1);
    expect(talk.unread('decline')).toBe(0);
    me.engine.setPaused(false);
    await clock.advance(HAND_BACK_MS);
    const done = [await talk.committed(), await talk.committed()];
    expect(done.map(({ lease }) => lease.id).toSorted()).toEqual(ids.toSorted());
    expect(talk.unread('decline')).toBe(0);
  });

  it('lets finished results leave, and their receipts come', async () => {
    const { me, talk, clock } = await join();
    await talk.grant(small.work);
    const committed = await talk.committed();
    me.engine.setPaused(true);
    await clock.advance(2 * HAND_BACK_MS);
    expect(Array.from(await talk.values(committed.result.manifest))).toEqual(Array.from(small.expected));
    await talk.say({ type: 'receipt', envelope: await talk.receipt(committed) });
    await me.until(({ shardsVerified }) => shardsVerified === 1);
    expect(talk.unread('decline')).toBe(0);
  });

  it('can be stopped, with leases that wait and a shard in mid-compute', async () => {
    const { backend } = counted();
    let freed: number | undefined;
    const destroy = async (): Promise<void> => {
      freed = (await backend.stats()).resultBytes;
      await backend.destroy();
    };
    const { me, talk } = await join(() => quickBackend({ destroy }, backend));
    const long = await storedProduct('i8', 256, 256, 4096, coordinator.store);
    await talk.grant(long.work);
    await me.until(({ stage }) => stage === 'computing');
    me.engine.setPaused(true);
    await leaseTwo(me, talk);
    await me.stop();
    expect(await talk.next('goodbye')).toMatchObject({ finish: false });
    expect(me.engine.status).toMatchObject({ stage: 'stopped', paused: false });
    expect(freed).toBe(0);
  });

  it('before the start keeps the GPU closed until it is over, and can be stopped', async () => {
    const clock = new FakeClock();
    for (const goesOn of [true, false]) {
      const me = await startContributor(coordinator.addresses, { clock, paused: true });
      contributors.push(me);
      await turns();
      expect(me.engine.status).toMatchObject({ stage: 'testing', paused: true });
      expect(me.backends).toEqual([]);
      if (goesOn) {
        me.engine.setPaused(false);
        await (await coordinator.connection(0)).greet();
        expect(me.backends).toHaveLength(1);
      }
      await me.stop();
      expect(me.engine.status.stage).toBe('stopped');
    }
    expect(coordinator.connections).toBe(1);
  });

  it('outlives a lost connection, and a lost device is not opened again before it ends', async () => {
    const lost: Backend[] = [];
    const { me, talk, clock } = await join((n) => {
      lost.push(quickBackend());
      return lost[n]!;
    });
    me.engine.setPaused(true);
    await talk.link.close();
    const again = await coordinator.connection(1);
    await again.next('hello');
    await again.say({ type: 'welcome', version: 1, network: 'scripted', window: 2, balanceMicrocredits: 0n });
    expect(await again.next('ready')).toEqual({ type: 'ready', leases: 0 });
    await again.say({ type: 'self-test', reason: 'to see whether it is done while paused' });
    await me.until(({ stage }) => stage === 'testing');
    await clock.advance(2 * HAND_BACK_MS);
    expect(again.unread('ready')).toBe(0);
    me.engine.setPaused(false);
    expect(await again.next('ready')).toEqual({ type: 'ready', leases: 2 });
    expect(lost).toHaveLength(1);
  });
});
