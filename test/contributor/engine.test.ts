import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { AppError } from '../../src/core/errors.ts';
import type { Backend } from '../../src/gpu/backend.ts';
import { createCpuBackend } from '../../src/gpu/cpu.ts';
import {
  type RigContributor,
  type RigOptions,
  ScriptedCoordinator,
  quickBackend,
  startContributor,
  stuckBackend,
} from './rig.ts';
import { type StoredProduct, storedProduct } from './stored.ts';
import { MIB, cpuBackend, withBackend } from './with-backend.ts';

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

async function start(open?: RigOptions['open']): Promise<RigContributor> {
  const me = await startContributor(coordinator.addresses, open ? { open } : {});
  contributors.push(me);
  return me;
}

const stages = (me: RigContributor): string[] => me.statuses.map(({ stage }) => stage);

/** Counts slices: the CPU backend lets the event loop run, by a timer of 0 ms, after each. */
function sliceCounter(): { clock: Clock; slices: () => number } {
  let slices = 0;
  const clock: Clock = {
    now: () => systemClock.now(),
    after: (ms, callback) => {
      if (ms === 0) slices += 1;
      return systemClock.after(ms, callback);
    },
  };
  return { clock, slices: () => slices };
}

describe('stopping', () => {
  it('says goodbye, frees the GPU, and ends as stopped', async () => {
    const inner = cpuBackend();
    const { backend, started } = stuckBackend(inner);
    let destroyed = 0;
    const me = await start(() =>
      withBackend(backend, {
        destroy: () => {
          destroyed += 1;
          return Promise.resolve();
        },
      }),
    );
    const talk = await coordinator.connection(0);
    await talk.greet();
    await talk.grant(small.work);
    await started;
    await me.stop();
    expect(await talk.next('goodbye')).toMatchObject({ finish: false });
    expect((await inner.stats()).resultBytes).toBe(0);
    expect(destroyed).toBe(1);
    await talk.link.closed;
    expect([talk.unread('decline'), talk.unread('commit')]).toEqual([0, 0]);
    expect(me.engine.status).toMatchObject({ stage: 'stopped', detail: '', progress: 0, problem: undefined });
  });

  it('ends within one slice of a long shard', async () => {
    const { clock, slices } = sliceCounter();
    const long = await storedProduct('i8', 512, 512, 4096, coordinator.store);
    const me = await start(() => quickBackend({}, createCpuBackend({ memoryBytes: 16 * MIB, clock })));
    const talk = await coordinator.connection(0);
    await talk.greet();
    await talk.grant(long.work);
    await me.until(({ stage }) => stage === 'computing');
    const before = slices();
    await me.stop();
    expect(slices() - before).toBeLessThanOrEqual(1);
    expect(me.engine.status.stage).toBe('stopped');
  });

  it('does not wait for known answers', async () => {
    const testing = Promise.withResolvers<void>();
    let destroyed = 0;
    const me = await start(() =>
      quickBackend({
        selfTest: () => {
          testing.resolve();
          return new Promise(() => {});
        },
        destroy: async () => {
          destroyed += 1;
        },
      }),
    );
    await testing.promise;
    await me.stop();
    expect(destroyed).toBe(1);
    expect(stages(me)).toEqual(['testing', 'testing', 'testing', 'stopped']);
    expect(coordinator.connections).toBe(0);
  });

  it('does not wait for a driver, and closes the device that opens afterwards', async () => {
    const opening = Promise.withResolvers<Backend>();
    const destroyed = Promise.withResolvers<void>();
    const me = await start(() => opening.promise);
    await me.stop();
    expect(me.engine.status.stage).toBe('stopped');
    opening.resolve(quickBackend({ destroy: async () => destroyed.resolve() }));
    await destroyed.promise;
  });

  it('does not wait for a coordinator that cannot be reached', async () => {
    const { addresses } = coordinator;
    await coordinator.close();
    const me = await startContributor(addresses);
    await me.until(({ problem }) => problem?.code === 'unreachable');
    await me.stop();
    expect(me.engine.status).toMatchObject({ stage: 'stopped', problem: undefined });
    coordinator = await ScriptedCoordinator.start();
  });

  it('may be asked for twice, and before anything has begun', async () => {
    const me = await start();
    await Promise.all([me.stop(), me.stop()]);
    await me.stop();
    expect(me.engine.status.stage).toBe('stopped');
    me.engine.wake();
    expect(stages(me).at(-1)).toBe('stopped');
  });
});

describe('a GPU that is wrong', () => {
  const wrong = new AppError('gpu-wrong', 'i8-dot4 gave 3 where 4 belongs');

  it('never meets the coordinator when it fails the first known answers', async () => {
    const me = await start(() => quickBackend({ selfTest: () => Promise.reject(wrong) }));
    await me.done;
    expect(me.engine.status).toMatchObject({
      stage: 'failed',
      problem: { code: 'gpu-wrong', message: wrong.message },
    });
    expect(coordinator.connections).toBe(0);
  });

  it('is left alone at once when it fails those that the coordinator asks for', async () => {
    let tests = 0;
    const selfTest = (): Promise<void> => (++tests === 1 ? Promise.resolve() : Promise.reject(wrong));
    const me = await start(() => quickBackend({ selfTest }));
    const talk = await coordinator.connection(0);
    await talk.greet();
    await talk.say({ type: 'self-test', reason: 'a result failed verification' });
    await me.done;
    await talk.link.closed;
    expect(me.engine.status).toMatchObject({ stage: 'failed', problem: { code: 'gpu-wrong' } });
    expect([me.backends.length, coordinator.connections]).toEqual([1, 1]);
  });
});

describe('an engine', () => {
  it('names its adapter and kernel, and passes the real known answers of the CPU', async () => {
    const me = await start(() => cpuBackend());
    await (await coordinator.connection(0)).greet();
    expect(me.engine.status).toMatchObject({ adapter: 'cpu', kernel: 'cpu', stage: 'waiting' });
    expect(me.engine.status.peerId).toBe(me.peerId);
  });

  it.each(['no-webgpu', 'software-adapter', 'out-of-memory'] as const)(
    'ends with the reason when there is no GPU to open: %s',
    async (code) => {
      const me = await start(() => Promise.reject(new AppError(code, 'A sentence.')));
      await me.done;
      expect(me.engine.status).toMatchObject({ stage: 'failed', problem: { code, message: 'A sentence.' } });
    },
  );

  it('adds up the bytes of all its connections', async () => {
    const me = await start();
    const talk = await coordinator.connection(0);
    await talk.greet();
    await talk.grant(small.work);
    await talk.committed();
    const { bytesDown } = me.engine.status;
    expect(bytesDown).toBeGreaterThan(0);
    await talk.link.close();
    const again = await coordinator.connection(1);
    await again.greet();
    const other = await storedProduct('f32', 20, 10, 1500, coordinator.store);
    await again.grant(other.work);
    await me.until((status) => status.bytesDown > bytesDown);
  });
});
