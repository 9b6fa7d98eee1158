import { mkdir, readFile } from 'node:fs/promises';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../helpers/browser.ts';
import { serveModule, type ServedModule } from '../helpers/page-bundle.ts';
import { faintTexts } from './contrast.ts';
import type { MountOptions, Told } from './scripted-page.ts';

declare const ready: Promise<typeof import('./scripted-page.ts')>;

/** Set it to a folder to look at every state in light, dark and on a phone. */
const SHOTS = process.env['TILEWORK_SHOTS'];
const TOGGLE = '[data-testid="toggle"]';
const PEER = '12D3KooWQYzCrvfHcmWjNEKMYy3PtBFkvKaXjYb4VtCcF8h9Qx2f';

const WORKING: Told = {
  peerId: PEER,
  network: 'tilework.example',
  project: 'Handwritten digits',
  adapter: 'Apple M3 (metal-3)',
  kernel: 'i8 packed 64×64',
  shardsVerified: 17,
  multiplyAddsVerified: 3.43e12,
  rate: 412e9,
  microcredits: 3_430_000,
  balanceMicrocredits: 127_904_512,
  bytesDown: 93_400_000,
  bytesUp: 18_200_000,
  receipts: 17,
};

let browser: Browser;
let served: ServedModule;
let page: Page;
const problems: string[] = [];

beforeAll(async () => {
  const shell = await readFile('index.html', 'utf8');
  const links = shell.match(/<link[^>]*stylesheet[^>]*>/)?.[0] ?? '';
  const body = /<body>([\s\S]*)<\/body>/.exec(shell)?.[1]?.replace(/<script.*<\/script>/, '') ?? '';
  const files = Object.fromEntries(
    await Promise.all(
      ['/src/page/page.css', '/src/page/favicon.svg'].map(
        async (path) => [path, await readFile(`.${path}`, 'utf8')] as const,
      ),
    ),
  );
  served = await serveModule('test/page/scripted-page.ts', {
    body: `<meta name="viewport" content="width=device-width, initial-scale=1">${links}${body}`,
    files,
    // As strict as the coordinator's about style; the harness itself needs one inline script.
    headers: {
      'content-security-policy': "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self'",
    },
  });
  browser = await launchBrowser('chromium');
  page = await browser.newPage();
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    const grave = message.type() === 'error' || message.type() === 'warn';
    // Bundles made under a test runner hold Lit's development build, which says so.
    if (grave && !message.text().startsWith('Lit is in dev mode')) problems.push(message.text());
  });
  await page.setRequestInterception(true);
  page.on('request', (request) => {
    // The harness has no type for SVG, and browsers do not guess that one.
    const svg = files[new URL(request.url()).pathname];
    if (request.url().endsWith('.svg') && svg)
      void request.respond({ contentType: 'image/svg+xml', body: svg });
    else void request.continue();
  });
  await page.goto(served.url);
  if (SHOTS) await mkdir(SHOTS, { recursive: true });
}, 90_000);

afterAll(async () => {
  await browser?.close();
  await served?.close();
});

async function mount(options: MountOptions = {}): Promise<void> {
  await page.evaluate(async (given) => (await ready).mount(given), options);
  await page.waitForSelector(TOGGLE);
}

async function say(change: Told): Promise<void> {
  await page.evaluate(async (given) => (await ready).say(given), change);
}

async function calls(): Promise<{ starts: readonly unknown[]; stops: number }> {
  return page.evaluate(async () => (await ready).calls());
}

async function text(selector: string): Promise<string> {
  return page.$eval(selector, (element) => (element as HTMLElement).innerText.replaceAll(/\s+/g, ' ').trim());
}

const data = (name: string): Promise<string | undefined> =>
  page.$eval('tilework-page', (element, key) => element.dataset[key], name);

async function pressStart(): Promise<void> {
  await page.click(TOGGLE);
  await page.waitForSelector('tilework-page[data-stage="connecting"]');
  await expect.poll(async () => (await calls()).starts.length).toBe(1);
}

/** The state as it is: no faint text, nothing wider than a small phone, and pictures if asked for. */
async function inspect(name: string): Promise<void> {
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMediaFeatures([
      { name: 'prefers-color-scheme', value: scheme },
      { name: 'prefers-reduced-motion', value: 'reduce' },
    ]);
    for (const width of [320, 360, 900]) {
      await page.setViewport({ width, height: 800 });
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(overflow, `${name}: wider than ${width} px`).toBeLessThanOrEqual(0);
      expect(await page.evaluate(faintTexts, 4.5), `${name}, ${scheme}`).toEqual([]);
      if (SHOTS && (width !== 320 || scheme === 'light')) {
        await page.screenshot({ path: `${SHOTS}/${name}-${scheme}-${width}.png`, fullPage: true });
      }
    }
  }
  await page.emulateMediaFeatures([]);
}

