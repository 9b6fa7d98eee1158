/** What a browser loses in mid-shard, the GPU or the network, and the page goes on by itself. */
import type { Browser } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { launchBrowser } from '../helpers/browser.ts';
import { freePort } from '../helpers/free-port.ts';
import { type TestCoordinator, testCoordinator } from '../helpers/network.ts';
import { ended, product, result, submit } from '../helpers/product.ts';
import { type SlowProxy, slowProxy } from '../helpers/slow-proxy.ts';
import { present } from './page-flow.ts';
import { PAGE_DIR, Visitor } from './visitor.ts';

/** Seconds of work for a software adapter: long enough to lose something in. */
const WANTED = product('i8', 300, 300, 9000);

describe('a loss in mid-shard', { timeout: 90_000 }, () => {
  let browser: Browser;
  let coordinator: TestCoordinator;
  let visitor: Visitor | undefined;
  let proxy: SlowProxy;

  beforeAll(async () => {
    const peerPort = await freePort();
    proxy = await slowProxy({ port: peerPort });
    const announce = [`/ip4/127.0.0.1/tcp/${proxy.port}/ws`];
    coordinator = await testCoordinator({ pageDir: PAGE_DIR, peerPort, announce });
    browser = await launchBrowser('chromium');
  }, 90_000);
  afterAll(async () => {
    await browser?.close();
    await coordinator?.remove();
    await proxy?.close();
  });
  afterEach(async () => {
    await visitor?.page.close();
    visitor = undefined;
    await vi.waitUntil(async () => (await present(coordinator)) === 0, { timeout: 5_000 });
  });

  const arrive = async (): Promise<Visitor> => {
    visitor = await Visitor.arrive(browser, `${coordinator.url}/?software=allow`);
    await visitor.click();
    await visitor.stage('waiting');
    return visitor;
  };

  it('of the connection, without a farewell: it is made again, and no shard is computed for nothing', async () => {
    const page = await arrive();
    const job = await submit(coordinator, WANTED);
    await page.stage('computing');
    const { accepted } = proxy;
    proxy.cut();
    await page.problem('unreachable');
    await page.comeOnline();
    const done = await ended(coordinator, job.id);
    expect(done.state).toBe('done');
    expect(await result(coordinator, job.id)).toEqual(WANTED.expected);
    await page.shards(done.shards);
    expect(await page.data('problem')).toBeUndefined();
    expect(proxy.accepted).toBe(accepted + 1);
  });

  // The last: Chromium gives a site no GPU for a while that has crashed its process.
  it('of the GPU’s own process: another device is opened, and the product is exact', async () => {
    const page = await arrive();
    const job = await submit(coordinator, WANTED);
    await page.stage('computing');
    const session = await browser.target().createCDPSession();
    // The process does not live to answer.
    session.send('Browser.crashGpuProcess').catch(() => {});
    const done = await ended(coordinator, job.id);
    expect(done.state).toBe('done');
    expect(await result(coordinator, job.id)).toEqual(WANTED.expected);
    await page.shards(done.shards);
    expect(await page.data('problem')).toBeUndefined();
  });
});
