/** A coordinator that sends too much, too often, or nothing: the contributor hangs up, says why, and stays small. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ContributorStatus } from '../../src/contributor/api.ts';
import { Outbox } from '../../src/contributor/outbox.ts';
import { sha256, toHex } from '../../src/core/bytes.ts';
import { seededRng } from '../../src/core/rng.ts';
import { encodeBlock, decodeBlockFrame } from '../../src/protocol/block-frames.ts';
import { generateKey, peerIdOf } from '../../src/protocol/keys.ts';
import {
  COORDINATOR_BURST,
  MAX_COORDINATOR_PER_SECOND,
  MAX_WINDOW,
  MISSING_BURST,
  SELF_TEST_BURST,
  SOCKET_WANT_WINDOW,
  WANT_WINDOW,
  WELCOME_DEADLINE_MS,
} from '../../src/protocol/limits.ts';
import type { FromCoordinator } from '../../src/protocol/messages.ts';
import type { Conversation } from '../contributor/conversation.ts';
import {
  type RigContributor,
  type RigOptions,
  ScriptedCoordinator,
  quickBackend,
  startContributor,
  stuckBackend,
} from '../contributor/rig.ts';
import { type StoredProduct, storedProduct } from '../contributor/stored.ts';
import { cpuBackend } from '../contributor/with-backend.ts';
import { JumpClock } from '../helpers/jump-clock.ts';
import { cell, lie, list, oneBlock, put } from './lying-leases.ts';
import { type RawCoordinator, startRawCoordinator } from './raw-coordinator.ts';

const MIB = 1024 * 1024;

let coordinator: ScriptedCoordinator;
let honest: StoredProduct;
const contributors: RigContributor[] = [];
const raws: RawCoordinator[] = [];

beforeEach(async () => {
  coordinator = await ScriptedCoordinator.start();
  honest = await storedProduct('i8', 20, 10, 1500, coordinator.store);
});

afterEach(async () => {
  await Promise.all(contributors.splice(0).map((contributor) => contributor.stop()));
  await Promise.all([coordinator.close(), ...raws.splice(0).map((raw) => raw.close())]);
});

async function join(options: RigOptions = {}): Promise<{ me: RigContributor; talk: Conversation }> {
  const me = await startContributor(coordinator.addresses, options);
  contributors.push(me);
  const talk = await coordinator.connection(0);
  await talk.greet();
  return { me, talk };
}

/** It hung up, told the visitor why, came back, and works. */
async function hungUp(me: RigContributor, talk: Conversation, code: string, why: RegExp): Promise<void> {
  await talk.link.closed;
  const status = await me.until(({ problem }) => problem !== undefined);
  expect(status.problem).toMatchObject({ code });
  expect(status.detail).toMatch(why);
  const again = await coordinator.connection(1);
  await again.greet();
  await again.grant(honest.work);
  await again.committed();
}

/** Says it over and over, until nobody listens any more. */
async function flood(talk: Conversation, make: (i: number) => FromCoordinator): Promise<void> {
  for (let i = 0; i < 3 * COORDINATOR_BURST; i++) await talk.say(make(i));
}

/** After a collection: what is still held, not what nobody has swept yet. */
function residentBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().rss;
}

const nobody = (): Promise<void> => Promise.resolve();

