import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { launchBrowser } from '../helpers/browser.ts';
import { type TestCoordinator, testCoordinator } from '../helpers/network.ts';
import { type ServedModule, serveModule } from '../helpers/page-bundle.ts';
import { product, submit } from '../helpers/product.ts';
import { Rogue } from '../helpers/rogue.ts';

type Module = typeof import('./figures-page.ts');
declare const ready: Promise<Module>;

let served: ServedModule;
let coordinator: TestCoordinator;
let browser: Browser;
let page: Page;
beforeAll(async () => {
  served = await serveModule('test/page/figures-page.ts');
  coordinator = await testCoordinator();
  browser = await launchBrowser('chromium');
  page = await browser.newPage();
  await page.goto(served.url);
}, 90_000);
afterAll(async () => {
  await browser?.close();
  await served?.close();
  await coordinator?.remove();
});

const shown = (): Promise<ReturnType<Module['shown']>> => page.evaluate(async () => (await ready).shown());
const until = (wanted: Partial<ReturnType<Module['shown']>>): Promise<unknown> =>
  vi.waitFor(async () => expect(await shown()).toMatchObject(wanted), { timeout: 15_000, interval: 50 });

it('a page of another origin sees the mosaic light up, and finds back to a coordinator that was away', async () => {
  const wanted = product('i8', 512, 512, 16);
  const hello = { resultBytes: 0 };
  const { id } = await submit(coordinator, wanted, 'digits');
  await page.evaluate(async (base) => (await ready).follow(base), `${coordinator.url}/`);
  await until({ live: true, job: id, cellsVerified: 0 });
  const ann = await Rogue.join(coordinator.peerAddresses, { product: wanted, hello });
  await ann.workHonestly();
  await until({ cellsVerified: 1 });
  const bob = await Rogue.join(coordinator.peerAddresses, { product: wanted, hello });
  await bob.workHonestly();
  await until({ cellsVerified: 2 });
  expect((await shown()).owners.toSorted((x, y) => x - y)).toEqual([0, 0, 1, 2]);
  const asked = await page.evaluate(async (peer) => (await ready).ask(peer), bob.peerId);
  expect(asked).toEqual([2, [1, 2], 1, 'unreachable', ['digits']]);
  await Promise.all([ann.leave(), bob.leave()]);

  const { url, dataDir } = coordinator;
  await coordinator.close();
  await until({ live: false, cellsVerified: 2 });
  coordinator = await testCoordinator({ dataDir, port: Number(new URL(url).port) });
  await page.evaluate(async () => (await ready).wake());
  await until({ live: true, job: id, cellsVerified: 2, contributorsNow: 0 });
}, 60_000);
