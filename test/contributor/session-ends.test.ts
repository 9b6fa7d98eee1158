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
import { MIB, cpuBackend, untilAborted } from './with-backend.ts';

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

describe('what the coordinator takes back', () => {
  it('stops in mid-compute and gives the GPU back', async () => {
    const inner = cpuBackend();
    const { backend, started } = stuckBackend(inner);
    const { me, talk } = await join(() => backend);
    const { lease } = await talk.grant(small.work);
    await started;
    expect((await inner.stats()).resultBytes).toBeGreaterThan(0);
    await talk.say({ type: 'cancel', lease: lease.id, reason: 'the job has ended' });
    expect(await talk.next('ready')).toEqual({ type: 'ready', leases: 2 });
    expect((await inner.stats()).resultBytes).toBe(0);
    expect(me.engine.status).toMatchObject({ stage: 'waiting', detail: 'the job has ended' });
    expect([talk.unread('decline'), talk.unread('commit')]).toEqual([0, 0]);
  });

  it('frees a committed result that is stale or cancelled', async () => {
    const { me, talk } = await join();
    await talk.grant(small.work);
    const stale = await talk.committed();
    await Promise.all([
      me.until(({ detail }) => detail === 'Too late.'),
      talk.say({
        type: 'notice',
        code: 'stale',
        text: 'Too late.',
        lease: stale.lease.id,
        retryAfterMs: 0,
      }),
    ]);
    await talk.grant(small.work);
    const cancelled = await talk.committed();
    await Promise.all([
      me.until(({ detail }) => detail === 'somebody else was quicker'),
      talk.say({ type: 'cancel', lease: cancelled.lease.id, reason: 'somebody else was quicker' }),
    ]);
    expect(me.outbox.pending()).toEqual([]);
    expect(me.engine.status).toMatchObject({ shardsRejected: 0, problem: undefined });
  });

  it('counts a rejection once, tests itself when asked to, and works again', async () => {
    let tests = 0;
    const selfTest = async (): Promise<void> => {
      tests += 1;
    };
    const { me, talk } = await join(() => quickBackend({ selfTest }));
    await talk.grant(small.work);
    const { lease } = await talk.committed();
    await talk.next('ready');
    const rejected = {
      type: 'notice',
      code: 'rejected',
      text: 'Wrong.',
      lease: lease.id,
      retryAfterMs: 0,
    } as const;
    await talk.say(rejected);
    await talk.say(rejected);
    await talk.say({ type: 'self-test', reason: 'a result failed verification' });
    expect(await talk.next('ready')).toEqual({ type: 'ready', leases: 2 });
    expect(tests).toBe(2); // once at the start
    expect(me.engine.status).toMatchObject({
      stage: 'waiting',
      shardsRejected: 1,
      problem: { code: 'gpu-wrong' },
    });
    expect(me.outbox.pending()).toEqual([]);
    await talk.grant(small.work);
    const good = await talk.committed();
    await talk.say({ type: 'receipt', envelope: await talk.receipt(good) });
    expect(await me.until(({ stage }) => stage === 'verified')).toMatchObject({ problem: undefined });
  });

  it('is deaf to notices and cancels for leases that it does not know', async () => {
    const { me, talk } = await join();
    const lease = 'ee'.repeat(16);
    await talk.say({ type: 'cancel', lease, reason: 'of another' });
    await talk.say({ type: 'notice', code: 'rejected', text: 'Wrong.', lease, retryAfterMs: 0 });
    await talk.grant(small.work);
    await talk.committed();
    expect(me.engine.status.shardsRejected).toBe(0);
    expect(me.statuses.some(({ detail }) => detail === 'of another')).toBe(false);
  });

  it('ends the connection at a frame that is no message', async () => {
    const { me, talk } = await join();
    await talk.link.control.send(Uint8Array.of(255, 1, 2));
    await talk.link.closed;
    expect((await me.until(({ problem }) => problem !== undefined)).problem!.code).toBe('bad-frame');
    await (await coordinator.connection(1)).greet();
  });
});

describe('a receipt', () => {
  it.each<[string, (talk: Conversation) => Promise<Uint8Array>]>([
    [
      'that another key has signed',
      async (talk) => talk.receipt(await talk.committed(), {}, await generateKey()),
    ],
    [
      'whose signature is damaged',
      async (talk) => {
        const envelope = await talk.receipt(await talk.committed());
        envelope[envelope.length - 1]! ^= 1;
        return envelope;
      },
    ],
    [
      'for somebody else',
      async (talk) => talk.receipt(await talk.committed(), { contributor: peerIdOf(await generateKey()) }),
    ],
  ])('%s is refused: the connection ends and nothing is credited', async (_, forge) => {
    const { me, talk } = await join();
    await talk.grant(small.work);
    await talk.say({ type: 'receipt', envelope: await forge(talk) });
    await talk.link.closed;
    await me.until(({ problem }) => problem?.code === 'bad-signature');
    expect(me.engine.status).toMatchObject({ shardsVerified: 0, microcredits: 0n, receipts: 0 });
    expect(me.receipts).toEqual([]);
    // The result still waits, and an honest receipt ends it.
    const again = await coordinator.connection(1);
    await again.greet();
    const committed = await again.committed();
    await again.say({ type: 'receipt', envelope: await again.receipt(committed) });
    expect((await me.until(({ stage }) => stage === 'verified')).shardsVerified).toBe(1);
  });

  it('counts once, however often it is sent', async () => {
    const { me, talk } = await join();
    await talk.grant(small.work);
    const envelope = await talk.receipt(await talk.committed());
    await talk.say({ type: 'receipt', envelope });
    await talk.say({ type: 'receipt', envelope });
    await talk.say({ type: 'notice', code: 'idle', text: 'Nothing.', retryAfterMs: 0 });
    await me.until(({ stage, shardsVerified }) => stage === 'waiting' && shardsVerified > 0);
    expect(me.engine.status).toMatchObject({ shardsVerified: 1, microcredits: 9n });
    expect(me.receipts).toHaveLength(1);
  });
});

