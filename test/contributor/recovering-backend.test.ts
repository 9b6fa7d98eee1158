import { describe, expect, it } from 'vitest';
import { type RecoveryEvent, RecoveringBackend } from '../../src/contributor/recovering-backend.ts';
import { AppError } from '../../src/core/errors.ts';
import type { Backend } from '../../src/gpu/backend.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { Fragile, type FragileOptions } from './fragile.ts';
import { MIB, cpuBackend } from './with-backend.ts';

const SHAPE = { dtype: 'i8', rows: 4, cols: 4, k: 16 } as const;
const MINUTE = 60_000;
const lost = (): AppError => new AppError('gpu-lost', 'the GPU device was lost');
const hash = (n: number): string => n.toString(16).padStart(64, '0');
const LEFT_ALONE = 'the GPU device was lost. The GPU is left alone now; reload the page to try again.';

interface Rig {
  readonly gpu: RecoveringBackend;
  readonly clock: FakeClock;
  readonly stop: AbortController;
  readonly devices: Fragile[];
  readonly events: string[];
  /** Opens and destructions in their order. */
  readonly order: string[];
}

type Open = (n: number) => Fragile | Promise<Fragile>;

function rig(open: Open = () => new Fragile()): Rig {
  const clock = new FakeClock();
  const stop = new AbortController();
  const devices: Fragile[] = [];
  const events: string[] = [];
  const order: string[] = [];
  const gpu = new RecoveringBackend({
    open: async (): Promise<Backend> => {
      const n = order.filter((what) => what.startsWith('open')).length;
      order.push(`open ${n}`);
      const device = await open(n);
      devices[n] = device;
      return new Proxy(device.backend, {
        get: (target, name) => {
          const call: unknown = Reflect.get(target, name);
          if (name === 'destroy') order.push(`destroy ${n}`);
          return call;
        },
      });
    },
    clock,
    signal: stop.signal,
    onEvent: (event: RecoveryEvent) => void events.push(event.type),
  });
  return { gpu, clock, stop, devices, events, order };
}

async function started(open?: Open): Promise<Rig> {
  const made = rig(open);
  await made.gpu.start();
  return made;
}

