/** Trusted Types, as a coordinator asks for them, around the built pages: they work, and injected text does not. */
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../helpers/browser.ts';
import { type TestCoordinator, testCoordinator } from '../helpers/network.ts';
import { PAGE_DIR, Visitor } from './visitor.ts';

let coordinator: TestCoordinator;
let browser: Browser;
beforeAll(async () => {
  coordinator = await testCoordinator({ pageDir: PAGE_DIR });
  browser = await launchBrowser('chromium');
}, 90_000);
afterAll(async () => {
  await browser?.close();
  await coordinator?.remove();
});

/** The name of what each attempt throws; 'done' where nothing stops it. */
const attempts = (page: Page): Promise<Record<string, string>> =>
  page.evaluate(() => {
    const outcome = (attempt: () => unknown): string => {
      try {
        attempt();
        return 'done';
      } catch (error) {
        return (error as Error).name;
      }
    };
    const { trustedTypes } = globalThis as unknown as {
      trustedTypes: { createPolicy(name: string, rules: object): unknown };
    };
    return {
      innerHTML: outcome(() => (document.createElement('p').innerHTML = '<img src=x onerror=alert(1)>')),
      parsing: outcome(() => new DOMParser().parseFromString('<p>', 'text/html')),
      script: outcome(() => (document.createElement('script').src = './assets/a.js')),
      worker: outcome(() => new Worker('./assets/a.js')),
      itsWorkers: outcome(() => new Worker(new URL('./sw.js', location.href))),
      text: outcome(() => (document.createElement('p').textContent = '<b>')),
      policyAnew: outcome(() => trustedTypes.createPolicy('tilework', {})),
      policyOfOthers: outcome(() => trustedTypes.createPolicy('default', {})),
    };
  });

describe('under Trusted Types, in Chromium', { timeout: 60_000 }, () => {
  it('the contributor’s page starts its workers, and what is injected throws', async () => {
    const visitor = await Visitor.arrive(browser, `${coordinator.url}/?software=allow`);
    await visitor.click();
    await visitor.stage('waiting');
    await expect.poll(() => visitor.page.workers().length).toBe(2);
    // So that its memory can be measured, with its workers'.
    expect(
      await visitor.page.evaluate(() => [
        crossOriginIsolated,
        'measureUserAgentSpecificMemory' in performance,
      ]),
    ).toEqual([true, true]);
    expect(visitor.problems).toEqual([]);
    expect(await attempts(visitor.page)).toEqual({
      innerHTML: 'TypeError',
      parsing: 'TypeError',
      script: 'TypeError',
      worker: 'TypeError',
      itsWorkers: 'TypeError',
      text: 'done',
      policyAnew: 'TypeError',
      policyOfOthers: 'TypeError',
    });
    await visitor.page.close();
  });

  it('the network page shows itself, and what is injected throws', async () => {
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    await page.goto(`${coordinator.url}/network.html`);
    await page.waitForSelector('tilework-network[data-state="live"] h1');
    expect(problems).toEqual([]);
    expect(await attempts(page)).toMatchObject({ innerHTML: 'TypeError', text: 'done' });
  });
});
