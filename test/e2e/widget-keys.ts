/** A visitor of two sites, to whom browsers give a key on each. */
import type { Browser } from 'puppeteer-core';
import { expect } from 'vitest';
import type { JoinsView } from '../../src/core/v1-joins.ts';
import type { TestCoordinator } from '../helpers/network.ts';
import { api, ended, product, submit } from '../helpers/product.ts';
import { Guest, phase, pressStart, SHOTS } from './guest.ts';
import { present } from './page-flow.ts';

export interface TwoSites {
  readonly browser: Browser;
  readonly coordinator: TestCoordinator;
  /** At work on the first site. */
  readonly guest: Guest;
  /** Origins: of the second site, and of the widget. */
  readonly neighbour: string;
  readonly widget: string;
  readonly kind: string;
}

/** Works on the second site, joins both keys to the page's own by their codes, and parts one of them again there. */
export async function countAsOne({
  browser,
  coordinator,
  guest,
  neighbour,
  widget,
  kind,
}: TwoSites): Promise<void> {
  const frame = guest.frames()[0]!;
  // Its own project: this work can be done by nobody else.
  const tides = `${neighbour}/?attributes=${encodeURIComponent('project="tides"')}`;
  const other = await Guest.arrive(browser, tides, widget);
  const beside = await other.open();
  await pressStart(beside);
  await phase(beside, 'working');
  await ended(coordinator, (await submit(coordinator, product('i8', 20, 20, 100), 'tides')).id);
  const keys: string[] = [];
  const page = await browser.newPage();
  for (const [at, from] of [frame, beside].entries()) {
    await (at === 0 ? guest : other).page.bringToFront();
    await (await from.waitForSelector('[data-testid="join"]'))!.click();
    const link = await from.waitForSelector('[data-testid="code"]');
    const href = await link!.evaluate((element) => (element as HTMLAnchorElement).href);
    if (at === 0) await guest.picture(`widget-${kind}-code`);
    keys.push((await from.$eval('tilework-embed', (element) => element.state!.status.peerId))!);
    await page.bringToFront();
    await page.goto(href);
    await page.waitForFunction(
      (code) => document.querySelector('tilework-join')?.code === code,
      {},
      href.split('=')[1]!,
    );
    await (await page.waitForSelector('[data-testid="join-look"]'))!.click();
    await (await page.waitForSelector('[data-testid="join-accept"]'))!.click();
    await page.waitForSelector('tilework-join[data-state="joined"]');
  }
  const { main } = await api<JoinsView>(coordinator, `/v1/joins/${keys[0]}`);
  expect(new Set([...keys, main!.main]).size).toBe(3);
  const joined = async (): Promise<string[]> =>
    (await api<JoinsView>(coordinator, `/v1/joins/${main!.main}`)).joined.map(({ joined: key }) => key);
  expect((await joined()).toSorted()).toEqual(keys.toSorted());

  await page.click('[data-section="you"] > summary');
  await page.waitForSelector('tilework-joined li + li');
  const leave = `tilework-joined li:has([title="${keys[1]}"]) button`;
  await page.$eval(leave, (button) => (button as HTMLElement).click());
  expect(await page.$('[data-testid="joined-confirm"]')).toBeNull();
  await page.click(leave);
  await (await page.waitForSelector('[data-testid="joined-keep"]'))!.click();
  await page.click(leave);
  const sure = (await page.waitForSelector('[data-testid="joined-confirm"]'))!;
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/joined-${kind}.png`, fullPage: true });
  await sure.click();
  await page.waitForSelector('tilework-joined[data-state="parted"]');
  expect(await joined()).toEqual([keys[0]]);
  await Promise.all([page.close(), other.page.close()]);
  await expect.poll(() => present(coordinator)).toBe(1);
}
