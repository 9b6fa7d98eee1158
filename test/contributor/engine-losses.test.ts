import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { AppError } from '../../src/core/errors.ts';
import type { Backend } from '../../src/gpu/backend.ts';
import { Fragile } from './fragile.ts';
import { type RigContributor, type RigOptions, ScriptedCoordinator, startContributor } from './rig.ts';
import { type StoredProduct, storedProduct } from './stored.ts';
import { MIB, cpuBackend, untilAborted } from './with-backend.ts';

const LEFT_ALONE = 'the GPU device was lost. The GPU is left alone now; reload the page to try again.';
/** C is copied out before every range but the first. */
const ALWAYS = (): number => 0;

let coordinator: ScriptedCoordinator;
const contributors: RigContributor[] = [];
let small: StoredProduct;
/** Five ranges of one k-block in the pages of a tight device. */
let long: StoredProduct;

beforeEach(async () => {
  coordinator = await ScriptedCoordinator.start();
  small = await storedProduct('i8', 20, 10, 1500, coordinator.store);
  long = await storedProduct('i8', 20, 10, 5 * 1024, coordinator.store);
});

afterEach(async () => {
  await Promise.all(contributors.splice(0).map((contributor) => contributor.stop()));
  await coordinator.close();
});

async function start(
  open: (n: number) => Fragile | Promise<Fragile>,
  options: Omit<RigOptions, 'open'> = {},
): Promise<{ me: RigContributor; devices: Fragile[] }> {
  const devices: Fragile[] = [];
  const me = await startContributor(coordinator.addresses, {
    ...options,
    open: async (n): Promise<Backend> => (devices[n] = await open(n)).backend,
  });
  contributors.push(me);
  return { me, devices };
}

const tight = (own: ConstructorParameters<typeof Fragile>[0] = {}): Fragile =>
  new Fragile({ inner: cpuBackend(4 * MIB), ...own });
const losing = (losses: number) => (n: number) => tight(n < losses ? { at: ['accumulate', 2] } : {});

