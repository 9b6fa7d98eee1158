import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../helpers/browser.ts';
import { type TestCoordinator, testCoordinator } from '../helpers/network.ts';
import { type ServedModule, serveModule } from '../helpers/page-bundle.ts';
import { ended, product, submit } from '../helpers/product.ts';

type Module = typeof import('./wishes-page.ts');
declare const ready: Promise<Module>;

let served: ServedModule;
let browser: Browser;
let page: Page;
let coordinator: TestCoordinator;
beforeAll(async () => {
  [served, browser, coordinator] = await Promise.all([
    serveModule('test/contributor/wishes-page.ts'),
    launchBrowser('chromium'),
    testCoordinator(),
  ]);
  page = await browser.newPage();
  await page.goto(served.url);
}, 90_000);
afterAll(async () => {
  await browser?.close();
  await served?.close();
  await coordinator?.remove();
});

describe('a contributor in its workers', () => {
  it('waits for the end of a pause, works, finishes, and starts anew', async () => {
    const job = await submit(coordinator, product('i8', 256, 256, 64));
    const addresses = [...coordinator.peerAddresses];
    await page.evaluate(async (to) => (await ready).start(to, { paused: true }), addresses);
    expect(await page.evaluate(async () => (await ready).until({ paused: true }))).toBe('testing');
    const before = await page.evaluate(async () => {
      const { contributor } = await ready;
      contributor.setRateCaps({ down: 1024 ** 2, up: 1024 ** 2 });
      contributor.setPaused(false);
      return contributor.status.adapter ?? 'none yet';
    });
    expect(before).toBe('none yet');
    await page.evaluate(async () => (await ready).until({ paused: false }, 1));
    const stage = await page.evaluate(async () => {
      const { contributor } = await ready;
      contributor.setPaused(true);
      contributor.setPaused(false);
      await contributor.finish();
      return contributor.status.stage;
    });
    expect(stage).toBe('stopped');
    expect(await ended(coordinator, job.id)).toMatchObject({ state: 'done' });
    await page.evaluate(async (to) => (await ready).start(to), addresses);
    const twice = await page.evaluate(async () => {
      const { contributor } = await ready;
      await Promise.all([contributor.finish(), contributor.finish(), contributor.stop()]);
      contributor.setPaused(true);
      await contributor.finish();
      const { stage, paused, finishing } = contributor.status;
      return { stage, paused, finishing };
    });
    expect(twice).toEqual({ stage: 'stopped', paused: false, finishing: false });
  });
});
