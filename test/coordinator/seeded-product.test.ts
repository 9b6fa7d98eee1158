/** Products of operands that nobody sends, over the whole network. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { audit } from '../../src/cli/audit.ts';
import { sha256, toHex } from '../../src/core/bytes.ts';
import type { JobView, SeededRequest } from '../../src/core/v1.ts';
import { encodeManifest } from '../../src/matrix/manifest.ts';
import { multiplyReference } from '../../src/matrix/reference.ts';
import { testContext } from '../cli/memory-terminal.ts';
import {
  type TestContributor,
  type TestCoordinator,
  testContributor,
  testCoordinator,
} from '../helpers/network.ts';
import { api, ended, product, result, upload } from '../helpers/product.ts';
import { Rogue } from '../helpers/rogue.ts';
import { postSeeded, seededValues } from '../helpers/seeded.ts';

let home: TestCoordinator;
let contributor: TestContributor;

beforeAll(async () => {
  home = await testCoordinator();
  contributor = await testContributor(home.peerAddresses);
});
afterAll(async () => {
  await contributor.stop();
  await home.remove();
});

function createJob(a: string, b: string): Promise<JobView> {
  const headers = { 'content-type': 'application/json' };
  return api<JobView>(home, '/v1/jobs', { method: 'POST', body: JSON.stringify({ a, b }), headers });
}

/** The job once it is done, and the bytes that the contributor's link counted for it. */
async function computed(a: string, b: string): Promise<{ id: string; down: number }> {
  const before = contributor.engine.status;
  const { id } = await createJob(a, b);
  const job = await ended(home, id);
  expect(job).toMatchObject({ state: 'done', error: null });
  const verified = before.shardsVerified + job.shards;
  const after = await contributor.until(({ shardsVerified }) => shardsVerified === verified);
  const down = after.bytesDown - before.bytesDown;
  expect(down).toBe(job.bytesDown);
  return { id, down };
}

