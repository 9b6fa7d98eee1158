import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkReceipts } from '../../src/coordinator/receipt-check.ts';
import type { ReceiptView } from '../../src/core/v1.ts';
import { openReceipt } from '../../src/protocol/envelope.ts';
import {
  type TestContributor,
  type TestCoordinator,
  testContributor,
  testCoordinator,
} from '../helpers/network.ts';
import { api, ended, product, result, submit } from '../helpers/product.ts';

describe('a product over the whole network', () => {
  let coordinator: TestCoordinator;
  const contributors: TestContributor[] = [];

  beforeEach(async () => {
    coordinator = await testCoordinator();
  });

  afterEach(async () => {
    await Promise.all(contributors.splice(0).map((contributor) => contributor.stop()));
    await coordinator.remove();
  });

  const join = async (): Promise<TestContributor> => {
    const contributor = await testContributor(coordinator.peerAddresses);
    contributors.push(contributor);
    return contributor;
  };

  it('equals the reference to the bit in i8, and every shard is receipted and credited once', async () => {
    const wanted = product('i8', 700, 1300, 1500);
    const job = await submit(coordinator, wanted);
    const [one, two] = [await join(), await join()];
    const done = await ended(coordinator, job.id);
    expect(done).toMatchObject({ state: 'done', cellsVerified: 18, cellsTotal: 18, error: null });
    expect(await result(coordinator, job.id)).toEqual(wanted.expected);

    const receipts = (
      await Promise.all(
        [one, two].map(({ peerId }) => api<ReceiptView[]>(coordinator, `/v1/receipts?contributor=${peerId}`)),
      )
    ).flat();
    expect(receipts).toHaveLength(done.shards);
    expect(await checkReceipts(receipts, coordinator.peerId)).toEqual({
      signatures: 3 * done.shards,
      problems: [],
    });
    const work = receipts.reduce((sum, receipt) => sum + receipt.multiplyAdds, 0);
    expect(work).toBe(700 * 1300 * 1500);
    await one.until((status) => status.shardsVerified + two.engine.status.shardsVerified === done.shards);
    const { value } = await openReceipt((one.receipts[0] ?? two.receipts[0])!, coordinator.peerId);
    expect(value.job).toBe(job.id);
  });

  it.each([['f32'], ['f16']] as const)('is within the bound in %s', async (dtype) => {
    const wanted = product(dtype, 300, 260, 777);
    const job = await submit(coordinator, wanted);
    await join();
    expect(await ended(coordinator, job.id)).toMatchObject({ state: 'done', missLog2: 64 });
    const c = await result(coordinator, job.id);
    let worst = 0;
    for (const [i, value] of c.entries()) worst = Math.max(worst, Math.abs(value - wanted.expected[i]!));
    expect(worst).toBeLessThan(777 * 2 ** -23 * 777);
  });
});
