/** Estimates: the arithmetic on made-up networks, and the route on a real coordinator. */
import { describe, expect, it } from 'vitest';
import { productBound } from '../../src/core/bound.ts';
import type { EstimateView } from '../../src/core/v1.ts';
import { type EstimatedJob, estimate } from '../../src/coordinator/estimate.ts';
import { testContributor } from '../helpers/network.ts';
import { api, product, upload } from '../helpers/product.ts';
import { coordinatorForFile, json, problem } from './http-client.ts';

const home = coordinatorForFile();
const large: EstimatedJob = {
  dtype: 'f32',
  rows: 20_000,
  cols: 20_000,
  k: 100_000,
  aSeeded: false,
  bSeeded: false,
  uploadBytes: 2 * 20_000 * 100_000 * 4,
};
/** A gamer's machine: 100 and 40 Mbit/s, 2 TFLOP/s. */
const quick = { down: 12.5e6, up: 5e6, rate: 1e12 };
const present = (count: number) => ({
  capacities: Array.from({ length: count }, () => quick),
  jobsRunning: 0,
  charged: false,
});
const ask = (body: object): Promise<EstimateView> =>
  api<EstimateView>(home(), '/v1/jobs/estimate', json(body));

describe('an estimate', () => {
  it('is the bound over those who are present, and what such networks reach of it', () => {
    const view = estimate(large, present(50));
    const { seconds, bytes } = productBound(
      { rows: 20_000, cols: 20_000, k: 100_000, aBytes: 4, bBytes: 4, cBytes: 4 },
      present(50).capacities,
    );
    expect(view).toMatchObject({ boundSeconds: seconds, contributors: 50, multiplyAdds: 4e13, missLog2: 64 });
    expect(view.bytes).toBe(Math.ceil(bytes));
    expect(view.multiplyAddsPerByte).toBeCloseTo(4e13 / bytes, 0);
    expect(view.expectedSeconds).toBeGreaterThan(seconds);
    // Half the network is never quicker.
    expect(estimate(large, present(25)).boundSeconds!).toBeGreaterThan(seconds);
  });

  it('warns, with the arithmetic, where the requester would be quicker alone, and only there', () => {
    const alone = estimate(large, present(50), { localMultiplyAddsPerSecond: 1e9 });
    expect(alone.warning).toBeNull();
    const warned = estimate({ ...large, k: 64, uploadBytes: 2 * 20_000 * 64 * 4 }, present(50));
    expect(warned.warning).toMatch(
      /^Sending this is slower than computing it: .* to send 9\.77 MiB and fetch 1\.49 GiB at 11\.9 MiB\/s/,
    );
    expect(warned.warning).toContain('25.6 G multiply-adds at 50.0 G a second');
    expect(warned.warning).toContain('for 50 contributors');
    expect(warned.warning).toMatch(/has \d+ multiply-adds for each byte/);
  });

  it('of exact floats has ten times the multiply-adds for the GPUs, and once them for your own machine', () => {
    const job = { ...large, k: 20_480 };
    const [plain, exact] = [estimate(job, present(50)), estimate({ ...job, dtype: 'f32x' }, present(50))];
    expect(exact.multiplyAdds).toBe(10 * plain.multiplyAdds);
    expect(exact.localSeconds).toBe(plain.localSeconds);
    expect(BigInt(exact.microcredits)).toBeGreaterThan(9n * BigInt(plain.microcredits));
    expect(exact.missLog2).toBeGreaterThanOrEqual(70);
    expect(exact.boundSeconds! / plain.boundSeconds!).toBeGreaterThanOrEqual(1);
    expect(exact.bytes / plain.bytes).toBeGreaterThan(1);
    expect(exact.bytes / plain.bytes).toBeLessThan(3);
  });

  it('moves fewer bytes for operands that nobody sends', () => {
    const seeded = estimate({ ...large, bSeeded: true }, present(3));
    expect(seeded.bytes).toBeLessThan(estimate(large, present(3)).bytes);
  });

  it('of an empty network, or of one that can do nothing, has no seconds and says so', () => {
    for (const capacities of [[], [{ down: 0, up: 0, rate: 0 }]]) {
      const view = estimate(large, { capacities, jobsRunning: 0, charged: true });
      expect(view).toMatchObject({ boundSeconds: null, expectedSeconds: null, charged: true });
      expect(view.warning).toMatch(
        /^Nobody who could compute this is here now: the job would wait\. Your own processor takes about 13 min/,
      );
      for (const value of Object.values(view))
        if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true);
    }
  });
});

describe('POST /v1/jobs/estimate', () => {
  it('tells what stored operands would cost, and stores no job', async () => {
    const wanted = product('i8', 600, 520, 1100);
    const [a, b] = [await upload(home(), wanted.a), await upload(home(), wanted.b)];
    const view = await ask({ a: a.id, b: b.id });
    expect(view).toMatchObject({
      dtype: 'i8',
      rows: 600,
      cols: 520,
      k: 1100,
      cellsTotal: 9,
      microcredits: '349',
      charged: false,
      contributors: 0,
      boundSeconds: null,
      uploadBytes: 0,
      downloadBytes: 600 * 520 * 4,
    });
    expect(view.missLog2).toBeGreaterThanOrEqual(72);
    expect(await api(home(), '/v1/jobs')).toEqual([]);
  });

  it('tells what shapes would cost, with those who are here, and counts what is sent', async () => {
    const contributor = await testContributor(home().peerAddresses);
    await contributor.until(({ stage }) => stage === 'waiting');
    const shape = { dtype: 'i8', rows: 1000, cols: 2000, k: 500 };
    const view = await ask({ ...shape, localMultiplyAddsPerSecond: 1e6, bytesPerSecond: 1e6 });
    expect(view).toMatchObject({
      contributors: 1,
      uploadBytes: 1_500_000,
      transferSeconds: 9.5,
      localSeconds: 1000,
    });
    expect(view.boundSeconds).toBeGreaterThan(0);
    expect(view.warning).toBeNull();
    expect((await ask({ ...shape, seeded: ['b'] })).uploadBytes).toBe(500_000);
    expect((await ask({ ...shape, same: true })).uploadBytes).toBe(500_000);
    await contributor.stop();
  });

  it.each([
    [{}, 'either a and b'],
    [{ a: '0'.repeat(64) }, 'either a and b'],
    [{ dtype: 'i8', rows: 3, cols: 3 }, 'either a and b'],
    [{ dtype: 'i8', rows: 0, cols: 3, k: 3 }, 'has to be at least'],
    [{ dtype: 'i4', rows: 1, cols: 3, k: 3 }, 'has to be one of'],
    [{ dtype: 'i8', rows: 3, cols: 3, k: 200_000 }, 'K'],
    [{ dtype: 'f32', rows: 2 ** 31 - 1, cols: 2 ** 31 - 1, k: 3 }, 'cut the product'],
    [{ dtype: 'i8', rows: 3, cols: 3, k: 3, localMultiplyAddsPerSecond: 0 }, 'must be > 0'],
  ])('refuses %j', async (body, detail) => {
    const answer = await problem(home(), '/v1/jobs/estimate', json(body));
    expect([400, 413]).toContain(answer.status);
    expect(answer.detail).toContain(detail);
  });

  it('does not know operands that are gone, or somebody else’s', async () => {
    const gone = '0'.repeat(64);
    expect(await problem(home(), '/v1/jobs/estimate', json({ a: gone, b: gone }))).toMatchObject({
      status: 404,
    });
  });
});
