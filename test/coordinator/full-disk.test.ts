/** What requesters and contributors see while the disk is full, and afterwards. */
import promises, { readdir, stat } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { OperandView, ProblemView } from '../../src/core/v1.ts';
import type { UploadView } from '../../src/core/v1-uploads.ts';
import { type TestCoordinator, testContributor, testCoordinator } from '../helpers/network.ts';
import { freshDataDir } from '../helpers/databases.ts';
import { api, ended, product, result, submit } from '../helpers/product.ts';
import { request } from './http-client.ts';

const { open, writeFile } = promises;
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
  Object.assign(promises, { open, writeFile });
  syncBuiltinESMExports();
}

/** Half of what is written to a file of an upload in parts finds room. @param code - what the system calls that */
function fillUploads(code: string): void {
  promises.open = async (...args: Parameters<typeof open>) => {
    const file = await open(...args);
    if (!String(args[0]).includes('/uploads/')) return file;
    const write = file.writeFile.bind(file);
    file.appendFile = file.writeFile = async (data) => {
      await write((data as Uint8Array).slice(0, (data as Uint8Array).length >> 1));
      throw Object.assign(new Error(`${code}: no room left, write`), { code });
    };
    return file;
  };
  syncBuiltinESMExports();
}

afterEach(async () => {
  makeRoom();
  await coordinator?.remove();
});

it('an upload is refused with a sentence and kept nowhere; a result is asked for again; all of it ends well', async () => {
  coordinator = await testCoordinator();
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

it.each([
  ['the disk is full', 'ENOSPC'],
  ['a quota is used up', 'EDQUOT'],
])(
  'where %s, an upload in parts keeps what found room, says where to go on, and becomes its operand when there is more',
  async (_, code) => {
    const dataDir = await freshDataDir();
    coordinator = await testCoordinator({ dataDir });
    const { a: file } = product('i8', 300, 270, 200);
    const headers = { 'upload-length': String(file.length) };
    fillUploads(code);
    const create = (): Promise<Response> => request(coordinator!, '/v1/uploads', { method: 'POST', headers });
    expect(await problemIn(await create())).toMatchObject({
      status: 507,
      code: 'no-room',
      detail: expect.stringContaining('nothing of this was kept'),
    });
    expect(await readdir(join(dataDir, 'uploads'))).toEqual([]);

    makeRoom();
    const { id } = (await (await create()).json()) as UploadView;
    const patch = (offset: number, body?: Uint8Array<ArrayBuffer>): Promise<Response> =>
      request(coordinator!, `/v1/uploads/${id}`, {
        method: 'PATCH',
        headers: { 'upload-offset': String(offset), 'content-type': 'application/offset+octet-stream' },
        ...(body && { body }),
      });
    const full = {
      status: 507,
      code: 'no-room',
      detail: expect.stringContaining('what has arrived is kept'),
    };
    fillUploads(code);
    const torn = await patch(0, file.slice(0, 40_000));
    expect(await problemIn(torn)).toMatchObject(full);
    const at = Number(torn.headers.get('upload-offset'));
    expect(at).toBeGreaterThan(0);
    expect(at).toBeLessThan(40_000);
    expect((await stat(join(dataDir, 'uploads', id))).size).toBe(at);

    // Room for the file, and none for its blocks: it is not sent again for that.
    makeRoom();
    fill();
    const uncut = await patch(at, file.slice(at));
    expect(await problemIn(uncut)).toMatchObject(full);
    expect(uncut.headers.get('upload-offset')).toBe(String(file.length));
    expect(await api(coordinator, '/v1/operands')).toEqual([]);
    makeRoom();
    const done = await patch(file.length);
    expect(done.status).toBe(204);
    const operands = (await api(coordinator, '/v1/operands')) as OperandView[];
    expect(operands.map((one) => one.id)).toEqual([done.headers.get('tilework-operand')]);
    expect(await readdir(join(dataDir, 'uploads'))).toEqual([`${id}.json`]);
  },
);

async function problemIn(response: Response): Promise<ProblemView> {
  return (await response.json()) as ProblemView;
}
