/** A contributor beside a real coordinator, reading its real log over HTTP. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logFetcher } from '../../src/contributor/log-fetch.ts';
import { LogWatch } from '../../src/contributor/log-watch.ts';
import { JumpClock } from '../helpers/jump-clock.ts';
import { type TestCoordinator, testContributor, testCoordinator } from '../helpers/network.ts';
import { ended, product, submit } from '../helpers/product.ts';
import { MemoryOfLogs } from './written-log.ts';

let coordinator: TestCoordinator;
beforeAll(async () => {
  coordinator = await testCoordinator();
});
afterAll(async () => {
  await coordinator?.remove();
});

describe('a contributor of a real network', () => {
  it('finds each of its receipts in the public log', async () => {
    const clock = new JumpClock();
    const log = new LogWatch({
      coordinator: coordinator.peerId,
      fetch: logFetcher(`${coordinator.url}/log`),
      memory: new MemoryOfLogs(),
      clock,
    });
    const me = await testContributor(coordinator.peerAddresses, { log });
    try {
      const job = await submit(coordinator, product('i8', 600, 300, 64));
      expect((await ended(coordinator, job.id)).state).toBe('done');
      await me.until(({ receipts, log: seen }) => receipts > 0 && seen?.receipts === receipts);
      await log.settled();
      clock.jump(60_000);
      const { receipts, log: seen } = await me.until((status) => status.log?.checked === status.receipts);
      expect(seen).toMatchObject({ checked: receipts, receipts, problem: undefined });
      expect(seen!.size).toBeGreaterThanOrEqual(receipts);
    } finally {
      await me.stop();
    }
  });
});

describe('files of a log', () => {
  const read = async (path: string, maxBytes = 100): Promise<unknown> => {
    const server = createServer((request, response) => {
      if (request.url === '/log/endless') {
        const pour = (): void => void (response.destroyed || response.write(Buffer.alloc(65_536), pour));
        pour();
      } else if (request.url === '/log/elsewhere') response.writeHead(302, { location: '/log/small' }).end();
      else if (request.url === '/log/small') response.end('small');
      else response.writeHead(request.url === '/log/broken' ? 503 : 404).end();
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    try {
      const fetchLog = logFetcher(`http://127.0.0.1:${(server.address() as AddressInfo).port}/log/`);
      const { signal } = new AbortController();
      return new TextDecoder().decode(await fetchLog(path, { maxBytes, fresh: true, signal }));
    } catch (error) {
      return (error as { code: string }).code;
    } finally {
      server.closeAllConnections();
      server.close();
    }
  };

  it.each([
    ['small', 'small'],
    ['gone', 'not-found'],
    ['broken', 'unreachable'],
    ['elsewhere', 'unreachable'],
    ['endless', 'too-large'],
  ])('%s: %s', async (path, outcome) => {
    expect(await read(path)).toBe(outcome);
  });
});
