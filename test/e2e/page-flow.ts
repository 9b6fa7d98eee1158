/** The whole product, as a visitor and a requester meet it. */
import type { Browser } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BrowserKind } from '../../src/cli/browser.ts';
import { checkReceipts } from '../../src/coordinator/receipt-check.ts';
import type { JobView, NetworkView, ReceiptView } from '../../src/core/v1.ts';
import type { Dtype } from '../../src/matrix/dtype.ts';
import { launchBrowser } from '../helpers/browser.ts';
import { type TestCoordinator, testCoordinator } from '../helpers/network.ts';
import { type Product, api, ended, product, result, submit } from '../helpers/product.ts';
import { PAGE_DIR, Visitor } from './visitor.ts';

/** Contributors that the coordinator sees. */
export async function present(coordinator: TestCoordinator): Promise<number> {
  return (await api<NetworkView>(coordinator, '/v1/network')).contributorsNow;
}

/** The unit roundoff of DESIGN §2; all values lie within [−1, 1], so K bounds the sum of magnitudes. */
const withinBound = (c: ArrayLike<number>, { expected, k }: Product): boolean =>
  Array.from(expected).every((value, i) => Math.abs(value - c[i]!) <= k * 2 ** -23 * k);

export function describePage(kind: BrowserKind): void {
  describe(`the page in ${kind}`, { timeout: 60_000 }, () => {
    let coordinator: TestCoordinator;
    let browser: Browser;
    let visitor: Visitor;
    let peerId: string;

    beforeAll(async () => {
      coordinator = await testCoordinator({ pageDir: PAGE_DIR, network: 'e2e' });
      browser = await launchBrowser(kind);
      visitor = await Visitor.arrive(browser, `${coordinator.url}/?software=allow`);
    }, 90_000);
    afterAll(async () => {
      await browser?.close();
      await coordinator?.remove();
    });

    it('runs nothing before the click, also when there is work to do', async () => {
      const waiting = product('i8', 20, 20, 100);
      const job = await submit(coordinator, waiting);
      await visitor.page.reload({ waitUntil: 'networkidle2' });
      expect(await visitor.seen()).toEqual({ workers: 0, adapters: 0, violations: [] });
      expect(visitor.page.workers()).toHaveLength(0);
      expect(await visitor.data('stage')).toBe('stopped');
      expect(await present(coordinator)).toBe(0);
      expect((await api<JobView>(coordinator, `/v1/jobs/${job.id}`)).shards).toBe(0);
      await visitor.picture(`${kind}-before`);
      expect(await visitor.complaints(coordinator)).toEqual([]);

      await visitor.pressEnter();
      const done = await ended(coordinator, job.id);
      expect(done).toMatchObject({ state: 'done', shards: 1 });
      expect(await result(coordinator, job.id)).toEqual(waiting.expected);
      await visitor.shards(1);
      peerId = await visitor.peerId();
      expect(done.contributions.map(({ contributor }) => contributor)).toEqual([peerId]);
    });

    it.each<Dtype>(['i8', 'f32', 'f16'])('computes a product in %s', async (dtype) => {
      const wanted = product(dtype, 300, 270, 1111);
      const job = await submit(coordinator, wanted, `digits in ${dtype}`);
      expect(await ended(coordinator, job.id)).toMatchObject({
        state: 'done',
        cellsVerified: 4,
        error: null,
      });
      const c = await result(coordinator, job.id);
      if (dtype === 'i8') expect(c).toEqual(wanted.expected);
      else expect(withinBound(c, wanted)).toBe(true);
    });

    it('shows what was verified, and every receipt holds', async () => {
      const receipts = await api<ReceiptView[]>(coordinator, `/v1/receipts?contributor=${peerId}`);
      expect(await checkReceipts(receipts, coordinator.peerId)).toEqual({
        signatures: 3 * receipts.length,
        problems: [],
      });
      const credit = receipts.reduce((sum, { microcredits }) => sum + BigInt(microcredits), 0n);
      await visitor.shards(receipts.length);
      expect(await visitor.data('microcredits')).toBe(credit.toString());
      expect(await visitor.text('.count')).toBe(`${receipts.length} shards verified`);
      expect(await visitor.text('.facts')).toContain('Network e2e');
      await visitor.picture(`${kind}-verified`);
      expect(await visitor.complaints(coordinator)).toEqual([]);
    });

    it('stops in mid-shard when told to, and at the next start goes on as the same contributor', async () => {
      const wanted = product('i8', 512, 512, 6000);
      const job = await submit(coordinator, wanted, 'a longer one');
      await visitor.stage('computing');
      await visitor.picture(`${kind}-computing`);
      await visitor.click();
      await visitor.stage('stopped');
      await expect.poll(() => present(coordinator)).toBe(0);
      await expect.poll(() => visitor.page.workers().length).toBe(0);
      expect((await api<JobView>(coordinator, `/v1/jobs/${job.id}`)).state).toBe('running');
      const shown = Number(await visitor.data('shards'));
      await visitor.picture(`${kind}-stopped`);

      await visitor.click();
      const done = await ended(coordinator, job.id);
      expect(await result(coordinator, job.id)).toEqual(wanted.expected);
      expect(done.contributions).toMatchObject([{ contributor: peerId, shards: done.shards }]);
      expect(await visitor.peerId()).toBe(peerId);
      // A receipt that was on its way when Stop was pressed is in the record and not on the page.
      await visitor.stage('waiting');
      const total = (await api<ReceiptView[]>(coordinator, `/v1/receipts?contributor=${peerId}`)).length;
      // "Nothing to compute" may be said a moment before the last receipt is.
      await expect.poll(async () => Number(await visitor.data('shards'))).toBeGreaterThan(shown);
      expect(Number(await visitor.data('shards'))).toBeLessThanOrEqual(total);
      // The first visit's receipts were looked for in the public log when this one began.
      await expect
        .poll(() => visitor.text('.facts'))
        .toMatch(/Receipts in the public log [1-9]\d* of \d+ checked/);
      expect(await visitor.data('log')).toBeUndefined();
      await visitor.click();
      await visitor.stage('stopped');
      expect(await visitor.complaints(coordinator)).toEqual([]);
    });

    it('opens what is below, keeps what is chosen for the next visit, and speaks German', async () => {
      const { page } = visitor;
      const open = async (name: string): Promise<void> => {
        await page.click(`[data-section="${name}"] > summary`);
        await page.waitForSelector(`tilework-${name} *`);
      };
      await page.bringToFront();
      await open('controls');
      await page.click('[data-testid="preset-gentle"]');
      for (const name of ['projects', 'report', 'speed', 'you', 'share']) await open(name);
      await page.waitForSelector('.speed-plot[data-plot="drawn"]');
      expect(await visitor.text('tilework-report')).toContain('at work');
      await page.waitForSelector('tilework-mosaic canvas');
      await visitor.picture(`${kind}-opened`);

      await page.reload({ waitUntil: 'networkidle2' });
      await open('controls');
      expect(await visitor.text('[data-testid="intensity-value"]')).toBe('35%');
      await page.select('#language', 'de');
      await page.waitForSelector('html[lang="de"]');
      expect(await visitor.text('[data-testid="toggle"]')).toBe('Start');
      expect(await visitor.text('h1')).toBe('Leihen Sie Ihre GPU einer gemeinsamen Rechnung');
      await expect.poll(() => visitor.text('tilework-controls legend')).toBe('Wie viel gerechnet wird');
      await page.reload({ waitUntil: 'networkidle2' });
      expect(await visitor.text('h1')).toContain('Leihen Sie');
      await page.select('#language', 'en');
      await page.waitForSelector('html[lang="en"]');
      expect(await visitor.text('h1')).toContain('Lend your GPU');
      expect(await visitor.complaints(coordinator)).toEqual([]);
    });
  });
}
