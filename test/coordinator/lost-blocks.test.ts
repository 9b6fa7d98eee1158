import path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { MAX_LEASE_SIDE, leaseSide } from '../../src/coordinator/rectangle.ts';
import type { JobView } from '../../src/core/v1.ts';
import { openBlockStore } from '../../src/store/blocks.ts';
import { type TestCoordinator, testCoordinator } from '../helpers/network.ts';
import { api, product, submit } from '../helpers/product.ts';

let coordinator: TestCoordinator | undefined;

afterEach(async () => {
  await coordinator?.remove();
  coordinator = undefined;
});

it('starts although an operand of a running job has been lost, and fails only that job', async () => {
  coordinator = await testCoordinator();
  const { dataDir } = coordinator;
  const lost = await submit(coordinator, product('i8', 10, 20, 30, 1));
  const whole = await submit(coordinator, product('i8', 10, 20, 30, 5));
  await coordinator.close();
  const blocks = await openBlockStore(path.join(dataDir, 'blocks'));
  await blocks.delete(lost.a);
  await blocks.close();

  coordinator = await testCoordinator({ dataDir });
  const job = await api<JobView>(coordinator, `/v1/jobs/${lost.id}`);
  expect(job.state).toBe('failed');
  expect(job.error).toContain(lost.a);
  expect((await api<JobView>(coordinator, `/v1/jobs/${whole.id}`)).state).toBe('running');
});

it('bounds what the check of one lease holds in memory, whatever K is', () => {
  expect(leaseSide(1024)).toBe(MAX_LEASE_SIDE);
  for (const k of [1, 8192, 30_000, 131_072]) {
    const bytes = leaseSide(k) * k * 17 * 8;
    expect(bytes).toBeLessThanOrEqual(128 * 1024 * 1024);
    expect(leaseSide(k)).toBeGreaterThanOrEqual(1);
  }
});
