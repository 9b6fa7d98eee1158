/** The operator's console in Chromium, as a coordinator serves it, and what is done with it to real contributors. */
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sealProfile } from '../../src/protocol/envelope.ts';
import { launchBrowser } from '../helpers/browser.ts';
import { type TestCoordinator, testCoordinator } from '../helpers/network.ts';
import { buildNetworkPage } from '../helpers/network-build.ts';
import { api, product, submit } from '../helpers/product.ts';
import { Rogue } from '../helpers/rogue.ts';

declare const axe: {
  run(
    context: Document,
    options: object,
  ): Promise<{ violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }>;
};

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** Set it to a folder to look at every state. */
const SHOTS = process.env['TILEWORK_SHOTS'];
const HOSTILE = '<img src=x onerror=document.title=1>';
const WANTED = product('i8', 1024, 768, 16);

let pageDir = '';
let coordinator: TestCoordinator;
let browser: Browser;
let page: Page;
let ann: Rogue;
let liar: Rogue;
const problems: string[] = [];

beforeAll(async () => {
  pageDir = await mkdtemp(join(tmpdir(), 'tilework-operator-'));
  await buildNetworkPage(pageDir, 'operator.html');
  coordinator = await testCoordinator({ pageDir });
  browser = await launchBrowser('chromium');
  page = await browser.newPage();
  await page.setViewport({ width: 1280, height: 900 });
  await page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    const grave = message.type() === 'error' || message.type() === 'warn';
    // Chromium says these of the refusals that are tried here.
    if (grave && !/status of 40[139]/.test(message.text())) problems.push(message.text());
  });
  if (SHOTS) await mkdir(SHOTS, { recursive: true });
}, 90_000);
afterAll(async () => {
  await ann?.leave();
  await liar?.leave();
  await browser?.close();
  await coordinator?.remove();
  await rm(pageDir, { recursive: true, force: true });
});

const text = (selector: string): Promise<string> =>
  page.$eval(selector, (element) => (element as HTMLElement).innerText.replaceAll(/\s+/g, ' ').trim());
const becomes = (state: string): Promise<unknown> =>
  page.waitForSelector(`tilework-operator[data-state="${state}"]`, { timeout: 15_000 });
const shows = (selector: string, part: string): Promise<unknown> =>
  page.waitForFunction(
    (where, words) =>
      document.querySelector<HTMLElement>(where)?.innerText.replaceAll(/\s+/g, ' ').includes(words),
    { timeout: 10_000 },
    selector,
    part,
  );
async function enter(token: string): Promise<void> {
  await page.waitForSelector('#token');
  await page.$eval('#token', (input) => {
    (input as HTMLInputElement).value = '';
  });
  await page.type('#token', token);
  await page.keyboard.press('Enter');
}
/** No wider than the window, and nothing that axe finds. */
async function looksRight(name: string, width: number, scheme = 'light'): Promise<void> {
  await page.setViewport({ width, height: 900 });
  await page.emulateMediaFeatures([
    { name: 'prefers-color-scheme', value: scheme },
    { name: 'prefers-reduced-motion', value: 'reduce' },
  ]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  await page.evaluate(await readFile(AXE, 'utf8'));
  const found = await page.evaluate(async (values) => {
    const { violations } = await axe.run(document, { runOnly: values });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary = '' }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
    );
  }, TAGS);
  expect(found).toEqual([]);
  if (SHOTS) await page.screenshot({ path: join(SHOTS, `operator-${name}.png`), fullPage: true });
}

