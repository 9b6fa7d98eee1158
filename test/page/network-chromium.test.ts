/** The network page as a coordinator serves it, with its security policy, and a contributor who means harm by a name. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NetworkView } from '../../src/core/v1.ts';
import { sealProfile } from '../../src/protocol/envelope.ts';
import { launchBrowser } from '../helpers/browser.ts';
import { type TestCoordinator, testCoordinator } from '../helpers/network.ts';
import { buildNetworkPage } from '../helpers/network-build.ts';
import { product, submit } from '../helpers/product.ts';
import { Rogue } from '../helpers/rogue.ts';
import { faintTexts } from './contrast.ts';

/** As long as a name may be. */
const HOSTILE = '<img src=x onerror=document.title=1>';
const JOB = '<script>document.title="owned"</script>';
const WANTED = product('i8', 512, 512, 16);

let pageDir = '';
let coordinator: TestCoordinator;
let browser: Browser;
let page: Page;
let ann: Rogue;
const problems: string[] = [];
beforeAll(async () => {
  pageDir = await mkdtemp(join(tmpdir(), 'tilework-network-'));
  await buildNetworkPage(pageDir);
  coordinator = await testCoordinator({ pageDir });
  browser = await launchBrowser('chromium');
  page = await browser.newPage();
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    const grave = message.type() === 'error' || message.type() === 'warn';
    // Chromium says the one of the mosaic that is not there yet, the other of how this test looks at pixels.
    if (grave && !/404 \(Not Found\)|Multiple readback/.test(message.text())) problems.push(message.text());
  });
}, 90_000);
afterAll(async () => {
  await ann?.leave();
  await browser?.close();
  await coordinator?.remove();
  await rm(pageDir, { recursive: true, force: true });
});

const text = (selector: string): Promise<string> =>
  page.$eval(selector, (element) => (element as HTMLElement).innerText.replaceAll(/\s+/g, ' ').trim());
const hears = (hearing: string): Promise<unknown> =>
  page.waitForSelector(`tilework-network[data-state="${hearing}"]`, { timeout: 15_000 });
/** Of the middle of each tile; a wall that is out of sight is not drawn. */
const colours = (): Promise<string[]> =>
  page.$eval('tilework-mosaic canvas', (canvas) => {
    canvas.scrollIntoView({ block: 'center' });
    const { width, height } = canvas;
    const context = canvas.getContext('2d')!;
    return [0.25, 0.75].flatMap((y) =>
      [0.25, 0.75].map((x) => {
        const [from, to] = [Math.floor(width * x) - 6, Math.floor(height * y) - 6];
        const { data } = context.getImageData(from, to, 12, 12);
        let [red, green, blue] = [0, 0, 0];
        for (let i = 0; i < data.length; i += 4) {
          red += data[i]!;
          green += data[i + 1]!;
          blue += data[i + 2]!;
        }
        return [red, green, blue].map((sum) => Math.round(sum / 144)).join();
      }),
    );
  });

