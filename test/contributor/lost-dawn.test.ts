import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { openDawn } from '../../src/gpu/dawn.node.ts';
import { DeviceHistory } from '../../src/gpu/history.ts';
import { shaders } from '../../src/gpu/shaders.node.ts';
import { createWebGpuBackend } from '../../src/gpu/webgpu.ts';
import type { KRange } from '../../src/gpu/backend.ts';
import { type RigContributor, ScriptedCoordinator, startContributor } from './rig.ts';
import { storedProduct } from './stored.ts';
import { MIB, withBackend } from './with-backend.ts';
import { meetDevices } from '../helpers/met-devices.ts';
import { oneKernelEach } from '../helpers/one-kernel-each.ts';

const K_BLOCKS = 10;
let coordinator: ScriptedCoordinator;
let me: RigContributor | undefined;

beforeEach(async () => {
  coordinator = await ScriptedCoordinator.start();
});
afterEach(async () => {
  await me?.stop();
  await coordinator.close();
});

it('a real device destroyed in mid-shard: the session lives on, and the resumed result is the product', async () => {
  const devices: GPUDevice[] = [];
  const gpu = meetDevices(await openDawn(), (device) => devices.push(device));
  const { work, expected } = await storedProduct('i8', 300, 200, K_BLOCKS * 1024, coordinator.store);
  const history = new DeviceHistory();
  const computed: number[][] = [];
  me = await startContributor(coordinator.addresses, {
    copyAfter: () => 0,
    open: async (n) => {
      const backend = await createWebGpuBackend({
        gpu,
        shaders,
        memoryBytes: 12 * MIB,
        allowFallback: true,
        clock: systemClock,
        history,
        kernels: oneKernelEach,
      });
      const ranges: number[] = [];
      computed[n] = ranges;
      return withBackend(backend, {
        accumulate: (shard, range: KRange, signal) => {
          ranges.push(range.from);
          const work = backend.accumulate(shard, range, signal);
          if (n === 0 && range.from >= K_BLOCKS / 2) devices[0]!.destroy();
          return work;
        },
      });
    },
  });
  const talk = await coordinator.connection(0);
  await talk.greet();
  await talk.grant(work);
  const { result } = await talk.committed();
  expect(Array.from(await talk.values(result.manifest))).toEqual(Array.from(expected));
  expect([devices.length, coordinator.connections]).toEqual([2, 1]);
  expect(computed[1]![0]).toBe(computed[0]!.at(-1)); // nothing before the loss is computed again
  expect(history.losses).toBe(1);
  expect(talk.unread('decline')).toBe(0);
}, 120_000);