describe('the door', () => {
  it('asks for a token, and says what is wrong with one', async () => {
    await page.goto(`${coordinator.url}/operator`);
    expect(new URL(page.url()).pathname).toBe('/operator.html');
    await becomes('asking');
    await looksRight('door', 900);
    await enter('nonsense');
    await shows('[role="alert"]', 'does not know this token');
    const { token } = await api<{ token: string }>(coordinator, '/v1/tokens', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ scopes: ['read'], label: 'Ada' }),
    });
    await enter(token);
    await shows('[role="alert"]', 'This token may not operate.');
  });

  it('says where operating is allowed from', async () => {
    // A name of this machine that is not its own word for itself, as a rebinding page would bring.
    await page.goto(`${coordinator.url.replace('127.0.0.1', 'console.localhost')}/operator.html`);
    await enter(coordinator.token);
    await shows('[role="alert"]', '--operate-from');
    if (SHOTS) await looksRight('place', 360, 'dark');
  });

  it('keeps a good one in this tab alone, and shows that there is nothing yet', async () => {
    await page.goto(`${coordinator.url}/operator.html`);
    await enter(coordinator.token);
    await becomes('live');
    for (const [list, words] of [
      ['contributors', 'Nobody is connected.'],
      ['leases', 'No lease is out.'],
      ['jobs', 'There has been no job yet.'],
      ['failures', 'No result has failed verification.'],
      ['bans', 'Nobody is banned.'],
      ['log', 'Nothing yet.'],
    ] as const)
      expect(await text(`[data-testid="${list}"]`)).toContain(words);
    const kept = await page.evaluate(() => [
      Object.values(sessionStorage),
      Object.values(localStorage),
      document.cookie,
    ]);
    expect(kept).toEqual([[coordinator.token], [], '']);
    await looksRight('empty', 1280);
    await page.reload();
    await becomes('live');
  });
});

describe('the lists', () => {
  it('show contributors, leases, jobs and failures as they come, and take every name for text', async () => {
    await submit(coordinator, WANTED, 'Protein maps');
    ann = await Rogue.join(coordinator.peerAddresses, { product: WANTED, hello: { resultBytes: 0 } });
    for (let i = 0; i < 3; i++) await ann.workHonestly();
    const envelope = await sealProfile({ name: HOSTILE, team: 'R&D', issuedMs: Date.now() }, ann.key);
    await ann.send({ type: 'set-profile', envelope });
    await ann.lease();
    liar = await Rogue.join(coordinator.peerAddresses, { product: WANTED, hello: { resultBytes: 0 } });
    const lease = await liar.lease();
    await liar.commit(lease, await liar.answer(lease, { tamper: ([block]) => void (block![0]! ^= 1) }));
    await liar.next('self-test');
    await shows('[data-testid="failures"] tbody', 'of the shard is wrong (mismatch)');
    await shows('[data-testid="contributors"] tbody', HOSTILE);
    const row = await text(`[data-testid="contributors"] [data-key="${ann.peerId}"]`);
    expect(row).toContain('rogue/1');
    expect(row).toMatch(/ [\d.]+ [MG]FLOP\/s /);
    expect(row).toContain('3 verified, 0 rejected, 0 failed');
    await shows('[data-testid="leases"] tbody', 'Protein maps');
    expect(await text('[data-testid="jobs"] tbody')).toContain('3 of 12 cells');
    expect(await text('[data-testid="figure-contributors"]')).toBe('2');
    expect(await page.$$eval('tilework-operator :is(script, img)', (all) => all.length)).toBe(0);
  });

  it('open a job’s mosaic', async () => {
    await page.click('[data-testid="jobs"] [aria-expanded]');
    await page.waitForSelector('tilework-mosaic[data-state="live"] canvas');
    expect(await text('[data-testid="mosaic-caption"]')).toContain('25 %');
  });

  it('are sorted and filtered, with the keyboard too', async () => {
    const first = (): Promise<string | null> =>
      page.$eval('[data-testid="contributors"] tbody tr', (row) => row.getAttribute('data-key'));
    const results = '[data-testid="contributors"] .sort[title="Sort by Results"]';
    await page.focus(results);
    await page.keyboard.press('Enter');
    expect(await first()).toBe(liar.peerId);
    await page.keyboard.press('Enter');
    expect(await first()).toBe(ann.peerId);
    const column = await page.$eval(results, (button) => button.closest('th')?.ariaSort);
    expect(column).toBe('ascending');
    await page.type('#filter', liar.peerId.slice(-6));
    await page.waitForFunction(
      () => document.querySelectorAll('[data-testid="contributors"] tbody tr').length === 1,
    );
    expect(await first()).toBe(liar.peerId);
    expect(await text('[data-testid="jobs"]')).toContain('Nothing here holds what you filter for.');
    await page.$eval('#filter', (input) => {
      (input as HTMLInputElement).value = '';
      input.dispatchEvent(new Event('input'));
    });
    await shows('[data-testid="jobs"] tbody', 'Protein maps');
  });

  it('have a name for everything, light and dark, on a phone as well', async () => {
    await looksRight('working', 1280);
    if (SHOTS) await looksRight('dark', 1280, 'dark');
    await looksRight('phone', 320, 'dark');
    await page.setViewport({ width: 1280, height: 900 });
  });
});