describe('a flood', () => {
  it.each<[string, (i: number) => FromCoordinator]>([
    ['notices', (i) => ({ type: 'notice', code: 'idle', text: `Nothing ${i}.`, retryAfterMs: 0 })],
    ['cancels', (i) => ({ type: 'cancel', lease: i.toString(16).padStart(32, '0'), reason: 'no' })],
    ['leases that are none', () => ({ type: 'lease', envelope: new Uint8Array(4096).fill(8) })],
  ])('of %s is hung up on, and the page hears no more than it can show', async (_, make) => {
    const { me, talk } = await join();
    const began = performance.now();
    await Promise.all([flood(talk, make).catch(nobody), talk.link.closed]);
    await hungUp(me, talk, 'too-large', /asks for more than it may.*faster than anybody can use/);
    const seconds = (performance.now() - began) / 1000;
    const heard = COORDINATOR_BURST + MAX_COORDINATOR_PER_SECOND * seconds;
    expect(me.statuses.length).toBeLessThan(2.5 * heard);
  });

  it('of leases is hung up on, and most of them are never begun', async () => {
    const inner = cpuBackend();
    let opened = 0;
    const { backend, started } = stuckBackend(inner);
    let stuck = true;
    const { me, talk } = await join({
      open: () =>
        quickBackend(
          {
            open: (shape) => {
              opened += 1;
              return inner.open(shape);
            },
            accumulate: (...call) => (stuck ? backend : inner).accumulate(...call),
          },
          inner,
        ),
    });
    const grants = async (): Promise<void> => {
      for (let i = 0; i < 2 * MAX_WINDOW; i++) await talk.grant(honest.work);
    };
    await Promise.all([grants().catch(nobody), started, talk.link.closed]);
    stuck = false;
    expect(opened).toBeLessThanOrEqual(2);
    await hungUp(me, talk, 'too-large', /more than 64 leases at once/);
  });

  it('of leases for somebody else is answered lease by lease and leaves nothing behind', async () => {
    const { me, talk } = await join();
    const contributor = peerIdOf(await generateKey());
    for (let i = 0; i < 40; i++) {
      await talk.grant(honest.work, { contributor });
      expect(await talk.next('decline')).toMatchObject({ code: 'wrong-peer' });
    }
    expect(coordinator.store.asked).toEqual([]);
    expect(me.outbox.heldBytes).toBe(0);
    await talk.grant(honest.work);
    await talk.committed();
  });

  it('of leases that are taken back at once is hung up on', async () => {
    const { me, talk } = await join();
    const grants = async (): Promise<void> => {
      for (let i = 0; i < COORDINATOR_BURST; i++) {
        const { lease } = await talk.grant(honest.work);
        await talk.say({ type: 'cancel', lease: lease.id, reason: 'no' });
      }
    };
    await Promise.all([grants().catch(nobody), talk.link.closed]);
    await hungUp(me, talk, 'too-large', /asks for more than it may/);
  });

  it('of self-tests is hung up on before it burns the GPU', async () => {
    let tests = 0;
    const selfTest = async (): Promise<void> => void (tests += 1);
    const { me, talk } = await join({ open: () => quickBackend({ selfTest }) });
    const ask = async (): Promise<void> => {
      for (let i = 0; i < 100; i++) await talk.say({ type: 'self-test', reason: 'again' });
    };
    await Promise.all([ask().catch(nobody), talk.link.closed]);
    expect(tests).toBeLessThanOrEqual(1 + SELF_TEST_BURST);
    await hungUp(me, talk, 'too-large', /known answers over and over/);
  });

  it('of welcomes, each of which would bring every waiting result again, is hung up on', async () => {
    const { me, talk } = await join();
    await talk.say({ type: 'welcome', version: 1, network: 'again', window: 2, balanceMicrocredits: 0n });
    await hungUp(me, talk, 'bad-frame', /cannot be right.*Reason: it welcomes this contributor twice/);
  });

  it('of wants for blocks that do not exist is hung up on', async () => {
    const { me, talk } = await join();
    const names = seededRng(3);
    let missing = 0;
    const want = async (): Promise<void> => {
      for (let i = 0; i < 2 * MISSING_BURST; i++) {
        const failed = await talk.link.blocks.fetch(toHex(names.bytes(32))).catch((error: unknown) => error);
        if ((failed as { code?: string }).code !== 'not-found') return;
        missing += 1;
      }
    };
    await Promise.all(Array.from({ length: WANT_WINDOW }, want));
    expect(missing).toBeLessThan(2 * MISSING_BURST);
    await hungUp(me, talk, 'too-large', /goes on wanting blocks that are not here/);
  });

  it('of wants for one result ends: it is sent sixteen times and then no more', async () => {
    const { me, talk } = await join();
    await talk.grant(honest.work);
    const { lease, result } = await talk.committed();
    let sent = 0;
    for (; sent < 1000; sent++) {
      if (
        await talk.link.blocks.fetch(result.manifest).then(
          () => false,
          () => true,
        )
      )
        break;
    }
    // The manifest alone is small; all that it may take is what sixteen whole results would.
    expect(sent * 48).toBeLessThanOrEqual(16 * me.outbox.heldBytes);
    expect(me.engine.status.bytesUp).toBeLessThanOrEqual(16 * me.outbox.heldBytes);
    await talk.say({ type: 'cancel', lease: lease.id, reason: 'done' });
    await talk.grant(honest.work);
    await talk.values((await talk.committed()).result.manifest);
  });
});

