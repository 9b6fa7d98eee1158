import { afterEach, describe, expect, it } from 'vitest';
import { BackendServer } from '../../src/contributor/backend-server.ts';
import { connectBackend } from '../../src/contributor/gpu-host.ts';
import { OperandReader } from '../../src/contributor/operands.ts';
import { RecoveringBackend } from '../../src/contributor/recovering-backend.ts';
import { type ShardContext, type ShardProgress, computeShard } from '../../src/contributor/shard.ts';
import { expose } from '../../src/contributor/remote.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { AppError } from '../../src/core/errors.ts';
import type { Backend, KRange } from '../../src/gpu/backend.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { Fragile } from './fragile.ts';
import { laneOver, storedProduct } from './stored.ts';
import { MIB, cpuBackend, untilAborted, withBackend } from './with-backend.ts';

const ports: MessagePort[] = [];
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

const SHAPE = { dtype: 'i8', rows: 4, cols: 4, k: 16 } as const;
const RANGE: KRange = { from: 0, to: 1, a: [['aa'.repeat(32)]], b: [['aa'.repeat(32)]] };

/** A session worker's port to a server of these devices. */
function serve(create: (n: number) => Backend): MessagePort {
  const { port1, port2 } = new MessageChannel();
  let opened = 0;
  expose(new BackendServer(async () => create(opened++)), port2);
  ports.push(port1, port2);
  return port1;
}

const connect = (port: MessagePort, clock: Clock = systemClock): Promise<Backend> =>
  connectBackend(port, { memoryBytes: 16 * MIB, allowSoftware: true, clock });

describe('a backend behind a port', () => {
  it('computes shards, and stops in mid-shard', async () => {
    const { store, work, expected } = await storedProduct('i8', 300, 260, 2100);
    const operands = await new OperandReader(store.fetch).shard(work);
    const backend = await connect(serve(() => cpuBackend()));
    const stop = new AbortController();
    const context: ShardContext = {
      backend,
      lane: laneOver(store.fetch),
      clock: systemClock,
      signal: stop.signal,
      onProgress: () => {},
      copyAfter: () => 0,
    };
    const { blocks, gpuMs } = await computeShard(operands, context);
    const firstRow = new Int32Array(blocks[0]!.slice(0, 1024).buffer);
    expect(Array.from(firstRow)).toEqual(Array.from(expected).slice(0, 256));
    expect(gpuMs).toBeGreaterThan(0);
    const onProgress = ({ stage }: ShardProgress): void => {
      if (stage === 'computing') stop.abort();
    };
    const stopped = computeShard(operands, { ...context, onProgress });
    await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
    expect((await backend.stats()).resultBytes).toBe(0);
    await backend.destroy();
    await expect(backend.stats()).rejects.toMatchObject({ code: 'closed' });
  });

  it('is stopped in all that a shard was asked for, and in nothing of another', async () => {
    const signals: AbortSignal[] = [];
    const device = withBackend(cpuBackend(), {
      accumulate: (_, __, signal) => {
        signals.push(signal!);
        return untilAborted(signal);
      },
    });
    const backend = await connect(serve(() => device));
    const [one, two] = [await backend.open(SHAPE), await backend.open(SHAPE)];
    const stop = new AbortController();
    const stopped = [1, 2].map(() => backend.accumulate(one, RANGE, stop.signal));
    const other = backend.accumulate(two, RANGE);
    for (const call of [...stopped, other]) call.catch(() => {}); // awaited below
    await backend.stats(); // all three have arrived
    stop.abort();
    for (const call of stopped) await expect(call).rejects.toMatchObject({ code: 'aborted' });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, false]);
    const third = backend.accumulate(one, RANGE);
    third.catch(() => {});
    await backend.abandon(one);
    await expect(third).rejects.toMatchObject({ code: 'aborted' });
    await backend.destroy();
    await expect(other).rejects.toMatchObject({ code: 'aborted' });
  });

  it('names the kernels that its test has chosen', async () => {
    const inner = cpuBackend();
    const info = { ...inner.info, kernels: { i8: 'winner', f16: 'f16', f32: 'f32' } };
    const tested = withBackend(inner, { selfTest: async () => {} });
    const device = new Proxy(tested, {
      get: (target, name) => (name === 'info' ? info : Reflect.get(target, name)),
    });
    const backend = await connect(serve(() => device));
    await backend.selfTest();
    expect(backend.info.kernels.i8).toBe('winner');
  });

  it('that was destroyed cannot touch the next one behind the same port', async () => {
    const devices: Fragile[] = [];
    const port = serve(
      (n) => (devices[n] = new Fragile({ own: { accumulate: (_, __, s) => untilAborted(s) } })).backend,
    );
    const first = await connect(port);
    const shard = await first.open(SHAPE);
    const stop = new AbortController();
    const stuck = first.accumulate(shard, RANGE, stop.signal);
    stuck.catch(() => {});
    await first.destroy();
    const next = await connect(port);
    expect(await next.open(SHAPE)).toBe(shard);
    const running = next.accumulate(shard, RANGE);
    running.catch(() => {});
    stop.abort();
    for (const call of [first.abandon(shard), first.save(shard)]) {
      await expect(call).rejects.toMatchObject({ code: 'closed' });
    }
    await next.stats();
    expect(devices[1]!.calls.map(({ method }) => method)).not.toContain('abandon');
    expect(
      (devices[1]!.calls.find(({ method }) => method === 'accumulate')!.args[2] as AbortSignal).aborted,
    ).toBe(false);
    await next.destroy();
  });

  it('that does not answer is lost, and the next one is opened behind the same port', async () => {
    const clock = new FakeClock();
    const devices: Fragile[] = [];
    const port = serve(
      (n) =>
        (devices[n] = new Fragile({
          own: { selfTest: async () => {}, ...(n === 0 ? { reserve: () => new Promise(() => {}) } : {}) },
        })).backend,
    );
    const gpu = new RecoveringBackend({
      open: () => connect(port, clock),
      clock,
      signal: new AbortController().signal,
      onEvent: () => {},
    });
    await gpu.start();
    const shard = await gpu.open(SHAPE);
    const reserving = gpu.reserve(shard, RANGE.a[0]!);
    reserving.catch(() => {});
    await clock.advance(30_000);
    await expect(reserving).rejects.toMatchObject({ code: 'gpu-lost' });
    const again = await gpu.open(SHAPE);
    await expect(gpu.reserve(again, RANGE.a[0]!)).resolves.toHaveLength(1);
    expect(devices).toHaveLength(2);
    await gpu.destroy();
  });

  it('says why it cannot be opened', async () => {
    const { port1, port2 } = new MessageChannel();
    ports.push(port1, port2);
    expose(
      new BackendServer(() => Promise.reject(new AppError('no-webgpu', 'This browser has no WebGPU.'))),
      port2,
    );
    await expect(connect(port1)).rejects.toMatchObject({ code: 'no-webgpu' });
  });
});
