/** What a browser keeps on disk, in a real browser. */
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BrowserKind } from '../../src/cli/browser.ts';
import { launchBrowser } from '../helpers/browser.ts';
import { type ServedModule, serveModule } from '../helpers/page-bundle.ts';

type Module = typeof import('./disk-page.ts');
declare const ready: Promise<Module>;

const BLOCK = 256 * 1024;

export function describeDisk(kind: BrowserKind): void {
  describe(`blocks that ${kind} keeps on disk`, () => {
    let served: ServedModule;
    let browser: Browser;
    let page: Page;

    beforeAll(async () => {
      served = await serveModule('test/contributor/disk-page.ts');
      browser = await launchBrowser(kind);
      page = await browser.newPage();
      await page.goto(served.url);
    }, 90_000);
    afterAll(async () => {
      await browser?.close();
      await served?.close();
    });

    const call = async <N extends keyof Module>(
      name: N,
      number = 0,
      where = page,
    ): Promise<Awaited<ReturnType<Module[N]>>> =>
      (await where.evaluate(async (name, number) => (await ready)[name](number), name, number)) as Awaited<
        ReturnType<Module[N]>
      >;

    it('are there after a reload, which ends their worker without a word', async () => {
      expect(await call('open', 8)).toEqual({ usedBytes: 0, budgetBytes: 8 * BLOCK });
      expect(await call('put', 5)).toBe(5 * BLOCK);
      await page.reload();
      expect(await call('open', 8)).toEqual({ usedBytes: 5 * BLOCK, budgetBytes: 8 * BLOCK });
      expect(await call('good', 6)).toEqual([0, 1, 2, 3, 4]);
    });

    it('are one tab’s at a time: a second one goes without, and has them when the first has ended', async () => {
      const second = await browser.newPage();
      await second.goto(served.url);
      expect(await call('open', 8, second)).toBeNull();
      expect(await call('good', 1)).toEqual([0]);
      await call('close');
      expect(await call('open', 8, second)).toMatchObject({ usedBytes: 5 * BLOCK });
      await second.close();
    });

    it('are not given when their bytes have changed on the disk', async () => {
      await page.reload();
      await call('damage', 2);
      await call('open', 8);
      expect(await call('good', 5)).toEqual([0, 1, 3, 4]);
    });

    it('are gone when they are cleared, or removed by a page whose worker has ended', async () => {
      expect(await call('clear')).toBe(0);
      expect(await call('measureDisk')).toBe(0);
      await call('put', 2);
      await call('close');
      expect(await call('measureDisk')).toBe(2 * BLOCK);
      await call('removeDisk');
      expect(await call('measureDisk')).toBe(0);
    });
  });
}