describe('results that nobody takes', () => {
  it('stop the computing once they fill their share of memory, and taking them lets it go on', async () => {
    const outbox = new Outbox(MIB);
    const large = await storedProduct('i8', 256, 256, 16, coordinator.store); // 256 KiB of C
    const { me, talk } = await join({ outbox });
    const leases: string[] = [];
    for (let i = 0; i < 4; i++) {
      const { lease } = await talk.grant(large.work);
      leases.push(lease.id);
      await talk.committed();
    }
    expect(outbox.full).toBe(true);
    await talk.grant(large.work);
    expect(await talk.next('decline')).toMatchObject({
      code: 'out-of-memory',
      reason: 'too many results wait for their receipts',
    });
    expect(outbox.heldBytes).toBeLessThan(1.01 * MIB);
    let ready = await talk.next('ready');
    while (ready.leases > 0) ready = await talk.next('ready');
    await talk.say({ type: 'cancel', lease: leases[0]!, reason: 'done elsewhere' });
    while (ready.leases === 0) ready = await talk.next('ready');
    expect(ready.leases).toBe(2);
    await talk.grant(large.work);
    await talk.committed();
    expect(me.outbox.pending()).toHaveLength(4);
  });
});

describe('a receipt for what was not handed in', () => {
  it.each([
    ['another result', { resultDigest: 'ab'.repeat(32) }],
    ['another lease', { leaseDigest: 'ab'.repeat(32) }],
    ['another job', { job: 'other' }],
  ])('names %s: it is refused, and the result still waits', async (_, own) => {
    const { me, talk } = await join();
    await talk.grant(honest.work);
    await talk.say({ type: 'receipt', envelope: await talk.receipt(await talk.committed(), own) });
    await talk.link.closed;
    const { problem, shardsVerified } = await me.until((status) => status.problem !== undefined);
    expect(problem).toMatchObject({ code: 'bad-frame' });
    expect(shardsVerified).toBe(0);
    expect(me.outbox.pending()).toHaveLength(1);
  });
});

describe('on the blocks stream', () => {
  async function joinRaw(netClock?: JumpClock) {
    const raw = await startRawCoordinator();
    raws.push(raw);
    const me = await startContributor(raw.addresses, netClock ? { netClock } : {});
    contributors.push(me);
    const { talk, blocks, stream, closed } = await raw.connection(0);
    await talk.greet();
    const wanted = async (): Promise<readonly string[]> => {
      const frame = decodeBlockFrame((await blocks.receive())!);
      return frame.type === 'want' ? frame.hashes : [];
    };
    return { raw, me, talk, blocks, stream, closed, wanted };
  }

  const hasReason = (me: RigContributor, why: RegExp): Promise<ContributorStatus> =>
    me.until(({ detail, problem }) => problem?.code === 'bad-frame' && why.test(detail));

  it('a block with another hash is hung up on', async () => {
    const { me, talk, blocks, closed, wanted } = await joinRaw();
    await talk.grant(honest.work);
    const [hash] = await wanted();
    await blocks.send(encodeBlock(hash!, new Uint8Array(48)));
    await closed;
    await hasReason(me, /Reason: a block does not hash to its name/);
  });

  it('blocks that nobody wanted are hung up on at the first', async () => {
    const { me, blocks, closed } = await joinRaw();
    const bytes = new Uint8Array(256 * 1024).fill(5);
    const frame = encodeBlock(toHex(await sha256(bytes)), bytes);
    const pour = async (): Promise<void> => {
      for (let i = 0; i < 1000; i++) await blocks.send(frame);
    };
    await Promise.all([pour().catch(nobody), closed]);
    await hasReason(me, /never wanted/);
    expect(blocks.bytesOut).toBeLessThan(16 * MIB);
  });

  it('a frame without an end is hung up on when its length is told', async () => {
    const { me, stream, closed } = await joinRaw();
    stream.send(Uint8Array.of(0xff, 0xff, 0xff, 0x7f));
    await closed;
    await hasReason(me, /over the limit/);
  });

  it('a length without an end is hung up on', async () => {
    const { me, stream, closed } = await joinRaw();
    stream.send(new Uint8Array(64).fill(0xff));
    await closed;
    await hasReason(me, /length prefix has no end/);
  });

  it('half a block and then nothing: the lease is given back after a minute, and the visitor can stop', async () => {
    const netClock = new JumpClock();
    const { me, talk, stream, wanted } = await joinRaw(netClock);
    const { lease } = await talk.grant(honest.work);
    await wanted();
    const before = me.engine.status.bytesDown;
    stream.send(Uint8Array.of(0x80, 0x80, 0x10, 4, 1, 2, 3)); // 262,144 bytes are announced
    netClock.jump(61_000);
    netClock.jump(61_000);
    expect(await talk.next('decline')).toMatchObject({ lease: lease.id, code: 'timeout' });
    expect(me.engine.status.bytesDown).toBe(before);
    await me.stop();
    expect(me.engine.status.stage).toBe('stopped');
  });

  it('a byte a minute does not hold a lease for longer than half an hour', async () => {
    const netClock = new JumpClock();
    const { me, talk, stream, wanted } = await joinRaw(netClock);
    const { lease } = await talk.grant(honest.work);
    await wanted();
    stream.send(Uint8Array.of(0x80, 0x80, 0x10, 4));
    for (let minute = 0; minute < 32; minute++) {
      stream.send(Uint8Array.of(minute));
      await Promise.all([
        me.until(({ detail }) => detail === `Minute ${minute}.`),
        talk.say({ type: 'notice', code: 'wait', text: `Minute ${minute}.`, retryAfterMs: 0 }),
      ]);
      netClock.jump(60_001);
    }
    expect(await talk.next('decline')).toMatchObject({ lease: lease.id, code: 'timeout' });
  });
});