describe('the network page in Chromium', () => {
  it('says that there is nothing yet, by the short address too', async () => {
    await page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
    await page.goto(`${coordinator.url}/network`);
    expect(new URL(page.url()).pathname).toBe('/network.html');
    await hears('live');
    expect(await text('tilework-mosaic')).toContain('There is no product to lay yet.');
    expect(await text('[data-testid="jobs"]')).toContain('Nothing is being computed');
    expect(await text('[data-testid="receipts"]')).toContain('No shard has been verified yet.');
    expect((await fetch(`${coordinator.url}/network/`)).url).toBe(`${coordinator.url}/network.html`);
  });

  it('shows jobs, tiles and thanks as they come, and takes every name for text', async () => {
    await submit(coordinator, WANTED, JOB);
    ann = await Rogue.join(coordinator.peerAddresses, { product: WANTED, hello: { resultBytes: 0 } });
    await ann.workHonestly();
    const envelope = await sealProfile({ name: HOSTILE, team: 'R&D', issuedMs: Date.now() }, ann.key);
    await ann.send({ type: 'set-profile', envelope });
    while ((await ann.next('notice')).code !== 'profile-kept');
    const jobs = async (): Promise<number> => {
      const answer = await fetch(`${coordinator.url}/v1/network`);
      return ((await answer.json()) as NetworkView).jobs.length;
    };
    await expect.poll(jobs, { timeout: 5000 }).toBe(1);
    await page.goto(`${coordinator.url}/network.html`);
    // The week’s list is the coordinator’s of half a minute ago.
    await (await page.waitForSelector('[name="window"][value="all"]'))!.click();
    await page.waitForSelector('[data-testid="board"] tbody tr');
    await hears('live');
    expect(await text('[data-testid="board"] tbody')).toContain(HOSTILE);
    expect(await text('[data-testid="jobs"]')).toContain(JOB);
    expect(await text('[data-testid="contributors"]')).toBe('1');
    const label = (): Promise<string | null> =>
      page.$eval('canvas[role="img"]', (canvas) => canvas.getAttribute('aria-label'));
    expect(await label()).toBe('25 % of 4 tiles verified. Being laid now.');
    const before = await colours();
    await ann.workHonestly();
    await expect.poll(label, { timeout: 10_000 }).toBe('50 % of 4 tiles verified. Being laid now.');
    await expect
      .poll(async () => (await colours()).filter((colour, i) => colour !== before[i]).length)
      .toBe(1);
    expect(await text('[data-testid="mosaic-said"]')).toBe('50 % verified.');
    expect(await page.$$eval('tilework-network :is(script, img)', (all) => all.length)).toBe(0);
    expect(await page.title()).toBe('The network, live – Tilework');
  });

  it('finds a contributor’s own line by its id, and gives their tiles colour', async () => {
    const before = await colours();
    await page.type('#search-id', ann.peerId);
    await page.keyboard.press('Enter');
    await page.waitForSelector('.found');
    expect(await text('.found')).toContain('Rank 1 of all time');
    expect(await text('.own')).toContain('(you)');
    await expect
      .poll(async () => (await colours()).filter((colour, i) => colour !== before[i]).length)
      .toBe(2);
    expect(await text('[data-testid="mosaic-caption"]')).toContain('2 yours');
    const canvas = (await page.$('tilework-mosaic canvas'))!;
    const { x, y } = (await canvas.boundingBox())!;
    await page.mouse.move(x + 5, y + 5);
    expect(await text('[data-testid="mosaic-caption"]')).toContain('Row 1, column 1');
    await page.mouse.move(0, 0);
    await page.click('.mosaic-list summary');
    expect(await text('.mosaic-list tbody')).toBe(`${HOSTILE} (you) 2`);
  });

  it('is used with the keyboard alone', async () => {
    await page.focus('[name="by"]:checked');
    await page.keyboard.press('ArrowRight');
    await page.waitForFunction(
      () => document.querySelector('[data-testid="board"] tbody td bdi')?.textContent === 'R&D',
    );
    await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowLeft');
    expect(await page.$eval('[name="window"]:checked', (radio) => (radio as HTMLInputElement).value)).toBe(
      'week',
    );
  });

  it('has a name for everything, no faint text and no line wider than a small phone, light and dark', async () => {
    for (const scheme of ['light', 'dark']) {
      await page.emulateMediaFeatures([
        { name: 'prefers-color-scheme', value: scheme },
        { name: 'prefers-reduced-motion', value: 'reduce' },
      ]);
      for (const width of [320, 900]) {
        await page.setViewport({ width, height: 800 });
        expect(
          await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
        ).toBeLessThanOrEqual(0);
        expect(await page.evaluate(faintTexts, 4.5)).toEqual([]);
      }
    }
    const unnamed = await page.evaluate(() => {
      const named = (element: Element): boolean =>
        (element.getAttribute('aria-label') ?? '') !== '' ||
        element.hasAttribute('aria-labelledby') ||
        (element as HTMLInputElement).labels?.length === 1 ||
        (!(element instanceof HTMLInputElement) && element.textContent?.trim() !== '');
      const refers = Array.from(
        document.querySelectorAll('[aria-labelledby], [aria-describedby]'),
        (element) =>
          `${element.getAttribute('aria-labelledby') ?? ''} ${element.getAttribute('aria-describedby') ?? ''}`
            .trim()
            .split(/\s+/),
      );
      const ids = Array.from(document.querySelectorAll('[id]'), ({ id }) => id);
      return [
        ...Array.from(
          document.querySelectorAll('input, button, a, summary, progress, section, [role="img"], th, legend'),
        )
          .filter((element) => !named(element))
          .map((element) => element.outerHTML),
        ...refers.flat().filter((id) => !document.getElementById(id)),
        ...ids.filter((id, i) => ids.indexOf(id) !== i),
      ];
    });
    expect(unnamed).toEqual([]);
    expect(await page.$$eval('h1', (all) => all.length)).toBe(1);
  });

  it('broke no rule of the coordinator’s security policy, and said nothing wrong on the console', () => {
    expect(problems).toEqual([]);
  });
});

it('keeps what it knows when the coordinator goes, and says that it is old; says so in German', async () => {
  const german = await browser.newPage();
  await german.evaluateOnNewDocument(() => {
    Object.defineProperty(navigator, 'languages', { value: ['de-AT', 'en'] });
  });
  await german.goto(`${coordinator.url}/network.html`);
  await german.waitForSelector('tilework-network[data-state="live"] canvas');
  await ann.leave();
  await coordinator.close();
  await german.waitForSelector('tilework-network[data-state="stale"] canvas', { timeout: 15_000 });
  const shown = await german.evaluate(() => [document.documentElement.lang, document.body.innerText]);
  expect(shown[0]).toBe('de');
  expect(shown[1]).toContain('Nicht live.');
  expect(shown[1]).toContain('50 %');
});
