/** The widget on a page of another site, as its visitors, its owner and an attacker meet it. */
import type { Browser } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BrowserKind } from '../../src/cli/browser.ts';
import { launchBrowser } from '../helpers/browser.ts';
import { type TestCoordinator, testCoordinator } from '../helpers/network.ts';
import type { JobView } from '../../src/core/v1.ts';
import type { SiteFiguresView } from '../../src/core/v1-sites.ts';
import { api, ended, product, type Product, result, submit } from '../helpers/product.ts';
import { barriers, dataOf, Guest, phase, postFromHost, pressStart, removeElementOf, stage } from './guest.ts';
import { type HostSite, serveHostSite } from './host-site.ts';
import { present } from './page-flow.ts';
import { measureInTurns, shownBurden } from './good-neighbour.ts';
import { PAGE_DIR } from './visitor.ts';
import { countAsOne } from './widget-keys.ts';
import { serveWidgetSite, type WidgetSite } from './widget-site.ts';

const DAY_MS = 24 * 3_600_000;
/** An eighth of a display's frame. A software adapter takes the page's own processors, so the latest may be later. */
const UNFELT_MS = 2;
/** Seconds of work for a software adapter; made once. */
let made: Product | undefined;
const lasting = (): Product => (made ??= product('i8', 512, 512, 4000));
const WISHES = { project: 'digits', maxIntensity: 1, theme: 'auto', lang: '', autostart: true };

