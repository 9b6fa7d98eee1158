/** index.html's own markup and styles around the scripted element, in a real browser. */
import { mkdir, readFile } from 'node:fs/promises';
import type { Browser, Page } from 'puppeteer-core';
import { expect } from 'vitest';
import type { BrowserKind } from '../../src/cli/browser.ts';
import { launchBrowser } from '../helpers/browser.ts';
import { serveModule, type ServedModule } from '../helpers/page-bundle.ts';
import { cutOff } from './cut-off.ts';
import { faintTexts } from './contrast.ts';
import type { Calls, Moment, MountOptions, Told } from './scripted-page.ts';

type Scripted = typeof import('./scripted-page.ts');
declare const ready: Promise<Scripted>;

/** Set it to a folder to look at every state in light, dark and on a phone. */
const SHOTS = process.env['TILEWORK_SHOTS'];
export const TOGGLE = '[data-testid="toggle"]';

export interface Harness {
  readonly page: Page;
  readonly browser: Browser;
  readonly url: string;
  /** What the console and uncaught errors said so far. */
  readonly problems: readonly string[];
  mount(options?: MountOptions): Promise<void>;
  say(change: Told): Promise<void>;
  leaveOnDisk(bytes: number): Promise<void>;
  /** The browser says this of the moment. */
  happen(moment: Moment): Promise<void>;
  /** As a visitor does it, with a click; resolves when the controls are there. */
  openControls(): Promise<void>;
  holdStop(): Promise<void>;
  letStop(): Promise<void>;
  calls(): Promise<Calls>;
  /** Visible text, with single spaces. */
  text(selector: string): Promise<string>;
  data(name: string): Promise<string | undefined>;
  pressStart(): Promise<void>;
  /** The state as it is: no faint text, none cut off, nothing wider than a small phone, and pictures if asked for. */
  inspect(name: string, brief?: boolean): Promise<void>;
  scheme(scheme: 'light' | 'dark'): Promise<void>;
  close(): Promise<void>;
}

export async function openPage(kind: BrowserKind = 'chromium'): Promise<Harness> {
  const { body, files } = await shell();
  const served = await serveModule('test/page/scripted-page.ts', {
    body,
    files,
    // As strict as the coordinator's about style; the harness itself needs one inline script.
    headers: {
      'content-security-policy': "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self'",
    },
  });
  const browser = await launchBrowser(kind);
  const page = await browser.newPage();
  const problems: string[] = [];
  listen(page, problems);
  await serveFavicon(page, files['/src/page/favicon.svg'] ?? '');
  await page.goto(served.url);
  if (SHOTS) await mkdir(SHOTS, { recursive: true });
  return harness(browser, page, served, problems);
}

async function shell(): Promise<{ body: string; files: Record<string, string> }> {
  const markup = await readFile('index.html', 'utf8');
  const links = markup.match(/<link[^>]*stylesheet[^>]*>/g) ?? [];
  const inside = /<body>([\s\S]*)<\/body>/.exec(markup)?.[1]?.replace(/<script.*<\/script>/, '') ?? '';
  const paths = ['/src/page/favicon.svg', ...links.map((link) => /href="\.(.*?)"/.exec(link)?.[1] ?? '')];
  const files: Record<string, string> = {};
  for (const path of paths) files[path] = await readFile(`.${path}`, 'utf8');
  const viewport = '<meta name="viewport" content="width=device-width, initial-scale=1">';
  return { body: viewport + links.join('') + inside, files };
}

function listen(page: Page, problems: string[]): void {
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    const grave = message.type() === 'error' || message.type() === 'warn';
    // Bundles made under a test runner hold Lit's development build, which says so.
    if (grave && !message.text().startsWith('Lit is in dev mode')) problems.push(message.text());
  });
}

/** The server has no type for SVG, and browsers do not guess that one. */
async function serveFavicon(page: Page, svg: string): Promise<void> {
  await page.setRequestInterception(true);
  page.on('request', (request) => {
    const answer = request.url().endsWith('.svg')
      ? request.respond({ contentType: 'image/svg+xml', body: svg })
      : request.continue();
    // A request that ended with its page needs no answer.
    void answer.catch(() => {});
  });
}

function harness(browser: Browser, page: Page, served: ServedModule, problems: readonly string[]): Harness {
  const calls: Harness['calls'] = () => page.evaluate(async () => (await ready).calls());
  return {
    browser,
    page,
    url: served.url,
    problems,
    calls,
    mount: async (options = {}) => {
      await page.evaluate(async (given) => (await ready).mount(given), options);
      await page.waitForSelector(TOGGLE);
    },
    say: (change) => page.evaluate(async (given) => (await ready).say(given), change),
    leaveOnDisk: (bytes) => page.evaluate(async (given) => (await ready).leaveOnDisk(given), bytes),
    happen: (moment) => page.evaluate(async (given) => (await ready).happen(given), moment),
    openControls: async () => {
      await page.click('[data-section="controls"] > summary');
      await page.waitForSelector('tilework-controls [data-testid="intensity"]');
    },
    holdStop: () => page.evaluate(async () => (await ready).holdStop()),
    letStop: () => page.evaluate(async () => (await ready).letStop()),
    text: (selector) =>
      page.$eval(selector, (element) => (element as HTMLElement).innerText.replaceAll(/\s+/g, ' ').trim()),
    data: (name) => page.$eval('tilework-page', (element, key) => element.dataset[key], name),
    pressStart: async () => {
      await page.click(TOGGLE);
      await page.waitForSelector('tilework-page[data-stage="connecting"]');
      await expect.poll(async () => (await calls()).starts.length).toBe(1);
    },
    inspect: (name, brief) => inspect(page, name, brief ? ['light'] : ['light', 'dark']),
    scheme: (scheme) => page.emulateMediaFeatures(media(scheme)),
    close: async () => {
      await browser.close();
      await served.close();
    },
  };
}

type Scheme = 'light' | 'dark';

const media = (scheme: Scheme) => [
  { name: 'prefers-color-scheme', value: scheme },
  { name: 'prefers-reduced-motion', value: 'reduce' },
];

async function inspect(page: Page, name: string, schemes: readonly Scheme[]): Promise<void> {
  for (const scheme of schemes) {
    await page.emulateMediaFeatures(media(scheme));
    for (const width of SHOTS ? [320, 360, 1280] : [320, 1280]) {
      await page.setViewport({ width, height: 800 });
      // What is drawn to fit is drawn anew in the frame after.
      await page.evaluate(
        () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
      );
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(overflow, `${name}: wider than ${width} px`).toBeLessThanOrEqual(0);
      expect(await page.evaluate(faintTexts, 4.5), `${name}, ${scheme}`).toEqual([]);
      expect(await page.evaluate(cutOff), `${name}, ${width} px`).toEqual([]);
      if (SHOTS && (width !== 320 || scheme === 'light')) {
        await page.screenshot({ path: `${SHOTS}/${name}-${scheme}-${width}.png`, fullPage: true });
      }
    }
  }
  await page.emulateMediaFeatures([]);
}