describe('a lost GPU', () => {
  it('is opened and tested anew while the lease and the connection live on, and the result is right', async () => {
    const { me, devices } = await start(losing(1), { copyAfter: ALWAYS });
    const talk = await coordinator.connection(0);
    await talk.greet();
    await talk.grant(long.work);
    const { result } = await talk.committed();
    expect(Array.from(await talk.values(result.manifest))).toEqual(Array.from(long.expected));
    expect(devices.map(({ computed }) => computed)).toEqual([
      [0, 1, 2],
      [2, 3, 4],
    ]);
    expect(coordinator.connections).toBe(1);
    expect([talk.unread('decline'), talk.unread('goodbye')]).toEqual([0, 0]);
    expect(me.engine.status.problem).toBeUndefined();
    await expect(devices[0]!.inner.stats()).rejects.toMatchObject({ code: 'closed' });
  });

  it('is told of: testing, and then the range that it goes on with', async () => {
    const { me } = await start(losing(1), { copyAfter: ALWAYS });
    const talk = await coordinator.connection(0);
    await talk.greet();
    const from = me.statuses.length;
    await talk.grant(long.work);
    await talk.committed();
    const seen = me.statuses.slice(from).map(({ stage, progress }) => [stage, progress] as const);
    const testing = seen.findIndex(([stage]) => stage === 'testing');
    expect(seen.slice(0, testing).at(-1)).toEqual(['computing', 0.4]);
    expect(seen.slice(testing).find(([stage]) => stage === 'downloading')).toEqual(['downloading', 0.4]);
    expect(seen.findLast(([stage]) => stage === 'computing')).toEqual(['computing', 1]);
  });

  it('with two leases in flight goes on with both', async () => {
    const { devices } = await start(losing(1), { copyAfter: ALWAYS });
    const talk = await coordinator.connection(0);
    await talk.greet();
    const other = await storedProduct('f32', 20, 10, 1200, coordinator.store);
    const ids = new Map([
      [(await talk.grant(long.work)).lease.id, long],
      [(await talk.grant(other.work)).lease.id, other],
    ]);
    for (const _ of [1, 2]) {
      const { lease, result } = await talk.committed();
      const values = await talk.values(result.manifest);
      expect(values).toHaveLength(200);
      expect(Array.from(values)).toEqual(
        Array.from(ids.get(lease.id)!.expected, (x) => expect.closeTo(x, 2)),
      );
    }
    expect(devices).toHaveLength(2);
    expect(talk.unread('decline')).toBe(0);
  });

  it('tells the coordinator that its blocks are gone, but for those that came back', async () => {
    await start((n) => tight(n === 0 ? { at: ['open', 1] } : {}));
    const talk = await coordinator.connection(0);
    await talk.greet();
    await talk.grant(small.work);
    await talk.committed();
    await talk.grant(long.work);
    await talk.committed();
    const { evicted } = await talk.next('progress');
    expect(evicted).toHaveLength(4); // two k-blocks of both operands
  });

  it('that comes back with too little memory declines what does not fit and computes what does', async () => {
    const large = await storedProduct('i8', 600, 600, 20, coordinator.store);
    const { me } = await start((n) =>
      n === 0 ? new Fragile({ at: ['reserve', 0] }) : new Fragile({ inner: cpuBackend(4 * MIB) }),
    );
    const talk = await coordinator.connection(0);
    await talk.greet();
    const { lease } = await talk.grant(large.work);
    expect(await talk.next('decline')).toMatchObject({ lease: lease.id, code: 'out-of-memory' });
    await talk.grant(small.work);
    await talk.committed();
    expect(me.engine.status.problem).toBeUndefined();
    await talk.link.close();
    const hello = await (await coordinator.connection(1)).next('hello');
    expect(hello.operandBytes).toBeLessThan(4 * MIB);
  });

  it('keeps results that wait for their receipt', async () => {
    const { me } = await start((n) => new Fragile(n === 0 ? { at: ['accumulate', 1] } : {}));
    const talk = await coordinator.connection(0);
    await talk.greet();
    await talk.grant(small.work);
    await talk.committed();
    await talk.grant(small.work);
    await talk.committed();
    expect(me.outbox.pending()).toHaveLength(2);
  });

  it('is left alone after the third loss, with a sentence that says so and a goodbye', async () => {
    const { me, devices } = await start(losing(3));
    const talk = await coordinator.connection(0);
    await talk.greet();
    await talk.grant(long.work);
    await me.done;
    expect(me.engine.status).toMatchObject({
      stage: 'failed',
      problem: { code: 'gpu-lost', message: LEFT_ALONE },
    });
    expect(await talk.next('goodbye')).toMatchObject({ finish: false });
    await talk.link.closed;
    expect([devices.length, coordinator.connections, talk.unread('decline')]).toEqual([3, 1, 0]);
  });

  it('is not left alone when the first of three losses is eleven minutes old', async () => {
    let minutes = 0;
    const clock: Clock = { now: () => minutes * 60_000, after: (ms, call) => systemClock.after(ms, call) };
    const open = (n: number): Fragile => {
      minutes += 5.5; // the first device takes as long to open as the others
      return losing(3)(n);
    };
    const { devices } = await start(open, { clock });
    const talk = await coordinator.connection(0);
    await talk.greet();
    await talk.grant(long.work);
    const { result } = await talk.committed();
    expect(Array.from(await talk.values(result.manifest))).toEqual(Array.from(long.expected));
    expect(devices).toHaveLength(4);
  });

  it('that is lost again while it is opened counts, without the coordinator being troubled', async () => {
    const { me } = await start((n) => {
      if (n === 0) return losing(1)(0);
      throw new AppError('gpu-lost', 'the GPU device was lost');
    });
    const talk = await coordinator.connection(0);
    await talk.greet();
    await talk.grant(long.work);
    await me.done;
    expect(me.engine.status).toMatchObject({ stage: 'failed', problem: { code: 'gpu-lost' } });
    expect(coordinator.connections).toBe(1);
  });

  it('that does not come back at all says why', async () => {
    const { me } = await start((n) => {
      if (n === 0) return losing(1)(0);
      throw new AppError('no-webgpu', 'This browser has no WebGPU.');
    });
    const talk = await coordinator.connection(0);
    await talk.greet();
    await talk.grant(long.work);
    await me.done;
    expect(me.engine.status.problem).toMatchObject({ code: 'no-webgpu' });
    expect(me.engine.status.problem!.message).toContain('This browser has no WebGPU. The GPU is left alone');
    expect(talk.unread('decline')).toBe(0);
  });

  it('that cannot be closed either does not keep the engine from ending', async () => {
    const destroy = (): Promise<void> => Promise.reject(new AppError('gpu-lost', 'gone'));
    const { me } = await start(() => {
      const device = new Fragile();
      return Object.assign(device, { backend: Object.assign(Object.create(device.backend), { destroy }) });
    });
    await (await coordinator.connection(0)).greet();
    await me.stop();
    expect(me.engine.status.stage).toBe('stopped');
  });

  it('that is lost between two connections is built before the next Hello', async () => {
    const { devices } = await start((n) => new Fragile(n === 0 ? { at: ['stats', 1] } : {}));
    const talk = await coordinator.connection(0);
    await talk.greet();
    await talk.link.close();
    const again = await coordinator.connection(1);
    await again.greet();
    expect(devices).toHaveLength(2);
    await again.grant(small.work);
    await again.committed();
  });
});

