/** What requesters and contributors see while the disk is full, and afterwards. */
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { afterEach, expect, it } from 'vitest';
import type { ProblemView } from '../../src/core/v1.ts';
import { type TestCoordinator, testContributor, testCoordinator } from '../helpers/network.ts';
import { freshDataDir } from '../helpers/databases.ts';
import { api, ended, product, result, submit } from '../helpers/product.ts';

const { writeFile } = promises;
let coordinator: TestCoordinator | undefined;

/** The block store's writes fail half-way, as they do on a disk without room. @param onFull - each time */
function fill(onFull: () => void = () => {}): void {
  promises.writeFile = (async (path: string, data: Uint8Array) => {
    await writeFile(path, data.subarray(0, data.length >> 1));
    onFull();
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  }) as typeof writeFile;
  syncBuiltinESMExports();
}

function makeRoom(): void {
  promises.writeFile = writeFile;
  syncBuiltinESMExports();
}

afterEach(async () => {
  makeRoom();
  await coordinator?.remove();
});

it('an upload is refused with a sentence and kept nowhere; a result is asked for again; all of it ends well', async () => {
  coordinator = await testCoordinator({ dataDir: await freshDataDir() });
  const wanted = product('i8', 300, 270, 200);
  fill();
  const refused = await fetch(`${coordinator.url}/v1/operands`, {
    method: 'POST',
    body: wanted.a,
    headers: { authorization: `Bearer ${coordinator.token}`, 'content-type': 'application/octet-stream' },
  });
  expect(refused.status).toBe(507);
  expect((await refused.json()) as ProblemView).toMatchObject({
    code: 'no-room',
    detail: expect.stringContaining('disk is full, and nothing of this was kept'),
  });
  expect(await api(coordinator, '/v1/operands')).toEqual([]);
  const ready = await fetch(`${coordinator.url}/readyz`);
  expect([ready.status, await ready.json()]).toMatchObject([503, { blocks: false, database: true }]);

  makeRoom();
  const job = await submit(coordinator, wanted);
  const full = Promise.withResolvers<void>();
  fill(full.resolve);
  const contributor = await testContributor(coordinator.peerAddresses);
  await full.promise;
  expect(await api(coordinator, `/v1/jobs/${job.id}`)).toMatchObject({ state: 'running', cellsVerified: 0 });
  expect(contributor.receipts).toEqual([]);
  makeRoom();
  const done = await ended(coordinator, job.id);
  expect(done).toMatchObject({ state: 'done', cellsVerified: 4 });
  expect(await result(coordinator, job.id)).toEqual(wanted.expected);
  await contributor.stop();
});
