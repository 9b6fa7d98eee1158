import { beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import type { Backend } from '../../src/gpu/backend.ts';
import { openDawn } from '../../src/gpu/dawn.node.ts';
import { DeviceHistory } from '../../src/gpu/history.ts';
import { shaders } from '../../src/gpu/shaders.node.ts';
import { nameBlocks, operandBlocks, supply } from '../../src/gpu/small-product.ts';
import type { Choice, TuningStore } from '../../src/gpu/tuner.ts';
import { type WebGpuOptions, createWebGpuBackend } from '../../src/gpu/webgpu.ts';
import { meetDevices } from '../helpers/met-devices.ts';

const BAD = 'f32/register-32';
const GOOD = 'f32/register-64';
const OTHERS = ['i8-fma/register-32', 'f16/register-32'];
/** A quarter of a second of work on a software adapter. */
const SHAPE = { dtype: 'f32', rows: 512, cols: 512, k: 1024 } as const;
const K_BLOCKS = 4;
const OPERAND = operandBlocks({ dtype: 'f32', rows: 512, cols: SHAPE.k }, (r, k) => (r + k) % 3);
const NAMES = nameBlocks(OPERAND, 'x');
const RANGE = { from: 0, to: K_BLOCKS, a: NAMES, b: NAMES };

let dawn: GPU;
/** The device that was opened last. */
let device: GPUDevice;
/** Its queue does not end what it is given any more, as a driver that hangs. */
let hangs = false;

beforeAll(async () => {
  dawn = await openDawn();
});

function open(f32: readonly string[], change: Partial<WebGpuOptions>): Promise<Backend> {
  return createWebGpuBackend({
    gpu: meetDevices(dawn, hangable),
    shaders,
    memoryBytes: 16 * 2 ** 20,
    allowFallback: true,
    clock: systemClock,
    kernels: (name) => f32.includes(name) || OTHERS.includes(name),
    ...change,
  });
}

function hangable(made: GPUDevice): void {
  device = made;
  hangs = false;
  const { queue } = device;
  const done = queue.onSubmittedWorkDone.bind(queue);
  queue.onSubmittedWorkDone = () => (hangs ? new Promise(() => {}) : done());
  Object.defineProperty(device, 'queue', { value: queue });
}

/** Computes the shard; `act` is called before each slice. Resolves to how many slices there were. */
async function compute(backend: Backend, act: (slice: number) => void = () => {}): Promise<number> {
  const shard = await backend.open(SHAPE);
  try {
    await supply(backend, shard, RANGE, [OPERAND, OPERAND], [NAMES, NAMES]);
    let looks = 0;
    const { signal } = new AbortController();
    // The first look is before there is any slice.
    Object.defineProperty(signal, 'aborted', { get: () => (act(looks++), false) });
    await backend.accumulate(shard, RANGE, signal);
    return looks - 1;
  } finally {
    await backend.abandon(shard);
  }
}

/** Computes the shard until its third slice hangs; then this happens. */
async function hang(backend: Backend, then: () => void): Promise<number> {
  return compute(backend, (slice) => {
    if (slice !== 3) return;
    hangs = true;
    setImmediate(then);
  });
}

/** A device that is lost while this kernel is at work. */
async function lose(kernel: string, history: DeviceHistory): Promise<void> {
  const backend = await open([kernel], { history });
  const computing = hang(backend, () => {
    device.destroy();
  });
  await expect(computing).rejects.toMatchObject({ code: 'gpu-lost' });
  await backend.destroy();
}

class Kept implements TuningStore {
  loads = 0;
  saves = 0;
  readonly choice: Choice = { kernel: BAD, rates: { [BAD]: 1e9, [GOOD]: 1e8 } };

  load = async (): Promise<unknown> => {
    this.loads += 1;
    return this.choice;
  };
  save = async (): Promise<void> => {
    this.saves += 1;
  };
}

it('counts losses against the kernel at work, makes slices shorter, and benches it after two', async () => {
  const history = new DeviceHistory();
  const fresh = await open([GOOD], {});
  const before = await compute(fresh);
  await fresh.destroy();

  await lose(BAD, history);
  expect([history.losses, history.benched(BAD)]).toEqual([1, false]);
  await lose(BAD, history);
  expect([history.losses, history.benched(BAD), history.benched(GOOD)]).toEqual([2, true, false]);

  const store = new Kept();
  const backend = await open([BAD, GOOD], { history, tunings: { store, runtime: 'a browser' } });
  await backend.selfTest();
  expect(backend.info.kernels.f32).toBe(GOOD);
  // What was kept may be why the devices went.
  expect([store.loads, store.saves]).toEqual([0, 0]);
  // A quarter of the usual length; more than half as many again on a machine whose speed varies. On a GPU the
  // shard is over before slices have their length.
  const slices = await compute(backend);
  if (backend.info.fallback) expect(slices).toBeGreaterThan(1.5 * before);
  await backend.destroy();
}, 60_000);

it('does not blame a kernel that had ended its work', async () => {
  const history = new DeviceHistory();
  for (let n = 0; n < 2; n++) {
    const backend = await open([BAD], { history });
    await compute(backend);
    device.destroy();
    await expect(backend.selfTest()).rejects.toMatchObject({ code: 'gpu-lost' });
    await backend.destroy();
  }
  expect([history.losses, history.benched(BAD)]).toEqual([2, false]);
}, 60_000);

it('does not count what we close ourselves, also with a kernel at work', async () => {
  const history = new DeviceHistory();
  const backend = await open([BAD], { history });
  await compute(backend);
  let closing: Promise<void> | undefined;
  const computing = hang(backend, () => {
    closing = backend.destroy();
  });
  await expect(computing).rejects.toMatchObject({ code: 'closed' });
  await closing;
  await device.lost;
  expect([history.losses, history.sliceShare]).toEqual([0, 1]);
}, 60_000);