describe('a backend that recovers', () => {
  it('opens and tests one device, and passes everything on to it', async () => {
    const { gpu, devices, events, order } = await started(() => new Fragile({ own: {} }));
    expect(gpu.info).toEqual(devices[0]!.inner.info);
    expect([gpu.pageCount, gpu.resultBytes]).toEqual([
      devices[0]!.inner.pageCount,
      devices[0]!.inner.resultBytes,
    ]);
    expect(devices[0]!.asked('selfTest')).toBe(1);
    expect(events).toEqual(['testing', 'adapter', 'adapter']);
    await gpu.destroy();
    await gpu.destroy();
    expect(order).toEqual(['open 0', 'destroy 0']);
    await expect(gpu.open(SHAPE)).rejects.toMatchObject({ code: 'closed' });
  });

  it('cannot be asked anything before it has started', async () => {
    const { gpu } = rig();
    await expect(gpu.open(SHAPE)).rejects.toMatchObject({ code: 'closed' });
    expect(() => gpu.pageCount).toThrow('not open');
  });

  it('builds one device for everybody who notices the loss, the old one destroyed first', async () => {
    const { gpu, devices, events, order } = await started();
    const shards = await Promise.all([gpu.open(SHAPE), gpu.open(SHAPE)]);
    devices[0]!.lose();
    const asked = shards.flatMap((shard) => [gpu.reserve(shard, [hash(1)]), gpu.save(shard)]);
    for (const call of await Promise.allSettled(asked)) {
      expect(call).toMatchObject({ status: 'rejected', reason: { code: 'gpu-lost' } });
    }
    await gpu.stats();
    expect(order).toEqual(['open 0', 'destroy 0', 'open 1']);
    expect(events.slice(3)).toEqual(['testing', 'adapter', 'adapter', 'recovered']);
    expect(devices[1]!.asked('selfTest')).toBe(1);
  });

  it('ends at once what waits for a device that another call found lost', async () => {
    const { gpu } = await started(
      (n) =>
        new Fragile(
          n > 0
            ? {}
            : {
                own: {
                  selfTest: async () => {},
                  accumulate: () => new Promise(() => {}),
                  save: () => Promise.reject(lost()),
                },
              },
        ),
    );
    const [one, two] = [await gpu.open(SHAPE), await gpu.open(SHAPE)];
    const waiting = gpu.accumulate(one, { from: 0, to: 1, a: [], b: [] });
    await expect(gpu.save(two)).rejects.toMatchObject({ code: 'gpu-lost' });
    await expect(waiting).rejects.toMatchObject({ code: 'gpu-lost' });
  });

  it('answers for shards of the lost device, which may all be abandoned, without touching the next', async () => {
    const { gpu, devices } = await started();
    const old = await gpu.open(SHAPE);
    devices[0]!.lose();
    const next = await gpu.open(SHAPE); // waits for the next device
    expect(devices[1]!.asked('open')).toBe(1);
    for (const call of [gpu.reserve(old, []), gpu.put(old, hash(1), new Uint8Array(16)), gpu.close(old)]) {
      await expect(call).rejects.toMatchObject({ code: 'gpu-lost' });
    }
    await gpu.abandon(old);
    await gpu.abandon(old);
    await expect(gpu.save(old)).rejects.toMatchObject({ code: 'not-found' });
    expect(devices[1]!.calls.map(({ method }) => method)).toEqual(['selfTest', 'setIntensity', 'open']);
    expect(await gpu.close(next)).toHaveLength(1);
  });

  it('is abandoned in, on a device that is lost by that, and still recovers', async () => {
    const { gpu, devices } = await started(() => new Fragile());
    const shard = await gpu.open(SHAPE);
    devices[0]!.lose();
    await gpu.abandon(shard);
    await gpu.stats();
    expect(devices).toHaveLength(2);
  });

  it.each<[string, (gpu: RecoveringBackend) => Promise<unknown>]>([
    ['open', (gpu) => gpu.open(SHAPE)],
    ['stats', (gpu) => gpu.stats()],
    ['takeEvicted', (gpu) => gpu.takeEvicted()],
    ['selfTest', (gpu) => gpu.selfTest()],
  ])('goes on by itself when the device is lost in %s', async (method, call) => {
    const nth = method === 'selfTest' ? 1 : 0;
    const { gpu, devices } = await started(
      (n) => new Fragile(n === 0 ? { at: [method, nth] as NonNullable<FragileOptions['at']> } : {}),
    );
    await call(gpu);
    expect(devices).toHaveLength(2);
    expect(devices[1]!.asked(method as 'open')).toBe(nth + 1);
  });

  it('keeps what an error means that is not a loss', async () => {
    const { gpu, devices } = await started(() => new Fragile({ inner: cpuBackend(4 * MIB) }));
    const huge = gpu.open({ ...SHAPE, rows: 4000, cols: 4000 });
    await expect(huge).rejects.toMatchObject({ code: 'out-of-memory' });
    await expect(gpu.open({ ...SHAPE, k: 0 })).rejects.toMatchObject({ code: 'bad-input' });
    expect(devices).toHaveLength(1);
  });

  it('tells what the next device has, which may be less', async () => {
    const { gpu, devices } = await started((n) => new Fragile({ inner: cpuBackend((8 - 4 * n) * MIB) }));
    const { pageCount } = gpu;
    devices[0]!.lose();
    await gpu.stats();
    expect(gpu.pageCount).toBeLessThan(pageCount);
  });
});