describe('a coordinator that does not answer', () => {
  it('the Hello is left after a minute', async () => {
    const clock = new JumpClock();
    const me = await startContributor(coordinator.addresses, { clock });
    contributors.push(me);
    const talk = await coordinator.connection(0);
    await talk.next('hello');
    clock.jump(WELCOME_DEADLINE_MS);
    await talk.link.closed;
    expect(me.waits[0]!.error).toMatchObject({ code: 'timeout' });
    await (await coordinator.connection(1)).greet();
  });
});

describe('memory', () => {
  it(
    'grows by less than 64 MiB over thousands of leases that lie, each in its own way',
    { timeout: 120_000 },
    async () => {
      const { me, talk } = await join();
      const { store } = coordinator;
      const names = seededRng(9);
      let declined = 0;
      const round = async (leases: number): Promise<void> => {
        for (let i = 0; i < leases; i++) {
          // Fewer than the window: else the contributor would end by wanting too much in vain.
          const strips = Array.from({ length: 24 }, () => toHex(names.bytes(32)));
          const tall = { dtype: 'i8', rows: 24 * 256, cols: 16 } as const;
          const lists = await lie(store, { ...tall, root: await list(store, strips) });
          const bytes = names.bytes(256);
          const short = await oneBlock(store, { dtype: 'i8', rows: 16, cols: 32 }, bytes);
          const odd = await put(store, names.bytes(1000));
          for (const work of [cell(lists, lists, { rowBlocks: 24 }), cell(short, short), cell(odd, odd)]) {
            await talk.grant(work);
            await talk.next('decline');
            declined += 1;
          }
          store.bytes.clear();
          store.asked.length = 0;
        }
      };
      await round(100);
      const before = residentBytes();
      for (let i = 0; i < 4; i++) {
        await round(50);
        expect(residentBytes() - before).toBeLessThan(64 * MIB);
      }
      expect(declined).toBe(900);
      expect(me.outbox.heldBytes).toBe(0);
      expect((await me.backends[0]!.stats()).resultBytes).toBe(0);
    },
  );

  it('is not filled by questions about lists that never come', async () => {
    const raw = await startRawCoordinator();
    raws.push(raw);
    const me = await startContributor(raw.addresses);
    contributors.push(me);
    const { talk, blocks } = await raw.connection(0);
    await talk.greet();
    const names = seededRng(11);
    let open = 0;
    let most = 0;
    void (async () => {
      for (;;) {
        const bytes = await blocks.receive().catch(() => undefined);
        if (!bytes) return;
        const frame = decodeBlockFrame(bytes);
        if (frame.type === 'want') open += frame.hashes.length;
        most = Math.max(most, open);
      }
    })();
    for (let i = 0; i < 200; i++) {
      const { lease } = await talk.grant(cell(toHex(names.bytes(32)), toHex(names.bytes(32))));
      await talk.say({ type: 'cancel', lease: lease.id, reason: 'no' });
    }
    await Promise.all([
      me.until(({ detail }) => detail === 'The last one.'),
      talk.say({ type: 'notice', code: 'over', text: 'The last one.', retryAfterMs: 0 }),
    ]);
    // Cancelled wants keep their credits until they are answered: never more than the window.
    expect(most).toBeLessThanOrEqual(SOCKET_WANT_WINDOW);
  });
});
