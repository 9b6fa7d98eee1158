/** Intensity on a real adapter, in real time: the share of it that slices get, and how soon orders are heard. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sleep, systemClock } from '../../src/core/clock.ts';
import type { Backend, ShardId } from '../../src/gpu/backend.ts';
import { openDawn } from '../../src/gpu/dawn.node.ts';
import { shaders } from '../../src/gpu/shaders.node.ts';
import { nameBlocks, operandBlocks, supply } from '../../src/gpu/small-product.ts';
import { createWebGpuBackend } from '../../src/gpu/webgpu.ts';
import { oneKernelEach } from '../helpers/one-kernel-each.ts';

/** About a second of work on a software adapter. */
const SHAPE = { dtype: 'f32', rows: 512, cols: 512, k: 2048 } as const;
const KEPT_FOR_MS = 10_000;
/** A slice and then some, on a machine that does much else; a rest at 5 % takes 665 ms. */
const AT_ONCE_MS = 400;

let backend: Backend;
let shard: ShardId;
/** Supplies the operands and multiplies them once. */
let multiply: (signal: AbortSignal) => Promise<number>;

beforeAll(async () => {
  const gpu = await openDawn();
  const memoryBytes = 32 * 2 ** 20;
  backend = await createWebGpuBackend({
    gpu,
    shaders,
    memoryBytes,
    allowFallback: true,
    clock: systemClock,
    kernels: oneKernelEach,
  });
  await backend.selfTest();
  const { dtype, rows, cols, k } = SHAPE;
  const blocks = [
    operandBlocks({ dtype, rows, cols: k }, (r, x) => (r % 7) - (x % 5)),
    operandBlocks({ dtype, rows: cols, cols: k }, (r, x) => (r % 5) - (x % 7)),
  ] as const;
  const names = [nameBlocks(blocks[0], 'a'), nameBlocks(blocks[1], 'b')] as const;
  const range = { from: 0, to: blocks[0].length, a: names[0], b: names[1] };
  shard = await backend.open(SHAPE);
  multiply = async (signal) => {
    await supply(backend, shard, range, blocks, names);
    return backend.accumulate(shard, range, signal);
  };
});
afterAll(() => backend?.destroy());

/** Multiplies back to back until the returned function is called, which tells when the device has stopped. */
function keepBusy(): () => Promise<number> {
  const stop = new AbortController();
  const lane = async (): Promise<void> => {
    while (!stop.signal.aborted) await multiply(stop.signal);
  };
  const lanes = Promise.allSettled([lane(), lane()]);
  return async () => {
    const asked = systemClock.now();
    stop.abort();
    await lanes;
    const took = systemClock.now() - asked;
    await backend.abandon(shard);
    shard = await backend.open(SHAPE);
    return took;
  };
}

const busyMs = async (): Promise<number> => (await backend.stats()).busyMs;

/** Resolves when the next slice has ended. */
async function sliceEnd(): Promise<void> {
  const before = await busyMs();
  while ((await busyMs()) === before) await sleep(systemClock, 1);
}

/** The start of the slice that ends next, and the busy time before it. */
async function sliceStart(): Promise<{ at: number; busy: number }> {
  const busy = await busyMs();
  await sliceEnd();
  return { at: systemClock.now() - ((await busyMs()) - busy), busy };
}

/**
 * The share that slices take over the next `ms`. From the start of one to the start of another: on a machine
 * that does much else one takes 200 ms now and then, which its rest makes up for.
 */
async function heldShare(ms: number): Promise<number> {
  const from = await sliceStart();
  await sleep(systemClock, ms);
  const to = await sliceStart();
  return (to.busy - from.busy) / (to.at - from.at);
}

it('holds a tenth over 10 s, then a half as soon as that is asked for', async () => {
  await backend.setIntensity(0.1);
  const stop = keepBusy();
  try {
    const tenth = await heldShare(KEPT_FOR_MS);
    await backend.setIntensity(0.5);
    const half = await heldShare(KEPT_FOR_MS / 2);
    console.log(
      `asked for 10 % and 50 %, held ${(100 * tenth).toFixed(2)} % and ${(100 * half).toFixed(2)} %`,
    );
    expect(Math.abs(tenth / 0.1 - 1)).toBeLessThan(0.1);
    expect(Math.abs(half / 0.5 - 1)).toBeLessThan(0.1);
  } finally {
    await stop();
  }
});

it('stops at once in a rest', async () => {
  await backend.setIntensity(0.05);
  const stop = keepBusy();
  await sliceEnd();
  // A slice of 35 ms is followed by a rest of 665 ms.
  await sleep(systemClock, 30);
  expect(await stop()).toBeLessThan(AT_ONCE_MS);
});

it('goes on at once when the intensity is raised in a rest', async () => {
  await backend.setIntensity(0.05);
  const stop = keepBusy();
  try {
    await sliceEnd();
    const raised = systemClock.now();
    await backend.setIntensity(1);
    await sliceEnd();
    expect(systemClock.now() - raised).toBeLessThan(AT_ONCE_MS);
  } finally {
    await stop();
  }
});
