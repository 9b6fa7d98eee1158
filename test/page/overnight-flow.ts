/** The wiring of overnight work, once, in a real browser; its logic is tested with fakes beside this. */
import { createHash } from 'node:crypto';
import { build, type Rolldown } from 'vite';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BrowserKind } from '../../src/cli/browser.ts';
import type { KeptFile } from '../../src/page/offline.ts';
import { filesBeside, workerBuild } from '../../src/page/offline-build.node.ts';
import { launchBrowser } from '../helpers/browser.ts';
import { type ServedModule, serveModule } from '../helpers/page-bundle.ts';

type Module = typeof import('./overnight-page.ts');
declare const ready: Promise<Module>;

const files: Record<string, Uint8Array | string> = { '/v1/network': 'live', '/coordinator.json': '{}' };
let served: ServedModule;
let browser: Browser;
let page: Page;

/** What the plugin of vite.config.ts does with the real page. */
async function addServiceWorker(): Promise<void> {
  const kept: KeptFile[] = [];
  for (const { path, source } of filesBeside()) files[`/${path}`] = source;
  for (const path of ['', 'entry.js', 'offline.html', 'icon.svg']) {
    const bytes = new Uint8Array(await (await fetch(`${served.url}${path}`)).arrayBuffer());
    kept.push([path, `sha256-${createHash('sha256').update(bytes).digest('base64')}`]);
  }
  const { output } = (await build(workerBuild(kept, import.meta.dirname))) as Rolldown.RolldownOutput;
  files['/sw.js'] = output[0].code;
}

const open = async (): Promise<Page> => {
  const tab = await browser.newPage();
  await tab.goto(served.url);
  return tab;
};

export function describeOvernight(kind: BrowserKind): void {
  beforeAll(async () => {
    served = await serveModule('test/page/overnight-page.ts', { files });
    await addServiceWorker();
    browser = await launchBrowser(kind);
    page = await open();
  }, 90_000);
  afterAll(async () => {
    await browser?.close();
    await served?.close();
  });

  describe(`overnight, ${kind}`, () => {
    it('says what it knows of the moment, and hears no more after the end', async () => {
      await expect
        .poll(() => page.evaluate(async () => (await ready).signals()))
        .toMatchObject({
          hidden: false,
          online: true,
          throttledTimers: false,
          // Firefox tells nobody.
          ...(kind === 'chromium' && { battery: { charging: true } }),
        });
      const before = await page.evaluate(async () => (await ready).stopSignals());
      await page.evaluate(() => dispatchEvent(new Event('offline')));
      expect(await page.evaluate(async () => (await ready).stopSignals())).toBe(before);
    });

    it('lets one tab contribute, shows its numbers in the other, and passes the lock on when it is closed', async () => {
      const first = await open();
      const state = (tab: Page): Promise<string> => tab.evaluate(async () => (await ready).lockState());
      expect(await first.evaluate(async () => (await ready).take())).toBe('held');
      expect(await page.evaluate(async () => (await ready).take())).toBe('waiting');
      await first.evaluate(async () => (await ready).tell('1152921504606846976'));
      const leader = () => page.evaluate(async () => (await ready).leader());
      await expect
        .poll(leader)
        .toEqual({ stage: 'computing', microcredits: '1152921504606846976', paused: false });
      await page.evaluate(async () => (await ready).press());
      await expect.poll(() => first.evaluate(async () => (await ready).pressed())).toEqual(['pause']);
      await first.close();
      await expect.poll(() => state(page)).toBe('held');
      await page.evaluate(async () => (await ready).release());
      await expect.poll(leader).toMatchObject({ stage: null });
    });

    it('takes a wish to stay awake, a tone and a badge without an error', async () => {
      const problems: string[] = [];
      page.on('pageerror', (error) => problems.push(String(error)));
      await page.evaluate(async () => (await ready).keepAwake());
      await page.evaluate(async () => (await ready).badge());
      await expect
        .poll(() => page.evaluate(async () => (await ready).awakeState()))
        .toMatch(/^(held|refused)$/);
      await page.evaluate(async () => (await ready).toneOnClick());
      await page.mouse.click(5, 5);
      await expect.poll(() => page.evaluate(async () => (await ready).toneState())).toMatch(/^(on|blocked)$/);
      await page.evaluate(async () => (await ready).stopTone());
      expect(await page.evaluate(async () => (await ready).toneState())).toBe('off');
      expect(problems).toEqual([]);
    });

    // Firefox freezes no page but those that it keeps for the way back.
    it.runIf(kind === 'chromium')(
      'hands leases back when it freezes the page, and wakes it when it goes on',
      async () => {
        const tab = await open();
        const driver = await tab.createCDPSession();
        await tab.evaluate(async () => (await ready).work('12D3KooW', ['ab'.repeat(16)]));
        const asked = tab.waitForRequest((request) => request.url().endsWith('/v1/leases/return'));
        await driver.send('Page.setWebLifecycleState', { state: 'frozen' });
        const request = await asked;
        expect([request.method(), request.headers()['content-type']]).toEqual([
          'POST',
          'text/plain;charset=UTF-8',
        ]);
        await driver.send('Page.setWebLifecycleState', { state: 'active' });
        await expect.poll(() => tab.evaluate(async () => (await ready).woken())).toBeGreaterThan(0);
        await tab.close();
      },
    );

    // The last: the server is gone afterwards.
    it('keeps the page, and nothing of the coordinator’s, for when there is no network', async () => {
      expect(await page.evaluate(async () => (await ready).install())).toBe(true);
      await page.reload();
      expect(await page.evaluate(async () => (await ready).get('./v1/network'))).toBe('live');
      const kept = await page.evaluate(async () => (await ready).kept());
      expect(kept.toSorted()).toEqual(['/', '/entry.js', '/icon.svg', '/offline.html']);
      await served.close();
      await page.reload();
      expect(await page.evaluate(async () => (await ready).lockState())).toBe('free');
      for (const path of ['./v1/network', './coordinator.json'])
        expect(await page.evaluate(async (asked) => (await ready).get(asked), path)).toBe('no network');
      await page.goto(`${served.url}somewhere`);
      expect(await page.$eval('h1', (heading) => heading.textContent)).toContain('cannot be loaded just now');
      // What is kept may not be framed: a site's visitors get the browser's own word that there is no network.
      await expect(page.goto(`${served.url}?embed=1`)).rejects.toThrow(
        /CONNECTION_REFUSED|ERROR_CONNECTION/i,
      );
    });
  });
}