describe('a lost connection', () => {
  it('keeps results, commits them again under the same signature, and serves them', async () => {
    const { me, talk } = await join();
    await talk.grant(small.work);
    const before = await talk.committed();
    await talk.link.close();
    const again = await coordinator.connection(1);
    await again.greet();
    const after = await again.committed();
    expect(after.resultEnvelope).toEqual(before.resultEnvelope);
    expect(Array.from(await again.values(after.result.manifest))).toEqual(Array.from(small.expected));
    await again.say({ type: 'receipt', envelope: await again.receipt(after) });
    await me.until(({ shardsVerified }) => shardsVerified === 1);
    expect(me.engine.status.bytesUp).toBeGreaterThan(0);
    // Nothing is left for a third connection.
    await again.link.close();
    const third = await coordinator.connection(2);
    await third.greet();
    await third.grant(small.work);
    expect((await third.committed()).lease.id).not.toBe(after.lease.id);
  });

  it('in mid-download and mid-compute leaves nothing on the GPU, and the next one works', async () => {
    const inner = cpuBackend();
    let stuck = true;
    const started = Promise.withResolvers<void>();
    const accumulate: Backend['accumulate'] = async (shard, range, signal) => {
      started.resolve();
      if (stuck) await untilAborted(signal).catch(() => {});
      return inner.accumulate(shard, range, signal);
    };
    const { talk } = await join(() => quickBackend({ accumulate }, inner));
    await talk.grant(small.work);
    await started.promise;
    await talk.link.close();
    const again = await coordinator.connection(1);
    await again.next('hello');
    expect((await inner.stats()).resultBytes).toBe(0);
    stuck = false;
    await again.say({ type: 'welcome', version: 1, network: 'scripted', window: 2, balanceMicrocredits: 0n });
    await again.grant(small.work);
    await again.committed();
  });

  it('is followed by a Hello that tells how fast the link was', async () => {
    // As much C as is measured at all, and operands that do not come within one tick of the clock.
    const wide = await storedProduct('i8', 256, 512, 4096, coordinator.store);
    const { me, talk } = await join();
    await talk.grant(wide.work);
    const result = await talk.committed();
    await talk.values(result.result.manifest);
    await talk.say({ type: 'receipt', envelope: await talk.receipt(result) });
    await me.until(({ stage }) => stage === 'verified');
    await talk.link.close();
    const hello = await (await coordinator.connection(1)).next('hello');
    expect(hello.downBytesPerSecond).toBeGreaterThan(0);
    expect(hello.upBytesPerSecond).toBeGreaterThan(0);
  });

  it('takes turns when more was granted than was asked for, and declines nothing', async () => {
    const inner = cpuBackend();
    let [now, most] = [0, 0];
    const open: Backend['open'] = (shape) => {
      now += 1;
      most = Math.max(most, now);
      return inner.open(shape);
    };
    const close: Backend['close'] = async (shard) => {
      const blocks = await inner.close(shard);
      now -= 1;
      return blocks;
    };
    const { talk } = await join(() => quickBackend({ open, close }, inner));
    for (let i = 0; i < 4; i++) await talk.grant(small.work);
    for (let i = 0; i < 4; i++) await talk.committed();
    expect(most).toBeLessThanOrEqual(2);
    expect(talk.unread('decline')).toBe(0);
  });

  it('tells of evicted blocks, so that the coordinator knows what is still held', async () => {
    const wide = await storedProduct('i8', 20, 10, 6 * 1024, coordinator.store); // 12 blocks: all the pages
    const { talk } = await join(() => quickBackend({}, cpuBackend(4 * MIB)));
    await talk.grant(wide.work);
    await talk.committed();
    await talk.grant(small.work);
    await talk.committed();
    const { evicted } = await talk.next('progress');
    const blocks = new Set(coordinator.store.asked);
    expect(evicted).toHaveLength(4);
    for (const hash of evicted) expect(blocks).toContain(hash);
  });

  it('does not tell of blocks that went before the connection', async () => {
    const evicted = ['aa'.repeat(32)];
    const { me, talk } = await join(() => quickBackend({ takeEvicted: async () => evicted.splice(0) }));
    await talk.grant(small.work);
    const committed = await talk.committed();
    await talk.say({ type: 'receipt', envelope: await talk.receipt(committed) });
    await me.until(({ stage }) => stage === 'verified');
    expect(evicted).toEqual([]);
    expect(talk.unread('progress')).toBe(0);
  });

  it('for this key because it contributes from elsewhere ends the engine without a goodbye', async () => {
    const { me, talk } = await join();
    await talk.say({ type: 'notice', code: 'replaced', text: 'Another tab.', retryAfterMs: 0 });
    await me.done;
    await talk.link.closed;
    expect(me.engine.status).toMatchObject({ stage: 'failed', problem: { code: 'conflict' } });
    expect(talk.unread('goodbye')).toBe(0);
    expect(coordinator.connections).toBe(1);
  });
});