export function describeWidget(kind: BrowserKind): void {
  describe(`the widget in ${kind}`, { timeout: 60_000 }, () => {
    let coordinator: TestCoordinator;
    let host: HostSite;
    /** Another site, with another visitor to the same browser's eyes. */
    let neighbour: HostSite;
    let site: WidgetSite;
    let browser: Browser;
    let guest: Guest;

    beforeAll(async () => {
      host = await serveHostSite(() => site.origin);
      neighbour = await serveHostSite(() => site.origin, 'neighbour.localhost');
      const embed = [host.origin, neighbour.origin];
      coordinator = await testCoordinator({ network: 'embedded', pageDir: PAGE_DIR, embed });
      site = await serveWidgetSite(coordinator);
      browser = await launchBrowser(kind);
      guest = await Guest.arrive(browser, host.origin, site.origin);
    }, 90_000);
    afterAll(async () => {
      await browser?.close();
      await Promise.all([host?.close(), neighbour?.close(), site?.close(), coordinator?.remove()]);
    });

    it('asks for nothing but the loader before a click, under a strict policy of the host’s', async () => {
      expect(site.asked).toEqual(['/widget.js']);
      expect(guest.problems).toEqual([]);
      await guest.picture(`widget-${kind}-placeholder`);
    });

    it('is not opened by the host’s scripts', async () => {
      // As the page's own script tried it: what a driver evaluates counts as a person's doing.
      const opened = await guest.page.evaluate(() => {
        const button = document.querySelector('tilework-contribute')!.shadowRoot!.querySelector('button')!;
        button.click();
        button.dispatchEvent(new MouseEvent('click', { bubbles: true, composed: true }));
        return (globalThis as unknown as { opened: unknown }).opened;
      });
      expect(opened).toBe(false);
      expect(guest.page.frames()).toHaveLength(1);
      expect(site.asked).toEqual(['/widget.js']);
    });

    it('asks in its own frame, and takes no order to start from outside', async () => {
      const frame = await guest.open();
      expect(new URL(frame.url()).origin).toBe(site.origin);
      expect(await frame.$eval('h1', (heading) => heading.textContent)).toContain(new URL(host.origin).host);
      await frame.waitForSelector('[data-testid="start"][aria-disabled="false"]');
      if (kind === 'chromium') expect(await barriers(frame)).toEqual([]);
      await guest.picture(`widget-${kind}-consent`);
      const types = ['start', 'started', 'consent', 'hello', 'wishes', 'open', 'click'];
      const forged = types.map((type) => ({ tilework: 1, type, ...WISHES, untilMs: 1e15 }));
      await postFromHost(frame, forged);
      await guest.page.evaluate(async () => {
        const stats = { state: 'working', shards: 9, microcredits: 9, multiplyAdds: 9, rate: 9, progress: 1 };
        for (const type of ['started', 'receipt', 'consent', 'error'])
          postMessage({ tilework: 1, type, stats, code: 'internal', untilMs: 1 }, '*');
        // Messages to oneself come in order.
        const { promise, resolve } = Promise.withResolvers<void>();
        addEventListener('message', ({ data }) => data === 'the last' && resolve());
        postMessage('the last', '*');
        await promise;
      });
      // A script of the frame itself cannot press the button either.
      await frame.$eval('[data-testid="start"]', (button) => (button as HTMLElement).click());
      expect(await guest.heardTypes()).toEqual(['ready']);
      expect(await dataOf(frame, 'phase')).toBe('asking');
      expect(await present(coordinator)).toBe(0);
      expect(site.asked.filter((path) => path.includes('worker'))).toEqual([]);
    });

    it('does not hear a page that is not the one it greets', async () => {
      await guest.page.evaluate((origin) => {
        const frame = document.createElement('iframe');
        frame.src = `${origin}/?embed=1&origin=https%3A%2F%2Felsewhere.example`;
        frame.id = 'strange';
        document.body.append(frame);
      }, site.origin);
      const strange = await guest.page.waitForFrame((frame) => frame.url().includes('elsewhere.example'));
      await strange.waitForSelector('tilework-embed');
      await postFromHost(strange, [{ tilework: 1, type: 'hello', ...WISHES }]);
      expect(await strange.$('[data-testid="start"]')).toBeNull();
      await guest.page.evaluate(() => document.querySelector('#strange')!.remove());
      // Browsers say on the console that what the frame told its page was not delivered.
      guest.problems.length = 0;
    });

    // Firefox does not tell whether anything lies over a frame.
    const DISGUISES = kind === 'chromium' ? (['covered', 'faint', 'tiny'] as const) : (['tiny'] as const);
    it.each(DISGUISES)('refuses a real click while the host makes it %s', async (disguise) => {
      const [frame] = guest.frames();
      await guest.page.evaluate((name) => {
        const element = document.querySelector('tilework-contribute')!;
        if (name !== 'covered') return element.classList.add(name);
        const cover = document.createElement('div');
        cover.className = 'cover';
        document.body.append(cover);
      }, disguise);
      await frame!.waitForSelector(`tilework-embed[data-veil="${disguise === 'tiny' ? 'tiny' : 'covered'}"]`);
      await frame!.focus('[data-testid="start"]');
      await guest.page.keyboard.press('Enter');
      if (disguise === 'covered') await frame!.click('[data-testid="start"]');
      await frame!.waitForSelector('[role="alert"]');
      await guest.picture(`widget-${kind}-${disguise}`);
      expect(await dataOf(frame!, 'phase')).toBe('asking');
      await guest.page.evaluate(() => {
        document.querySelector('.cover')?.remove();
        document.querySelector('tilework-contribute')!.classList.remove('faint', 'tiny');
      });
      await frame!.waitForSelector('tilework-embed:not([data-veil])');
      expect(await guest.heardTypes()).toEqual(['ready']);
    });

    it('works after a visitor’s click, and tells the host what it may know', async () => {
      const [frame] = guest.frames();
      await pressStart(frame!);
      await phase(frame!, 'working');
      const wanted = product('i8', 300, 270, 1111);
      const job = await submit(coordinator, wanted, 'digits');
      await ended(coordinator, job.id);
      expect(await result(coordinator, job.id)).toEqual(wanted.expected);
      await expect.poll(() => guest.heardTypes()).toContain('receipt');
      const heard = await guest.heard();
      expect(heard.map(({ type }) => type).filter((type) => type !== 'progress')).toEqual([
        'ready',
        'consent',
        'start',
        ...heard.filter(({ type }) => type === 'receipt').map(() => 'receipt'),
      ]);
      const { untilMs } = heard.find(({ type }) => type === 'consent')!.detail as { untilMs: number };
      expect(Math.abs(untilMs - Date.now() - DAY_MS)).toBeLessThan(30_000);
      const stats = await guest.page.evaluate(() => document.querySelector('tilework-contribute')!.stats());
      expect(stats).toMatchObject({
        state: 'working',
        shards: heard.filter(({ type }) => type === 'receipt').length,
      });
      expect(stats.microcredits).toBeGreaterThan(0);
      const credited = await api<SiteFiguresView>(
        coordinator,
        `/v1/sites/${encodeURIComponent(host.origin)}`,
      );
      expect(credited).toMatchObject({ contributorsNow: 1, shards: stats.shards });
      if (kind === 'chromium') expect(await barriers(frame!)).toEqual([]);
      await guest.picture(`widget-${kind}-working`);
      expect(guest.problems).toEqual([]);
    });

    it('has another key on every site; codes join them to the page’s own, where they are parted again', () =>
      countAsOne({ browser, coordinator, guest, neighbour: neighbour.origin, widget: site.origin, kind }));

    it('leaves the host’s main thread, and its clicks and keys, alone', async () => {
      if (kind !== 'chromium') return;
      const { page: bare } = await Guest.arrive(browser, host.origin, site.origin);
      const [frame] = guest.frames();
      const [without, computing] = await measureInTurns(guest.page, frame!, bare, coordinator, lasting());
      await bare.close();
      console.log(`without: ${shownBurden(without)}; with the widget computing: ${shownBurden(computing)}`);
      expect(computing.share - without.share).toBeLessThan(0.01);
      expect(computing.medianMs - without.medianMs).toBeLessThan(UNFELT_MS);
      expect(computing.latestMs - without.latestMs).toBeLessThan(4 * UNFELT_MS);
    });

    it('frees everything within two seconds when its element is taken away', async () => {
      expect(await present(coordinator)).toBe(1);
      await expect.poll(() => guest.page.workers().length).toBe(2);
      const removed = performance.now();
      await guest.page.evaluate(() => document.querySelector('tilework-contribute')!.remove());
      await expect.poll(() => present(coordinator), { timeout: 2_000, interval: 20 }).toBe(0);
      await expect.poll(() => guest.page.workers().length, { timeout: 2_000 }).toBe(0);
      await expect.poll(() => guest.frames()).toEqual([]);
      console.log(`freed ${Math.round(performance.now() - removed)} ms after the element was taken away`);
    });

    it('stops at the visitor’s click, and forgets the consent', async () => {
      await guest.go(host.origin);
      const frame = await guest.open();
      await pressStart(frame);
      await phase(frame, 'working');
      await frame.click('[data-testid="stop"]');
      await phase(frame, 'stopped');
      await expect
        .poll(async () => (await guest.heard()).at(-1))
        .toMatchObject({
          type: 'stop',
          detail: { reason: 'visitor', state: 'stopped' },
        });
      await guest.picture(`widget-${kind}-stopped`);
      await expect.poll(() => guest.page.workers().length).toBe(0);
      expect(await frame.evaluate(() => localStorage.length)).toBe(0);
    });

    it('finishes what has begun, and then stops, at the visitor’s click', async () => {
      const [frame] = guest.frames();
      await pressStart(frame!);
      await phase(frame!, 'working');
      const job = await submit(coordinator, lasting(), 'digits');
      await stage(frame!, 'computing');
      await frame!.click('[data-testid="finish"]');
      await phase(frame!, 'stopped');
      await expect
        .poll(async () => (await guest.heard()).at(-1))
        .toMatchObject({ type: 'stop', detail: { reason: 'finished', state: 'stopped' } });
      const { shards } = await guest.page.evaluate(() =>
        document.querySelector('tilework-contribute')!.stats(),
      );
      expect(shards).toBeGreaterThan(0);
      // What was begun was handed in: nothing of it is left to somebody else.
      expect((await api<JobView>(coordinator, `/v1/jobs/${job.id}`)).shards).toBe(shards);
      expect(await frame!.evaluate(() => localStorage.length)).toBe(0);
      await expect.poll(() => guest.page.workers().length).toBe(0);
      await api(coordinator, `/v1/jobs/${job.id}`, { method: 'DELETE' }).catch(() => {});
    });

    it('goes on without a click only where the page asks for that and a consent lives', async () => {
      const url = `${host.origin}/?attributes=autostart%3D%22consented%22`;
      site.asked.length = 0;
      await guest.go(url);
      expect(site.asked).toEqual(['/widget.js']);
      const first = await guest.open();
      await pressStart(first);
      await phase(first, 'working');
      await guest.go(url);
      const second = await guest.asked();
      await phase(second, 'working');
      await expect.poll(() => guest.heardTypes()).toEqual(['ready', 'consent', 'start']);
      // A day later.
      await second.evaluate((ms) => {
        for (const key of Object.keys(localStorage))
          if (key.startsWith('tilework-consent'))
            localStorage.setItem(key, String(Number(localStorage.getItem(key)) - ms));
      }, DAY_MS);
      await guest.go(url);
      const third = await guest.asked();
      await third.waitForSelector('[data-testid="start"][aria-disabled="false"]');
      expect(await dataOf(third, 'phase')).toBe('asking');
      // The owner of the site can stop what its visitor has started, and no more than that.
      await pressStart(third);
      await phase(third, 'working');
      await guest.page.evaluate(() => document.querySelector('tilework-contribute')!.stop());
      await expect
        .poll(async () => (await guest.heard()).at(-1))
        .toMatchObject({ type: 'stop', detail: { reason: 'host' } });
    });

    it('runs one engine for ten elements, and another takes over when the first is taken away', async () => {
      // A fresh tab: drivers go on listing the workers of frames that are gone.
      const guest = await Guest.arrive(browser, `${host.origin}/?count=10`, site.origin);
      await guest.page.setViewport({ width: 800, height: 4_000 });
      // From the last one up: a frame is larger than what it takes the place of.
      for (const placeholder of (await guest.placeholders()).toReversed()) await placeholder.click();
      await expect.poll(() => guest.frames().length).toBe(10);
      const [first, second] = guest.frames();
      await pressStart(first!);
      await phase(first!, 'working');
      await pressStart(second!);
      await phase(second!, 'elsewhere');
      // One engine is two workers.
      await expect.poll(() => guest.page.workers().length).toBe(2);
      await removeElementOf(first!);
      await phase(second!, 'working');
      await expect.poll(() => guest.page.workers().length).toBe(2);
      // To its visitor they are one.
      await second!.click('[data-testid="stop"]');
      await phase(second!, 'stopped');
      await expect.poll(() => guest.page.workers()).toEqual([]);
      expect(guest.problems).toEqual([]);
    });
  });
}