describe('intensity', () => {
  const told = (device: Fragile | undefined): unknown[] =>
    device!.calls.filter(({ method }) => method === 'setIntensity').map(({ args }) => args[0]);

  it('is told to every device, also when it was set before the first', async () => {
    const { gpu, devices } = rig();
    await gpu.setIntensity(0.3);
    await gpu.start();
    await gpu.setIntensity(0.5);
    devices[0]!.lose();
    await gpu.stats();
    expect(devices.map(told)).toEqual([[0.3, 0.5], [0.5]]);
  });

  it('that is set while a device is tested is not forgotten, and a lost device does not refuse it', async () => {
    const testing = Promise.withResolvers<void>();
    const { gpu, devices } = await started(
      (n) => new Fragile(n === 0 ? {} : { own: { selfTest: () => testing.promise } }),
    );
    devices[0]!.lose();
    await gpu.setIntensity(0.2); // finds the loss
    await gpu.setIntensity(0.4);
    testing.resolve();
    await gpu.stats();
    expect(told(devices[1]).at(-1)).toBe(0.4);
  });

  it.each([0, 0.04, 1.01, Number.NaN])('%s is refused', async (share) => {
    const { gpu } = rig();
    await expect(gpu.setIntensity(share)).rejects.toMatchObject({ code: 'bad-input' });
  });
});

describe('evictions', () => {
  it('after a loss are all blocks of the lost device that were not told before', async () => {
    const { gpu, devices } = await started();
    const put = async (shard: number, n: number): Promise<void> => {
      await gpu.reserve(shard, [hash(n)]);
      await gpu.put(shard, hash(n), new Uint8Array(16));
    };
    const shard = await gpu.open(SHAPE);
    for (const n of [1, 2, 3]) await put(shard, n);
    expect(await gpu.takeEvicted()).toEqual([]);
    devices[0]!.lose();
    const next = await gpu.open(SHAPE);
    await put(next, 2); // has come back
    expect(await gpu.takeEvicted()).toEqual([hash(1), hash(3)]);
    expect(await gpu.takeEvicted()).toEqual([]);
  });

  it('that were told before the loss are not told again', async () => {
    const evicted = [hash(1)];
    const takeEvicted = async (): Promise<string[]> => evicted.splice(0);
    const { gpu, devices } = await started(
      (n) => new Fragile({ own: { selfTest: async () => {}, ...(n === 0 ? { takeEvicted } : {}) } }),
    );
    const shard = await gpu.open(SHAPE);
    await gpu.reserve(shard, [hash(1), hash(2)]);
    for (const n of [1, 2]) await gpu.put(shard, hash(n), new Uint8Array(16));
    expect(await gpu.takeEvicted()).toEqual([hash(1)]);
    devices[0]!.lose();
    expect(await gpu.takeEvicted()).toEqual([hash(2)]);
  });
});

describe('losses', () => {
  /** Loses the device in use and waits for the next. */
  async function lose({ gpu, devices }: Rig): Promise<void> {
    devices.at(-1)!.lose();
    await gpu.stats();
  }

  it('are survived twice in ten minutes; the third ends it, with a sentence that says so', async () => {
    const made = await started();
    const { gpu, clock, devices, events } = made;
    await lose(made);
    await clock.advance(5 * MINUTE);
    await lose(made);
    const shard = await gpu.open(SHAPE);
    await clock.advance(4 * MINUTE);
    devices[2]!.lose();
    const over = { code: 'gpu-lost', message: LEFT_ALONE };
    await expect(gpu.reserve(shard, [hash(1)])).rejects.toMatchObject({ code: 'gpu-lost' });
    await expect(gpu.open(SHAPE)).rejects.toMatchObject(over);
    for (const call of [gpu.save(shard), gpu.stats(), gpu.takeEvicted(), gpu.selfTest()]) {
      await expect(call).rejects.toMatchObject(over);
    }
    await gpu.abandon(shard);
    await gpu.setIntensity(0.5);
    expect(devices).toHaveLength(3);
    expect(events.filter((type) => type === 'over')).toHaveLength(1);
    await gpu.destroy();
  });

  it('of which the first is eleven minutes old are survived', async () => {
    const made = await started();
    await lose(made);
    await made.clock.advance(5 * MINUTE);
    await lose(made);
    await made.clock.advance(6 * MINUTE);
    await lose(made);
    expect(made.devices).toHaveLength(4);
    await made.clock.advance(3 * MINUTE); // this one is the third within ten minutes
    await expect(lose(made)).rejects.toMatchObject({ message: LEFT_ALONE });
  });

  it('while a device is opened or tested count, and each such device is destroyed', async () => {
    const made = await started((n) => {
      if (n === 1) throw lost();
      return new Fragile();
    });
    await lose(made);
    expect(made.order).toEqual(['open 0', 'destroy 0', 'open 1', 'open 2']);
    const tested = await started((n) => new Fragile(n === 1 ? { at: ['selfTest', 0] } : {}));
    await lose(tested);
    expect(tested.order).toEqual(['open 0', 'destroy 0', 'open 1', 'destroy 1', 'open 2']);
    await expect(lose(tested)).rejects.toMatchObject({ message: LEFT_ALONE });
  });

  it('of the very first device count too', async () => {
    const { devices } = await started((n) => new Fragile(n < 2 ? { at: ['selfTest', 0] } : {}));
    expect(devices).toHaveLength(3);
    const never = rig(() => new Fragile({ at: ['selfTest', 0] }));
    await expect(never.gpu.start()).rejects.toMatchObject({ code: 'gpu-lost', message: LEFT_ALONE });
  });

  it.each(['no-webgpu', 'gpu-wrong'] as const)(
    'after which no right device comes end it: %s',
    async (code) => {
      const error = new AppError(code, 'A sentence.');
      const made = await started((n) => {
        if (n === 0) return new Fragile();
        if (code === 'no-webgpu') throw error;
        return new Fragile({ own: { selfTest: () => Promise.reject(error) } });
      });
      await expect(lose(made)).rejects.toMatchObject({
        code,
        message: 'A sentence. The GPU is left alone now; reload the page to try again.',
      });
      expect(made.events.at(-1)).toBe('over');
    },
  );
});

