/** The night report once in a real browser: what it says, hands out, and asks of those who use it without a mouse. */
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../helpers/browser.ts';
import { type ServedModule, serveModule } from '../helpers/page-bundle.ts';
import { faintTexts } from './contrast.ts';

type Module = typeof import('./report-page.ts');
declare const ready: Promise<Module>;
declare const axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
/** A folder for pictures to look at. */
const SHOTS = process.env['TILEWORK_SHOTS'];
/** What a coordinator sends with the page, as far as a report could break it. */
const POLICY =
  "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self'; img-src 'self' data:";

let served: ServedModule;
let browser: Browser;
let page: Page;
const problems: string[] = [];
beforeAll(async () => {
  served = await serveModule('test/page/report-page.ts', {
    headers: { 'content-security-policy': POLICY },
  });
  browser = await launchBrowser('chromium');
  page = await browser.newPage();
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warn') problems.push(message.text());
  });
  await page.emulateTimezone('Europe/Amsterdam');
  await page.goto(served.url);
  await page.addScriptTag({ path: AXE });
}, 90_000);
afterAll(async () => {
  await browser?.close();
  await served?.close();
});

const open = (...args: Parameters<Module['open']>): Promise<void> =>
  page.evaluate(async (...all) => (await ready).open(...all), ...args);
const text = (selector = '.report'): Promise<string> =>
  page.$eval(selector, (element) => (element as HTMLElement).innerText.replaceAll(/\s+/g, ' ').trim());
const button = (name: string): string => `[data-testid="report-${name}"]`;
const focused = (): Promise<string | undefined> =>
  page.evaluate(() => (document.activeElement as HTMLElement | null)?.dataset['testid']);
const lastSaved = () => page.evaluate(async () => (await ready).lastSaved());

async function shoot(name: string): Promise<void> {
  if (SHOTS === undefined) return;
  await mkdir(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
}

describe('the night report in Chromium', () => {
  it('says before the first night what it will say', async () => {
    await open('nothing');
    expect(await text()).toMatch(/^Night report Nothing to report yet\./);
    expect(await page.$$('button')).toEqual([]);
  });

  it('says what the night came to, then each pause, and of earlier sessions when asked', async () => {
    await open('nights');
    const said = await text();
    expect(said).toMatch(/6 hr 13 min at work.* 3 pauses \(1 hr 59 min together\), the longest 1 hr 6 min: /);
    expect(said).toContain('Shards verified 1,240 1 not accepted');
    expect(said).toContain('Energy, estimated 0.31 kWh');
    expect(await text('.report-table tbody')).toMatch(
      /1:14 AM 1:55 AM 41 min This device ran on its battery\./,
    );
    await page.select('#report-which', '1');
    expect(await text()).toMatch(/1 hr at work.*Not a single pause/);
    await page.select('#report-which', '0');
  });

  it('takes the watts that the visitor knows, and no other', async () => {
    const type = async (watts: string): Promise<void> => {
      await page.click(button('watts'), { count: 3 });
      await page.keyboard.type(watts);
      await page.keyboard.press('Enter');
    };
    await type('200');
    expect(await text()).toContain('1 kWh');
    await type('90000');
    expect(await page.$eval(button('watts'), (input) => (input as HTMLInputElement).value)).toBe('200');
    await type('60');
  });

  it('hands out a table and a picture', async () => {
    await page.click(button('csv'));
    const table = await lastSaved();
    expect(table).toMatchObject({ name: 'tilework-report-2026-11-23.csv', type: 'text/csv;charset=utf-8' });
    expect(table.text).toContain('\r\nsuspended,');
    await page.click(button('image'));
    await expect
      .poll(async () => (await lastSaved()).name, { timeout: 10_000 })
      .toBe('tilework-report-2026-11-23.png');
    const { head } = await lastSaved();
    const side = (at: number): number => (head[at]! << 8) | head[at + 1]!;
    expect([head[1], side(18), side(22)]).toEqual([0x50, 1200, 630]);
    if (SHOTS === undefined) return;
    const url = await page.evaluate(async () => (await ready).lastImage());
    await writeFile(join(SHOTS, 'image.png'), Buffer.from(url.split(',')[1]!, 'base64'));
  });

  it('clears and brings back with the keyboard alone, and says so', async () => {
    await page.focus(button('clear'));
    await page.keyboard.press('Enter');
    expect(await text()).toContain('Nothing to report yet');
    expect(await text('.report [role="status"]')).toBe('All reports are cleared.');
    expect(await focused()).toBe('report-undo');
    await page.keyboard.press('Enter');
    expect(await text()).toContain('1,240');
    expect(await focused()).toBe('report-clear');
    expect(await page.$(button('undo'))).toBeNull();
  });

  it('leaves axe nothing to find, light and dark, in German, from right to left, on a small phone', async () => {
    for (const [scheme, language, dir, width] of [
      ['light', 'en', 'ltr', 900],
      ['dark', 'de', 'ltr', 320],
      ['dark', 'en', 'rtl', 900],
      ['light', 'de', 'ltr', 320],
    ] as const) {
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      await page.setViewport({ width, height: 700 });
      await open('nights', language, dir);
      expect(
        await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
      ).toBeLessThanOrEqual(0);
      expect(await page.evaluate(faintTexts, 4.5)).toEqual([]);
      const found = await page.evaluate(async () =>
        (await axe.run()).violations.map(
          ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`,
        ),
      );
      // The page that this test stands on has no heading of its own.
      expect(found.filter((each) => !each.startsWith('page-has-heading-one'))).toEqual([]);
      await shoot(`${scheme}-${language}-${dir}-${width}`);
    }
    if (SHOTS !== undefined) await open('nothing').then(() => shoot('empty'));
  });

  it('breaks no rule of the page’s policy', () => {
    expect(problems).toEqual([]);
  });
});
