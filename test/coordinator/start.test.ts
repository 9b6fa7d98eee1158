import { readdir, rm } from 'node:fs/promises';
import { type AddressInfo, type Server, createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type RunningCoordinator, startCoordinator } from '../../src/coordinator/coordinator.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { freshDataDir } from '../helpers/databases.ts';
import { freePort } from '../helpers/free-port.ts';

let dataDir = '';
let taken: Server;
let takenPort = 0;
const running: RunningCoordinator[] = [];

beforeAll(async () => {
  dataDir = await freshDataDir();
  taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  takenPort = (taken.address() as AddressInfo).port;
});
afterEach(async () => {
  for (const each of running.splice(0)) await each.close();
});
afterAll(async () => {
  taken.close();
  await rm(dataDir, { recursive: true });
});

type Options = Partial<Parameters<typeof startCoordinator>[0]>;

async function start(options: Options = {}): Promise<RunningCoordinator> {
  const made = await startCoordinator({
    dataDir,
    log: silentLogger,
    port: 0,
    peerPort: 0,
    threads: 1,
    ...options,
  });
  running.push(made);
  return made;
}

const locks = async (): Promise<string[]> =>
  (await readdir(dataDir)).filter((name) => name.startsWith('lock-'));

describe('starting a coordinator', () => {
  it.each([
    ['HTTP', 'port', 'peerPort'],
    ['contributors', 'peerPort', 'port'],
  ] as const)(
    'fails on a port for %s that is in use, and leaves nothing behind',
    async (_name, blocked, other) => {
      const free = await freePort();
      const failing = start({ [blocked]: takenPort, [other]: free });
      await expect(failing).rejects.toMatchObject({
        code: 'port-in-use',
        message: expect.stringContaining(String(takenPort)),
      });
      expect(await locks()).toEqual([]);
      // The same folder, and the port that it had taken by then.
      const next = await start({ [other]: free });
      expect((await fetch(`${next.url}/healthz`)).status).toBe(200);
    },
  );

  it('fails on a folder that a running coordinator has, and does it no harm', async () => {
    const first = await start();
    const [lock] = await locks();
    await expect(start()).rejects.toMatchObject({
      code: 'locked',
      message: expect.stringContaining(String(process.pid)),
    });
    expect(await locks()).toEqual([lock]);
    expect((await fetch(`${first.url}/healthz`)).status).toBe(200);
    await first.close();
    expect(await locks()).toEqual([]);
    await start();
  });

  it('fails on a database that does not answer, and leaves nothing behind', async () => {
    const databaseUrl = `postgres://nobody@127.0.0.1:${await freePort()}/none`;
    await expect(start({ databaseUrl })).rejects.toMatchObject({ code: 'unreachable' });
    expect(await locks()).toEqual([]);
    await start();
  });

  it.each([['203.0.113.7'], ['no such host']])('fails on the address %j', async (host) => {
    await expect(start({ host })).rejects.toMatchObject({ code: 'bad-input' });
    expect(await locks()).toEqual([]);
  });

  it('makes its key and its token once', async () => {
    const fresh = await freshDataDir();
    const first = await start({ dataDir: fresh });
    expect(first).toMatchObject({ tokenIsNew: true, token: expect.stringMatching(/^[0-9a-f]{64}$/) });
    await first.close();
    const second = await start({ dataDir: fresh });
    expect(second).toMatchObject({ tokenIsNew: false, token: first.token, peerId: first.peerId });
    await second.close();
    await rm(fresh, { recursive: true });
  });

  it('may be closed twice, and takes no request afterwards', async () => {
    const made = await start();
    await Promise.all([made.close(), made.close()]);
    await made.close();
    await expect(fetch(`${made.url}/healthz`)).rejects.toThrow('fetch failed');
  });
});
