/** What a visit leaves to the next one, in a real browser. */
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BrowserKind } from '../../src/cli/browser.ts';
import { launchBrowser } from '../helpers/browser.ts';
import { type ServedModule, serveModule } from '../helpers/page-bundle.ts';

type Module = typeof import('./tuning-page.ts');
declare const ready: Promise<Module>;

/** A machine that does much else may look twice as slow at one visit: then it races again, rightly. */
const MOST_VISITS = 5;

export function describeTunings(kind: BrowserKind): void {
  describe(`the kernels that were chosen, kept in ${kind}`, () => {
    let served: ServedModule;
    let browser: Browser;
    let page: Page;

    beforeAll(async () => {
      served = await serveModule('test/contributor/tuning-page.ts');
      browser = await launchBrowser(kind);
    }, 90_000);
    beforeEach(async () => {
      await page?.close();
      page = await browser.newPage();
      await page.goto(served.url);
      await page.evaluate(async () => (await ready).forget());
    });
    afterAll(async () => {
      await browser?.close();
      await served?.close();
    });

    const visit = (runtime: string): ReturnType<Module['visit']> =>
      page.evaluate(async (name) => (await ready).visit(name), runtime);
    const rows = (): ReturnType<Module['rows']> => page.evaluate(async () => (await ready).rows());

    it('serve the next page without a race; another version of the browser races again', async () => {
      const first = await visit('a browser 1.0');
      expect(first.races).toBe(3);
      const kept = await rows();
      expect(kept.map(({ key }) => key.slice(33))).toEqual(['i8/square', 'f16/square', 'f32/square']);
      expect(kept.map(({ choice }) => choice.kernel)).toEqual(Object.values(first.kernels));
      for (const { choice } of kept) expect(Object.keys(choice.rates).length).toBeGreaterThan(0);

      let calm = first;
      for (let n = 0; n < MOST_VISITS && calm.races > 0; n++) {
        await page.reload();
        calm = await visit('a browser 1.0');
      }
      expect(calm.races).toBe(0);
      const before = await rows();
      expect(before.map(({ choice }) => choice.kernel).toSorted()).toEqual(
        Object.values(calm.kernels).toSorted(),
      );

      expect((await visit('a browser 1.1')).races).toBe(3);
      const after = await rows();
      expect(after.slice(0, 3)).toEqual(before);
      expect(after).toHaveLength(6);
    }, 120_000);

    it('are kept by the GPU worker of the page', async () => {
      const kernels = await page.evaluate(async () => (await ready).realVisit());
      const kept = await rows();
      expect(kept.map(({ choice }) => choice.kernel)).toEqual([kernels.i8, kernels.f16, kernels.f32]);
    }, 120_000);

    it('are 64 at most: the oldest go, and one that was saved again is new', async () => {
      await page.evaluate(async () => (await ready).saveMany(100));
      const kept = await rows();
      expect(kept).toHaveLength(64);
      expect(kept[0]!.key).toBe('key 36');
      expect(kept.at(-1)).toMatchObject({
        key: 'key 70',
        choice: { kernel: 'another', rates: { another: 1 } },
      });
      const loaded = (key: string): Promise<unknown> =>
        page.evaluate(async (name) => (await (await ready).load(name)) ?? null, key);
      expect(await loaded('key 99')).toEqual({ kernel: 'kernel 99', rates: {} });
      expect(await loaded('key 3')).toBeNull();
    });

    it('are one a key, also when tabs save at once', async () => {
      await page.evaluate(async () => (await ready).saveAtOnce());
      expect((await rows()).map(({ key }) => key)).toEqual(['shared']);
    });

    it('are refused with a rejection, not a crash, where nothing may be kept', async () => {
      const outcomes = await page.evaluate(async () => (await ready).withoutStorage());
      expect(outcomes).toEqual(['rejected', 'rejected']);
    });
  });
}
