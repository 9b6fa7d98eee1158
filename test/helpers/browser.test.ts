import { createServer } from 'node:http';
import { access } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from './browser.ts';

const WORKER = `
  const adapter = await navigator.gpu?.requestAdapter();
  postMessage({ adapter: Boolean(adapter), maxBuffer: adapter?.limits.maxStorageBufferBindingSize });
`;

let url = '';
const server = createServer((request, response) => {
  const worker = request.url === '/worker.js';
  response.setHeader('content-type', worker ? 'text/javascript' : 'text/html');
  response.end(worker ? WORKER : '<!doctype html><title>adapter</title>');
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

describe.each(['chromium', 'firefox'] as const)('launchBrowser(%s)', (kind) => {
  it('gives an adapter to the page and to a dedicated worker, and leaves no profile behind', async () => {
    const browser = await launchBrowser(kind);
    const args = browser.process()?.spawnargs ?? [];
    const profile =
      args.find((arg) => arg.startsWith('--user-data-dir='))?.split('=')[1] ??
      args[args.indexOf('--profile') + 1];
    expect(profile).toContain(`tilework-${kind}-`);
    try {
      const page = await browser.newPage();
      await page.goto(url);
      const onPage = await page.evaluate(async () => Boolean(await navigator.gpu?.requestAdapter()));
      expect(onPage).toBe(true);
      const inWorker = await page.evaluate(
        () =>
          new Promise((resolve, reject) => {
            const worker = new Worker('/worker.js', { type: 'module' });
            worker.addEventListener('message', (event) => resolve(event.data));
            worker.addEventListener('error', (event) => reject(new Error(event.message)));
          }),
      );
      expect(inWorker).toMatchObject({ adapter: true, maxBuffer: expect.any(Number) });
    } finally {
      await browser.close();
    }
    await expect(access(profile!)).rejects.toThrow('ENOENT');
  }, 90_000);
});