describe('a product of a seeded operand', () => {
  it('is a random projection for which no byte of the random matrix crosses the link', async () => {
    // 40 points in 1,500 dimensions, and a sketch of each in 600.
    const [points, k, dimensions] = [40, 1500, 600];
    const { a, ...rest } = product('i8', points, 1, k);
    const sketch: SeededRequest & { dtype: 'i8' } = {
      dtype: 'i8',
      rows: dimensions,
      cols: k,
      seed: 2026,
      distribution: 'rademacher',
    };
    const [left, right] = [await upload(home, a), await postSeeded(home, sketch)];
    const { id, down } = await computed(left.id, right.id);

    const values = new Int8Array(a.buffer, a.length - points * k);
    const signs = await seededValues(sketch);
    const expected = multiplyReference(rest.dtype, values, signs, points, dimensions, k) as Int32Array;
    const c = (await result(home, id)) as Int32Array;
    expect(c).toEqual(expected);

    // A's blocks (its rows padded to 16 bytes), its root list and its strip's list, and the two manifests.
    expect(left.bytes).toBe(points * (1024 + 480));
    expect(down).toBe(left.bytes + 32 + 2 * 32 + 48 + 24);
    expect(right.bytes).toBe(0);

    // Johnson–Lindenstrauss: distances of the sketches are those of the points, here to within 20 %.
    const distance = (m: Int8Array | Int32Array, width: number, i: number, j: number): number => {
      let sum = 0;
      for (let x = 0; x < width; x++) sum += (m[i * width + x]! - m[j * width + x]!) ** 2;
      return Math.sqrt(sum);
    };
    for (let i = 1; i < points; i++) {
      const [true_, sketched] = [
        distance(values, k, 0, i),
        distance(c, dimensions, 0, i) / Math.sqrt(dimensions),
      ];
      expect(Math.abs(sketched / true_ - 1)).toBeLessThan(0.2);
    }
  });

  it('needs nothing but two manifests where both are seeded, ragged edges and all', async () => {
    const [a, b] = [
      { dtype: 'i8', rows: 300, cols: 1100, seed: 1, distribution: 'normal' },
      { dtype: 'i8', rows: 270, cols: 1100, seed: 2 },
    ] as const;
    const { id, down } = await computed((await postSeeded(home, a)).id, (await postSeeded(home, b)).id);
    const [x, y] = [await seededValues(a), await seededValues(b)];
    expect(await result(home, id)).toEqual(multiplyReference('i8', x, y, 300, 270, 1100));
    expect(down).toBe(2 * 24);
  });

  it('is right where a strip is computed again instead of checked', async () => {
    const [a, b] = [
      { dtype: 'i8', rows: 100, cols: 300, seed: 3 },
      { dtype: 'i8', rows: 2, cols: 300, seed: 4 },
    ] as const;
    const { id } = await computed((await postSeeded(home, a)).id, (await postSeeded(home, b)).id);
    const [x, y] = [await seededValues(a), await seededValues(b)];
    expect(await result(home, id)).toEqual(multiplyReference('i8', x, y, 100, 2, 300));
  });

  it.each(['f16', 'f32'] as const)('is within the bound in %s', async (dtype) => {
    const shape = { dtype, rows: 70, cols: 700, distribution: 'normal' } as const;
    const [a, b] = [
      { ...shape, seed: 5 },
      { ...shape, seed: 6 },
    ];
    const { id } = await computed((await postSeeded(home, a)).id, (await postSeeded(home, b)).id);
    const [x, y] = [await seededValues(a), await seededValues(b)];
    const expected = multiplyReference(dtype, x as never, y as never, 70, 70, 700);
    const c = Array.from(await result(home, id));
    const worst = c.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
    expect(worst).toBeLessThan(700 * 2 ** -23 * 700);
  });

  it('is refused where one number is wrong, or where the result is to be made from a seed itself', async () => {
    const [a, b] = [
      { dtype: 'f32', rows: 30, cols: 400, seed: 7 },
      { dtype: 'f32', rows: 40, cols: 400, seed: 8 },
    ] as const;
    await contributor.stop();
    const { id } = await createJob((await postSeeded(home, a)).id, (await postSeeded(home, b)).id);
    const [x, y] = [await seededValues(a), await seededValues(b)];
    const known = { ...product('f32', 1, 1, 1), rows: 30, cols: 40, k: 400 };
    const truth = { ...known, expected: multiplyReference('f32', x, y, 30, 40, 400) };

    const liar = await Rogue.join(home.peerAddresses, { product: truth });
    const lease = await liar.lease();
    const tamper = ([block]: Uint8Array[]): void => void (block![102] = block![102]! ^ 0x40);
    await liar.commit(lease, await liar.answer(lease, { tamper }));
    expect(await liar.verdict()).toMatchObject({ type: 'notice', code: 'rejected' });
    await liar.leave();

    const claim = encodeManifest({ dtype: 'f32', rows: 30, cols: 40, distribution: 'uniform', seed: 9n });
    const manifest = toHex(await sha256(claim));
    const lazy = await Rogue.join(home.peerAddresses, {
      product: truth,
      serve: (own) => async (hash) => (hash === manifest ? claim : own(hash)),
    });
    const other = await lazy.lease();
    await lazy.commit(other, await lazy.answer(other, { statement: { manifest } }));
    expect(await lazy.verdict()).toMatchObject({ type: 'notice', code: 'rejected' });
    await lazy.leave();

    const honest = await Rogue.join(home.peerAddresses, { product: truth });
    await honest.workHonestly();
    expect(await ended(home, id)).toMatchObject({ state: 'done' });
    await honest.leave();
  });

  it('is checked again by anybody, who makes the operands as well', async () => {
    const context = testContext();
    await audit({ target: home.url, sample: 'all', json: true }, context);
    const report = JSON.parse(context.terminal.outLines[0]!) as Record<string, number>;
    expect(report).toMatchObject({ ok: true, jobs: 6, shapes: report['size'] });
  });
});