describe('orders', () => {
  it('ban with a reason, and take it back', async () => {
    await page.focus(`[data-testid="failures"] .small`);
    await page.keyboard.press('Enter');
    await page.waitForSelector('dialog[open]');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('order-reason');
    await page.keyboard.press('Enter');
    expect(await page.$eval('#order-reason', (input) => (input as HTMLInputElement).validity.valid)).toBe(
      false,
    );
    await page.keyboard.type('lies about numbers');
    await looksRight('question', 900);
    await page.keyboard.press('Enter');
    expect(await liar.next('notice')).toBeDefined();
    await liar.closed;
    await shows('.answer', 'is banned.');
    await shows('[data-testid="bans"] tbody', 'lies about numbers');
    await shows('[data-testid="log"] tbody', 'data folder');
    await looksRight('failures-and-bans', 1280);
    await page.$$eval('.answer button', (all) => (all[0] as HTMLElement).click());
    await shows('[data-testid="bans"]', 'Nobody is banned.');
    await shows('.answer', 'may contribute again');
  });

  it('refuse what is no id, and say what the coordinator refuses', async () => {
    await page.type('#ban-id', 'Ada');
    await page.keyboard.press('Enter');
    await shows('#ban-id-help', 'That is no contributor id');
    if (SHOTS) await looksRight('malformed', 900);
  });

  it('drain and go on, pause a project and resume it', async () => {
    const confirm = async (reason = ''): Promise<void> => {
      await page.waitForSelector('dialog[open]');
      if (reason) await page.keyboard.type(reason);
      await page.click('dialog .main');
    };
    await page.click('[data-testid="drain"]');
    await confirm('new disk');
    await shows('.hearing', 'Draining: no new leases are given.');
    await page.$$eval('.answer button', (all) => (all[0] as HTMLElement).click());
    await shows('.answer', 'Leases are given again.');
    await page.click('[data-testid="jobs"] [aria-label="Pause: Protein maps"]');
    await confirm('wrong data');
    await shows('[data-testid="pauses"] tbody', 'wrong data');
    await shows('[data-testid="jobs"] tbody', 'paused');
    await page.click('[data-testid="pauses"] .small');
    await confirm();
    await shows('[data-testid="pauses"]', 'No project is paused.');
    await shows('[data-testid="log"] tbody', 'Resume Protein maps');
  });

  it('are not given by Escape', async () => {
    await page.click('[data-testid="jobs"] [aria-label="Cancel: Protein maps"]');
    await page.waitForSelector('dialog[open]');
    expect(await text('dialog')).toContain('This cannot be undone.');
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog:not([open])');
    expect(await text('[data-testid="jobs"] tbody')).toContain('running');
  });
});

it('says that the connection is lost, in German too, and broke no rule of the security policy', async () => {
  await page.goto(`${coordinator.url}/operator.html?lang=de`);
  await becomes('live');
  expect(await text('h1')).toBe('Betriebskonsole');
  if (SHOTS) await looksRight('german', 360);
  expect(problems).toEqual([]);
  await coordinator.close();
  await becomes('stale');
  expect(await text('.hearing')).toContain('Die Verbindung ist weg.');
  if (SHOTS) await looksRight('lost', 900);
});
