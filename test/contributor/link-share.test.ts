import { describe, expect, it } from 'vitest';
import { LinkShare } from '../../src/contributor/link-share.ts';
import { FakeClock } from '../helpers/fake-clock.ts';

const MIB = 1 << 20;
const SHARD = { job: 'job', rows: 1024, cols: 1024, k: 1024, aBytes: 1, bBytes: 1 };
/** 2 MiB down and a GPU that hardly works. */
const figures = { bytesDown: 2 * MIB, downBusyMs: 0, upBusyMs: 0, gpuBusyMs: 0 };

async function worked(ms: number): Promise<{ share: LinkShare; clock: FakeClock }> {
  const clock = new FakeClock();
  const share = new LinkShare(clock);
  share.leased('one');
  share.committed('one', SHARD);
  await clock.advance(ms);
  share.verified('one');
  return { share, clock };
}

describe('the share of what a link allows', () => {
  it('is unknown before anything is verified, and in the first half minute', async () => {
    const share = new LinkShare(new FakeClock());
    expect(share.of(figures)).toBeUndefined();
    expect((await worked(29_000)).share.of({ ...figures, upBusyMs: 29_000 })).toBeUndefined();
  });

  it('is that of the busiest resource in the time that had work', async () => {
    const { share, clock } = await worked(100_000);
    await clock.advance(900_000); // no work
    expect(share.of({ ...figures, upBusyMs: 80_000, gpuBusyMs: 30_000 })).toBeCloseTo(0.8);
    expect(share.of({ ...figures, downBusyMs: 10_000, gpuBusyMs: 95_000 })).toBeCloseTo(0.95);
  });

  it('takes off what was fetched beyond the bound', async () => {
    const { share } = await worked(100_000);
    expect(share.of({ ...figures, downBusyMs: 90_000 })).toBeCloseTo(0.9);
    expect(share.of({ ...figures, bytesDown: 4 * MIB, downBusyMs: 90_000 })).toBeCloseTo(0.45);
  });

  it('keeps few jobs apart, and counts what thousands of others needed', async () => {
    const one = await worked(100_000);
    const many = await worked(100_000);
    for (let i = 0; i < 1000; i++) {
      many.share.leased(`${i}`);
      many.share.committed(`${i}`, { ...SHARD, job: `job ${i}` });
      many.share.verified(`${i}`);
    }
    expect(many.share.jobs).toBeLessThanOrEqual(64);
    const fetched = { ...figures, bytesDown: 2 * MIB * 1001, downBusyMs: 90_000 };
    expect(many.share.of(fetched)).toBeCloseTo(one.share.of({ ...figures, downBusyMs: 90_000 })!);
  });

  it('counts all shards of a job as one territory', async () => {
    const { share, clock } = await worked(50_000);
    for (const lease of ['two', 'three', 'four']) {
      share.leased(lease);
      share.committed(lease, SHARD);
    }
    await clock.advance(50_000);
    for (const lease of ['two', 'three', 'four']) share.verified(lease);
    // 2048 × 2048 entries need 4 MiB, not four times 2 MiB.
    expect(share.of({ ...figures, bytesDown: 8 * MIB, downBusyMs: 100_000 })).toBeCloseTo(0.5);
  });

  it('does not count what ended without a receipt, nor the time after a connection', async () => {
    const { share, clock } = await worked(40_000);
    share.leased('lost');
    share.committed('lost', SHARD);
    share.disconnected();
    await clock.advance(1e6);
    share.verified('lost'); // handed in over another connection, where it is not in flight
    expect(share.of({ ...figures, upBusyMs: 40_000 })).toBeCloseTo(1);
    expect(share.of({ ...figures, upBusyMs: 80_000 })).toBe(1);
  });
});
