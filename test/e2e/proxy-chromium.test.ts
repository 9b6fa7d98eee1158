/** The page on a static host and the coordinator behind a proxy, both under TLS: nginx as the README has it. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, launch } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumFlags, findBrowser } from '../../src/cli/browser.ts';
import { freePort } from '../helpers/free-port.ts';
import { findNginx, startNginx, type TestNginx } from '../helpers/nginx.ts';
import { type TestCoordinator, testCoordinator } from '../helpers/network.ts';
import { ended, product, result, submit } from '../helpers/product.ts';
import { PAGE_DIR, Visitor } from './visitor.ts';

const missing = findNginx() === undefined;
if (missing)
  process.stderr.write(
    '\n!!! nginx is not installed: the TLS proxy is NOT tested (apt-get install nginx)\n\n',
  );

describe.skipIf(missing)('behind nginx', { timeout: 60_000 }, () => {
  let folder: string;
  let nginx: TestNginx;
  let coordinator: TestCoordinator;
  let browser: Browser;
  let pagePort: number;
  let coordinatorPort: number;

  beforeAll(async () => {
    const [port, peerPort] = [await freePort(), await freePort()];
    [pagePort, coordinatorPort] = [await freePort(), await freePort()];
    coordinator = await testCoordinator({
      port,
      peerPort,
      announce: [`/dns4/localhost/tcp/${coordinatorPort}/tls/ws`],
      doors: { trustProxy: ['127.0.0.1'] },
    });
    folder = await mkdtemp(join(tmpdir(), 'tilework-static-'));
    await cp(PAGE_DIR, folder, { recursive: true });
    const home = `https://localhost:${coordinatorPort}`;
    const config = { v: 1, addrs: coordinator.peerAddresses, log: `${home}/log/`, api: `${home}/v1/` };
    await writeFile(join(folder, 'coordinator.json'), JSON.stringify(config));
    const index = join(folder, 'index.html');
    const meta = `<meta name="figures" content="${home}/" />`;
    await writeFile(index, (await readFile(index, 'utf8')).replace('<meta charset="utf-8" />', `$&${meta}`));
    nginx = await startNginx({ pagePort, coordinatorPort, backend: { port, peerPort }, root: folder });
    browser = await launch({
      executablePath: findBrowser(process.env, 'chromium').path,
      headless: true,
      pipe: true,
      // In this browser only: the certificate is its own authority.
      args: [...chromiumFlags(true), '--ignore-certificate-errors'],
    });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await nginx?.stop();
    await coordinator?.remove();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  it('a visitor computes a product through wss, with a page that no coordinator serves', async () => {
    const visitor = await Visitor.arrive(browser, `https://localhost:${pagePort}/?software=allow`);
    await visitor.click();
    const wanted = product('i8', 300, 270, 500);
    const job = await submit(coordinator, wanted);
    expect(await ended(coordinator, job.id)).toMatchObject({ state: 'done', cellsVerified: 4 });
    expect(await result(coordinator, job.id)).toEqual(wanted.expected);
    expect(visitor.requests.some((url) => url.startsWith(`wss://localhost:${coordinatorPort}`))).toBe(true);
    const elsewhere = visitor.requests.filter(
      (url) =>
        !url.startsWith(`https://localhost:${pagePort}/`) && !url.includes(`://localhost:${coordinatorPort}`),
    );
    expect(elsewhere.filter((url) => !/^(blob|data):/.test(url))).toEqual([]);
    // What the page's policy forbids would stand here.
    expect(visitor.problems).toEqual([]);
    await visitor.page.close();
  });
});
