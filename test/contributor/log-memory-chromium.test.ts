import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../helpers/browser.ts';
import { type ServedModule, serveModule } from '../helpers/page-bundle.ts';

type Module = typeof import('./log-memory-page.ts');
declare const ready: Promise<Module>;

let served: ServedModule;
let browser: Browser;
let page: Page;
beforeAll(async () => {
  served = await serveModule('test/contributor/log-memory-page.ts');
  browser = await launchBrowser('chromium');
  page = await browser.newPage();
  await page.goto(served.url);
}, 90_000);
afterAll(async () => {
  await browser?.close();
  await served?.close();
});

const load = (coordinator: string): Promise<unknown> =>
  page.evaluate(async (name) => (await ready).load(name), coordinator);

describe('what a browser remembers of a log', () => {
  it('is there on the next visit, with the evidence, and of each coordinator by itself', async () => {
    const remembered = {
      note: 'a signed note',
      waiting: [{ index: 7, leaf: 'ab'.repeat(32) }],
      problem: 'forked',
      evidence: ['one', 'another'],
    } as const;
    await page.evaluate(async (row) => (await ready).save('me', row), remembered);
    await page.evaluate(async () => (await ready).save('other', { waiting: [] }));
    await page.reload();
    expect(await load('me')).toEqual(remembered);
    expect(await load('other')).toEqual({ waiting: [] });
    expect(await load('nobody')).toBeNull();
  });

  it('is of 32 coordinators at most: those that are known stay', async () => {
    await page.evaluate(async () => (await ready).saveMany(40));
    await page.evaluate(async () => (await ready).save('me', { note: 'newer', waiting: [] }));
    expect(await load('me')).toEqual({ note: 'newer', waiting: [] });
    expect(await load('coordinator 29')).toEqual({ note: '29', waiting: [] });
    expect(await load('coordinator 30')).toBeNull();
  });
});
