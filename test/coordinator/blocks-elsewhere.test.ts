/** A coordinator whose blocks lie in an S3-compatible store: operands, results and what the verification threads read. */
import { readdir } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { freshDataDir } from '../helpers/databases.ts';
import { type TestCoordinator, testContributor, testCoordinator } from '../helpers/network.ts';
import { CREDENTIALS, type LocalS3, refusal, startLocalS3 } from '../helpers/local-s3.ts';
import { ended, product, result, submit } from '../helpers/product.ts';

let s3: LocalS3;
let coordinator: TestCoordinator | undefined;

beforeAll(async () => {
  // Verification threads see the same environment.
  for (const [name, value] of Object.entries(CREDENTIALS)) vi.stubEnv(name, value);
  s3 = await startLocalS3();
});
afterEach(async () => {
  await coordinator?.remove();
  coordinator = undefined;
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await s3.close();
});

it('does not start without its bucket; then verifies and gives back a product, with no block in its own folder', async () => {
  const dataDir = await freshDataDir();
  const missing = s3.url.replace('tilework-test', 'missing');
  await expect(testCoordinator({ dataDir, blocks: missing })).rejects.toMatchObject({ code: 'not-found' });

  coordinator = await testCoordinator({ dataDir, blocks: s3.url });
  const contributor = await testContributor(coordinator.peerAddresses);
  const wanted = product('i8', 300, 280, 1100);
  // A store that falters in the middle of it is asked again.
  s3.troubles.push(refusal(503, 'SlowDown'));
  const { id } = await submit(coordinator, wanted);
  expect((await ended(coordinator, id)).state).toBe('done');
  expect(await result(coordinator, id)).toEqual(wanted.expected);
  await contributor.stop();
  expect(await readdir(dataDir)).not.toContain('blocks');
  expect((await s3.files()).length).toBeGreaterThan(8);
});
