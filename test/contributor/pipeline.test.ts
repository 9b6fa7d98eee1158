/** How a contributor keeps the link, the GPU and the uplink busy at once, and fetches nothing twice. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { Outbox } from '../../src/contributor/outbox.ts';
import { BLOCK_BYTES } from '../../src/matrix/blocks.ts';
import type { Conversation } from './conversation.ts';
import { diskOn, memoryFiles } from './memory-file.ts';
import {
  type RigContributor,
  type RigOptions,
  ScriptedCoordinator,
  quickBackend,
  startContributor,
} from './rig.ts';
import { storedProduct } from './stored.ts';
import { MIB, cpuBackend } from './with-backend.ts';

let coordinator: ScriptedCoordinator;
const contributors: RigContributor[] = [];

beforeEach(async () => {
  coordinator = await ScriptedCoordinator.start();
});

afterEach(async () => {
  await Promise.all(contributors.splice(0).map((contributor) => contributor.stop()));
  await coordinator.close();
});

async function join(options: RigOptions = {}): Promise<{ me: RigContributor; talk: Conversation }> {
  const me = await startContributor(coordinator.addresses, options);
  contributors.push(me);
  const talk = await coordinator.connection(coordinator.connections);
  return { me, talk };
}

const product = (k: number, rows = 20, cols = 10): ReturnType<typeof storedProduct> =>
  storedProduct('i8', rows, cols, k, coordinator.store);

/** 12 pages. */
const tight = (): RigOptions => ({ open: () => quickBackend({}, cpuBackend(4 * MIB)) });

/** How often each block was asked for, at most. */
function mostAsked(): number {
  const counts = new Map<string, number>();
  for (const hash of coordinator.store.asked) counts.set(hash, (counts.get(hash) ?? 0) + 1);
  return Math.max(...counts.values());
}