describe('stopping while a lost GPU is built anew', () => {
  it('ends at once with a goodbye, and the lease with it', async () => {
    const opening = Promise.withResolvers<void>();
    const { me } = await start((n) => {
      if (n === 0) return losing(1)(0);
      opening.resolve();
      return new Promise(() => {});
    });
    const talk = await coordinator.connection(0);
    await talk.greet();
    await talk.grant(long.work);
    await opening.promise;
    await me.stop();
    expect(await talk.next('goodbye')).toMatchObject({ finish: false });
    expect(me.engine.status).toMatchObject({ stage: 'stopped', problem: undefined });
    expect([talk.unread('decline'), talk.unread('commit')]).toEqual([0, 0]);
  });

  it('is not kept from it by a lease that was cancelled meanwhile', async () => {
    const opening = Promise.withResolvers<void>();
    const { me } = await start((n) => {
      if (n === 0) return losing(1)(0);
      opening.resolve();
      return untilAborted(stopped.signal);
    });
    const stopped = new AbortController();
    const talk = await coordinator.connection(0);
    await talk.greet();
    const { lease } = await talk.grant(long.work);
    await opening.promise;
    await Promise.all([
      me.until(({ detail }) => detail === 'done elsewhere'),
      talk.say({ type: 'cancel', lease: lease.id, reason: 'done elsewhere' }),
    ]);
    await me.stop();
    stopped.abort();
    expect(me.engine.status.stage).toBe('stopped');
  });
});

describe('intensity', () => {
  it('is told to the device in use and to the next', async () => {
    const { me, devices } = await start((n) => new Fragile(n === 0 ? { at: ['accumulate', 0] } : {}));
    const talk = await coordinator.connection(0);
    await talk.greet();
    me.engine.setIntensity(0.5);
    await talk.grant(small.work);
    await talk.committed();
    const told = devices.map((device) =>
      device.calls.filter(({ method }) => method === 'setIntensity').map(({ args }) => args[0]),
    );
    expect(told).toEqual([[1, 0.5], [0.5]]);
    expect(() => me.engine.setIntensity(0)).toThrow('between 0.05 and 1');
  });
});
