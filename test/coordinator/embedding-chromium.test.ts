/** The headers do in a real browser what they are for: another origin frames the widget's document, and no other. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../helpers/browser.ts';
import { type TestCoordinator, testCoordinator } from '../helpers/network.ts';

/** Says to its host whether its worker runs. */
const FRAME = `
  const policy = trustedTypes.createPolicy('tilework', { createScriptURL: (url) => url });
  const worker = new Worker(policy.createScriptURL('./assets/worker-0a1b2c.js'), { type: 'module' });
  worker.onmessage = () => parent.postMessage('works', '*');
  worker.onerror = () => parent.postMessage('no worker', '*');
`;
const ISOLATED = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

let host: Server;
let pageDir = '';
let home: TestCoordinator;
let browser: Browser;
let page: Page;
/** The same server by two names: two origins, of which one may embed. */
const hostAt = (name: string): string => `http://${name}:${(host.address() as AddressInfo).port}`;

beforeAll(async () => {
  host = createServer(({ url }, response) => {
    response.writeHead(200, { 'content-type': 'text/html', ...(url === '/isolated' && ISOLATED) });
    response.end('<!doctype html><title>host</title>');
  });
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
  pageDir = await mkdtemp(join(tmpdir(), 'tilework-page-'));
  await mkdir(join(pageDir, 'assets'));
  const html = '<!doctype html><script type="module" src="./assets/embed-0a1b2c.js"></script>';
  for (const [name, text] of [
    ['index.html', html],
    ['network.html', html],
    ['widget.js', 'export const loaded = true;'],
    ['assets/embed-0a1b2c.js', FRAME],
    ['assets/worker-0a1b2c.js', 'postMessage(1);'],
  ] as const)
    await writeFile(join(pageDir, name), text);
  home = await testCoordinator({ pageDir, embed: [hostAt('localhost')] });
  browser = await launchBrowser('chromium');
  page = await browser.newPage();
}, 90_000);
afterAll(async () => {
  await browser?.close();
  await home?.remove();
  host?.close();
  await rm(pageDir, { recursive: true, force: true });
});

/** What a frame says: 'works', or 'refused' when the browser shows an error in its place. */
async function framed(from: string, path: string): Promise<string> {
  await page.goto(from);
  const said = page.evaluate(
    (url) =>
      new Promise<string>((resolve) => {
        addEventListener('message', ({ data }) => resolve(data as string), { once: true });
        const frame = document.createElement('iframe');
        frame.sandbox.add('allow-scripts', 'allow-same-origin');
        frame.src = url;
        document.body.append(frame);
      }),
    `${home.url}${path}`,
  );
  const refused = page
    .waitForFrame((frame) => frame.url().startsWith('chrome-error:'), { timeout: 20_000 })
    .then(() => 'refused')
    .catch(() => 'nothing');
  return Promise.race([said, refused]);
}

describe('a frame', () => {
  it('works on a site that may embed, in an isolated page too', async () => {
    expect(await framed(`${hostAt('localhost')}/`, '/?embed')).toBe('works');
    expect(await framed(`${hostAt('localhost')}/isolated`, '/?embed&theme=dark')).toBe('works');
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  });

  it('is refused on another site, and the page itself everywhere', async () => {
    expect(await framed(`${hostAt('127.0.0.1')}/`, '/?embed')).toBe('refused');
    for (const path of ['/', '/network.html?embed'])
      expect(await framed(`${hostAt('localhost')}/`, path)).toBe('refused');
  });
});

describe('the loader', () => {
  it('is a module for every origin, isolated or not', async () => {
    for (const from of [`${hostAt('127.0.0.1')}/`, `${hostAt('localhost')}/isolated`]) {
      await page.goto(from);
      const script = `import(${JSON.stringify(`${home.url}/widget.js`)}).then((module) => module.loaded)`;
      expect(await page.evaluate(script)).toBe(true);
    }
  });
});