describe('a contributor with several leases', () => {
  it('sends one result while the next lease computes', async () => {
    const inner = cpuBackend();
    const [held, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let computed = 0;
    const open = () =>
      quickBackend(
        {
          accumulate: async (...args) => {
            if (computed > 0) {
              held.resolve();
              await go.promise;
            }
            return inner.accumulate(...args);
          },
          close: (shard) => {
            computed += 1;
            return inner.close(shard);
          },
        },
        inner,
      );
    const { talk } = await join({ open });
    await talk.greet();
    const [first, second] = [await product(1000), await product(900)];
    await talk.grant(first.work);
    const committed = await talk.committed();
    await talk.grant(second.work);
    await held.promise; // the GPU has the second one, and keeps it until the first one's bytes are here
    expect(Array.from(await talk.values(committed.result.manifest))).toEqual(Array.from(first.expected));
    go.resolve();
    await talk.committed();
  });

  it('would take another lease as soon as the GPU is free, before its result is hashed', async () => {
    const hashed = Promise.withResolvers<void>();
    class SlowOutbox extends Outbox {
      override async stage(...args: Parameters<Outbox['stage']>): ReturnType<Outbox['stage']> {
        await hashed.promise;
        return super.stage(...args);
      }
    }
    const { talk } = await join({ outbox: new SlowOutbox() });
    await talk.greet();
    const { work } = await product(1000);
    await talk.grant(work);
    expect(await talk.next('ready')).toEqual({ type: 'ready', leases: 2 });
    await talk.grant(work);
    expect(await talk.next('ready')).toEqual({ type: 'ready', leases: 2 });
    expect(talk.unread('commit')).toBe(0);
    hashed.resolve();
    await talk.committed();
    await talk.committed();
    expect(talk.unread('ready')).toBe(0); // once for each lease, or two would come in its place
  });

  it('counts what is being hashed with what waits, and takes no lease that there is no room for', async () => {
    const hashed = Promise.withResolvers<void>();
    class SlowOutbox extends Outbox {
      override async stage(...args: Parameters<Outbox['stage']>): ReturnType<Outbox['stage']> {
        await hashed.promise;
        return super.stage(...args);
      }
    }
    const { me, talk } = await join({ outbox: new SlowOutbox(512) });
    await talk.greet();
    const { work } = await product(1000);
    const { lease } = await talk.grant(work);
    expect(await talk.next('ready')).toEqual({ type: 'ready', leases: 0 });
    // Taken back while it is hashed: there is room again.
    await Promise.all([
      me.until(({ detail }) => detail === 'the job has ended'),
      talk.say({ type: 'cancel', lease: lease.id, reason: 'the job has ended' }),
    ]);
    hashed.resolve();
    expect(await talk.next('ready')).toEqual({ type: 'ready', leases: 2 });
    expect(me.outbox.heldBytes).toBe(0);
  });

  it('asks for a block once that two leases want at the same time', async () => {
    const { talk } = await join();
    await talk.greet();
    const { work } = await product(6 * 1024);
    await Promise.all([talk.grant(work), talk.grant(work), talk.grant(work)]);
    for (let i = 0; i < 3; i++) await talk.committed();
    expect(mostAsked()).toBe(1);
  });

  it('asks for all of the first lease before the second', async () => {
    const { talk } = await join();
    await talk.greet();
    const [first, second] = [await product(40 * 1024), await product(40 * 1024 - 5)];
    await talk.grant(first.work);
    await talk.grant(second.work);
    await talk.committed();
    await talk.committed();
    const lists = 8; // manifests and lists of hashes, which come before the blocks
    const blocks = coordinator.store.asked.slice(lists).filter((hash) => !isList(hash));
    const ofFirst = blocks.slice(0, 60);
    const later = new Set(blocks.slice(80));
    // While the second one's lists were fetched, the first had the link; then it still comes first.
    expect(ofFirst.filter((hash) => later.has(hash))).toEqual([]);
    expect(blocks).toHaveLength(160);
  });

  it('tells how long the link and the GPU were busy', async () => {
    // A millisecond passes whenever somebody looks, or what is quick here would take none.
    let ms = Date.now();
    const netClock = { ...systemClock, now: () => (ms += 1) };
    const { me, talk } = await join({ open: () => quickBackend({ accumulate: async () => 30 }), netClock });
    await talk.greet();
    const { work } = await product(1000);
    await talk.grant(work);
    const committed = await talk.committed();
    await talk.values(committed.result.manifest);
    await talk.say({ type: 'receipt', envelope: await talk.receipt(committed) });
    const status = await me.until(({ stage, upBusyMs }) => stage === 'verified' && upBusyMs > 0);
    expect(status.gpuBusyMs).toBe(30);
    expect(status.downBusyMs).toBeGreaterThan(0);
    expect(status.bytesDown).toBeGreaterThan(0);
  });
});

/** Manifests and lists are shorter than any block here. */
const isList = (hash: string): boolean => coordinator.store.bytes.get(hash)!.length < 3000;

describe('a contributor with a disk', () => {
  it('says how much it keeps in all, and one without does not', async () => {
    const { me, talk } = await join({ ...tight(), disk: diskOn(memoryFiles(), 40) });
    const hello = await talk.greet();
    expect([hello.operandBytes, hello.cacheBytes]).toEqual([12 * BLOCK_BYTES, 40 * BLOCK_BYTES]);
    expect(me.engine.status.disk).toEqual({ usedBytes: 0, budgetBytes: 40 * BLOCK_BYTES });
    const without = await join(tight());
    expect((await without.talk.greet()).cacheBytes).toBeUndefined();
    expect(without.me.engine.status.disk).toBeUndefined();
    const small = await join({ ...tight(), disk: diskOn(memoryFiles(), 2) });
    expect((await small.talk.greet()).cacheBytes).toBe(12 * BLOCK_BYTES);
  });

  it('does not fetch again what the GPU has evicted, nor says that it is gone', async () => {
    const { me, talk } = await join({ ...tight(), disk: diskOn(memoryFiles(), 40) });
    await talk.greet();
    const [one, two] = [await product(6 * 1024), await product(6 * 1024 - 7)]; // all of the pages each
    for (const { work } of [one, two, one]) {
      await talk.grant(work);
      await talk.committed();
    }
    expect(mostAsked()).toBe(1);
    expect(talk.unread('progress')).toBe(0);
    expect(me.engine.status.disk).toMatchObject({ usedBytes: 24 * BLOCK_BYTES });
  });

  it('says that blocks are gone when neither the GPU nor the disk has them', async () => {
    const { talk } = await join({ ...tight(), disk: diskOn(memoryFiles(), 16) });
    await talk.greet();
    for (const { work } of [await product(6 * 1024), await product(6 * 1024 - 7)]) {
      await talk.grant(work);
      await talk.committed();
    }
    expect((await talk.next('progress')).evicted).toHaveLength(8);
  });

  it('has its blocks at the next visit', async () => {
    const files = memoryFiles();
    const { work, expected } = await product(3000);
    const before = await join({ disk: diskOn(files, 8) });
    await before.talk.greet();
    await before.talk.grant(work);
    await before.talk.committed();
    await before.me.stop();
    expect(files.data.closed).toBe(true);
    coordinator.store.asked.length = 0;
    const after = await join({ disk: diskOn(files, 8) });
    await after.talk.greet();
    await after.talk.grant(work);
    const { result } = await after.talk.committed();
    expect(Array.from(await after.talk.values(result.manifest))).toEqual(Array.from(expected));
    expect(coordinator.store.asked.filter((hash) => !isList(hash))).toEqual([]);
  });

  it('fetches what the disk has damaged, and computes the same', async () => {
    const files = memoryFiles();
    const { work, expected } = await product(3000);
    const { me, talk } = await join({
      open: () => quickBackend({}, cpuBackend()),
      disk: diskOn(files, 8),
    });
    await talk.greet();
    await talk.grant(work);
    await talk.committed();
    await me.stop();
    files.data.bytes.fill(7, 2 * BLOCK_BYTES, 2 * BLOCK_BYTES + 9);
    coordinator.store.asked.length = 0;
    const again = await join({ disk: diskOn(files, 8) });
    await again.talk.greet();
    await again.talk.grant(work);
    const { result } = await again.talk.committed();
    expect(Array.from(await again.talk.values(result.manifest))).toEqual(Array.from(expected));
    expect(coordinator.store.asked.filter((hash) => !isList(hash))).toHaveLength(1);
  });

  it('keeps within a budget that the visitor changes, and forgets when told to', async () => {
    const { me, talk } = await join({ disk: diskOn(memoryFiles(), 8) });
    await talk.greet();
    await talk.grant((await product(3000)).work);
    await talk.committed();
    me.engine.setDiskBudget(4 * BLOCK_BYTES);
    expect(me.engine.status.disk).toEqual({ usedBytes: 4 * BLOCK_BYTES, budgetBytes: 4 * BLOCK_BYTES });
    me.engine.clearDisk();
    expect(me.engine.status.disk).toEqual({ usedBytes: 0, budgetBytes: 4 * BLOCK_BYTES });
  });
});