describe('a wrong device', () => {
  const wrong = new AppError('gpu-wrong', 'i8 gave 3 where 4 belongs');

  it('that is the first says only what is wrong', async () => {
    const { gpu, order } = rig(() => new Fragile({ own: { selfTest: () => Promise.reject(wrong) } }));
    await expect(gpu.start()).rejects.toBe(wrong);
    expect(order).toEqual(['open 0', 'destroy 0']);
  });

  it('is not used any more when it fails later known answers', async () => {
    let tests = 0;
    const selfTest = (): Promise<void> => (++tests === 1 ? Promise.resolve() : Promise.reject(wrong));
    const { gpu, events, order } = await started(() => new Fragile({ own: { selfTest } }));
    await expect(gpu.selfTest()).rejects.toMatchObject({ code: 'gpu-wrong' });
    await expect(gpu.open(SHAPE)).rejects.toMatchObject({ code: 'gpu-wrong' });
    expect(events.at(-1)).toBe('over');
    await gpu.destroy();
    expect(order).toEqual(['open 0', 'destroy 0']);
  });
});

describe('a stop', () => {
  it('while the next device opens ends all that waits, and closes the device that comes too late', async () => {
    const late = Promise.withResolvers<Fragile>();
    const made = await started((n) => (n === 0 ? new Fragile() : late.promise));
    const { gpu, devices, stop, order, events } = made;
    devices[0]!.lose();
    const waiting = Promise.allSettled([gpu.open(SHAPE), gpu.stats()]);
    await made.clock.advance(0);
    stop.abort();
    for (const call of await waiting)
      expect(call).toMatchObject({ status: 'rejected', reason: { code: 'aborted' } });
    await gpu.destroy();
    late.resolve(new Fragile());
    await made.clock.advance(0);
    expect(order).toEqual(['open 0', 'destroy 0', 'open 1', 'destroy 1']);
    expect(events).not.toContain('over');
  });

  it('while the next device is tested destroys it', async () => {
    const made = await started((n) =>
      n === 0 ? new Fragile() : new Fragile({ own: { selfTest: () => new Promise(() => {}) } }),
    );
    made.devices[0]!.lose();
    const waiting = made.gpu.open(SHAPE);
    waiting.catch(() => {});
    await made.clock.advance(0);
    await made.gpu.destroy();
    await expect(waiting).rejects.toMatchObject({ code: 'closed' });
    expect(made.order).toEqual(['open 0', 'destroy 0', 'open 1', 'destroy 1']);
  });
});