describe('the page in Chromium', () => {
  it('invites a first visitor, says what will happen, and does nothing by itself', async () => {
    await mount();
    expect(await text(TOGGLE)).toBe('Start');
    expect(await text('.panel')).toContain('Nothing runs until you press Start.');
    expect(await text('.promise')).toContain('up to 512 MiB of GPU memory');
    expect(await data('stage')).toBe('stopped');
    expect(await data('problem')).toBeUndefined();
    expect(await calls()).toEqual({ starts: [], stops: 0 });
    await inspect('01-first-visit');
  });

  it('starts on a person’s click only, never on one made by a script', async () => {
    await mount();
    await page.$eval(TOGGLE, (button) => {
      (button as HTMLButtonElement).click();
      button.dispatchEvent(new MouseEvent('click', { bubbles: true }));
    });
    expect(await data('stage')).toBe('stopped');
    expect((await calls()).starts).toEqual([]);
    await pressStart();
    expect((await calls()).starts).toMatchObject([{ allowSoftware: false, memoryBytes: 512 * 1024 * 1024 }]);
  });

  it.each(['Space', 'Enter'] as const)('is started and stopped with %s, and shows the focus', async (key) => {
    await mount();
    await page.focus(TOGGLE);
    await page.keyboard.press('Tab');
    await page.keyboard.down('Shift');
    await page.keyboard.press('Tab');
    await page.keyboard.up('Shift');
    const outline = await page.$eval(TOGGLE, (button) => getComputedStyle(button).outlineStyle);
    expect(outline).toBe('solid');
    await page.keyboard.press(key);
    await page.waitForSelector('tilework-page[data-stage="connecting"]');
    expect(await text(TOGGLE)).toBe('Stop');
    await page.keyboard.press(key);
    await page.waitForSelector('tilework-page[data-stage="stopped"]');
    expect(await text(TOGGLE)).toBe('Start again');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('data-testid'))).toBe('toggle');
  });

  it('passes the flags of its address on, and shows a coordinator that the address chose', async () => {
    await mount({
      search: '?software=allow&memory=128&coordinator=/dns4/dev.example/tcp/443/wss/p2p/12D3KooWDev',
    });
    expect(await text('[data-testid="development"]')).toContain(
      '/dns4/dev.example/tcp/443/wss/p2p/12D3KooWDev',
    );
    expect(await text('.promise')).toContain('up to 128 MiB');
    await inspect('02-development-address');
    await pressStart();
    expect((await calls()).starts).toMatchObject([{ allowSoftware: true, memoryBytes: 128 * 1024 * 1024 }]);
  });

  it('marks each stage of a shard and says it in a sentence', async () => {
    await mount();
    await pressStart();
    const seen: string[] = [];
    for (const stage of [
      'testing',
      'connecting',
      'waiting',
      'downloading',
      'computing',
      'uploading',
      'verified',
    ] as const) {
      await say({ ...WORKING, stage, progress: 0.43 });
      expect(await data('stage')).toBe(stage);
      seen.push(`${await text('[aria-current="step"] .stage-label')}: ${await text('.now')}`);
      await inspect(`03-${stage}`);
    }
    expect(seen).toEqual([
      'Test GPU: Testing your GPU with products whose answers are known.',
      'Connect: Connecting to the coordinator.',
      'Wait: Connected; nothing to compute at the moment. You can leave this open.',
      'Download: Downloading the numbers of a shard for “Handwritten digits”. 43 %',
      'Compute: Computing a shard for “Handwritten digits”. 43 %',
      'Upload: Uploading the result for “Handwritten digits”. 43 %',
      'Verified: Verified. Thank you.',
    ]);
    expect(await data('shards')).toBe('17');
    expect(await data('microcredits')).toBe('3430000');
    expect(await text('.count')).toBe('17 shards verified');
    expect(await text('.stats')).toBe(
      'Verified work 6.86 TFLOP Credit 3.430000 127.904512 in all GPU speed 824 GFLOP/s Downloaded 89.1 MiB Uploaded 17.4 MiB',
    );
    expect(await text('.facts')).toContain('12D3KooW…h9Qx2f');
  });

  it('tells a screen reader about phases and round numbers, not about every stage', async () => {
    await mount();
    await pressStart();
    const heard: string[] = [];
    for (const shardsVerified of [0, 1, 2, 3, 4, 5]) {
      for (const stage of ['downloading', 'computing', 'uploading'] as const) {
        await say({ stage, shardsVerified });
        const now = await text('[role="status"]');
        if (heard.at(-1) !== now) heard.push(now);
      }
    }
    expect(heard).toEqual(['Working.', 'Working. 1 shard verified.', 'Working. 5 shards verified.']);
  });

  it('copies the contributor’s id', async () => {
    await browser.defaultBrowserContext().setPermission(served.url, {
      permission: { name: 'clipboard-write' },
      state: 'granted',
    });
    await mount();
    await pressStart();
    await say({ ...WORKING, stage: 'waiting' });
    await page.click('[data-testid="copy"]');
    await expect.poll(() => text('[data-testid="copy"]')).toBe('Copied');
  });

  it('says when it tries an unreachable coordinator again, and Stop ends the trying', async () => {
    await mount({ configError: 'unreachable' });
    await page.click(TOGGLE);
    await page.waitForSelector('tilework-page[data-problem="unreachable"]');
    expect(await text('[data-testid="status"]')).toMatch(
      /^Cannot reach the coordinator; trying again in \d+ s\.$/,
    );
    expect(await text('[data-testid="notice"]')).toContain('keeps trying');
    expect(await text(TOGGLE)).toBe('Stop');
    await inspect('04-unreachable');
    await page.click(TOGGLE);
    await page.waitForSelector('tilework-page[data-stage="stopped"]:not([data-problem])');
    expect((await calls()).starts).toEqual([]);
  });

  it.each([
    ['software-adapter', 'No real GPU was found', ''],
    ['unsupported-key', 'lacks the signatures', ''],
    ['locked', 'Another tab is already contributing', ''],
    ['gpu-lost', 'The GPU went away', ''],
    ['wrong-peer', 'not the coordinator that the page names', 'the key at the other end is another one'],
  ] as const)('explains %s and offers to try again', async (code, title, message) => {
    await mount();
    await pressStart();
    await say({ stage: 'failed', problem: { code, message } });
    expect(await data('problem')).toBe(code);
    expect(await text('[data-testid="notice"]')).toContain(title);
    expect(await text(TOGGLE)).toBe('Try again');
    await inspect(`05-failed-${code}`);
    await page.click(TOGGLE);
    await expect.poll(async () => (await calls()).starts.length).toBe(2);
    expect(await text(TOGGLE)).toBe('Stop');
    expect(await data('problem')).toBeUndefined();
  });

  it.each([
    ['no-webgpu', { secureContext: true, webgpu: false, workers: true }, 'Firefox 141 and newer on Windows'],
    ['insecure', { secureContext: false, webgpu: false, workers: true }, 'needs https'],
  ] as const)('says before the click that this browser cannot: %s', async (problem, traits, words) => {
    await mount({ traits });
    expect(await data('problem')).toBe(problem);
    expect(await text('[data-testid="notice"]')).toContain(words);
    expect(await page.$eval(TOGGLE, (button) => button.getAttribute('aria-disabled'))).toBe('true');
    await page.click(TOGGLE);
    expect(await data('stage')).toBe('stopped');
    expect((await calls()).starts).toEqual([]);
    await inspect(`06-${problem}`);
  });

  it('shows a rejected shard without blame', async () => {
    await mount();
    await pressStart();
    await say({ ...WORKING, stage: 'computing', progress: 0.7, shardsRejected: 1 });
    expect(await text('[data-testid="notice"]')).toContain('One shard was not accepted');
    expect(await text('.stats')).toContain('Not accepted 1');
    await inspect('07-rejected');
  });

  it('says that it is stopping until the GPU has stopped, then sums up', async () => {
    await mount();
    await pressStart();
    await say({ ...WORKING, stage: 'computing', progress: 0.7, shardsVerified: 75 });
    await page.evaluate(async () => (await ready).holdStop());
    await page.click(TOGGLE);
    expect(await text(TOGGLE)).toBe('Stopping…');
    expect(await data('stage')).toBe('computing');
    await page.click(TOGGLE);
    await inspect('08-stopping');
    await page.evaluate(async () => (await ready).letStop());
    await page.waitForSelector('tilework-page[data-stage="stopped"]');
    expect((await calls()).stops).toBe(1);
    expect(await data('shards')).toBe('75');
    expect(await text('.summary')).toBe(
      'You gave 6.86 TFLOP of verified work and earned 3.430000 credit. Thank you.',
    );
    expect(await text(TOGGLE)).toBe('Start again');
    await inspect('09-summary');
  });

  it('opens its explanations with the keyboard', async () => {
    await mount();
    for (const summary of await page.$$('details > summary')) {
      await summary.focus();
      await page.keyboard.press('Enter');
    }
    expect(await page.$$eval('details', (all) => all.map((each) => each.open))).toEqual([true, true]);
    await inspect('10-explanations');
  });

  it('said nothing wrong on the console all the while', () => {
    expect(problems).toEqual([]);
  });
});
