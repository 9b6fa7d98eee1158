/** The SDK in a real browser: on a page that the coordinator serves under its own policy, and on pages of other origins. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'puppeteer-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchBrowser } from '../helpers/browser.ts';
import {
  type TestContributor,
  type TestCoordinator,
  testContributor,
  testCoordinator,
} from '../helpers/network.ts';
import { type ServedModule, serveModule } from '../helpers/page-bundle.ts';

type Module = typeof import('./multiply-page.ts');
declare const ready: Promise<Module>;

let served: ServedModule;
let pageDir: string;
let coordinator: TestCoordinator;
let contributor: TestContributor;
let browser: Browser;

beforeAll(async () => {
  served = await serveModule('test/client/multiply-page.ts');
  pageDir = await mkdtemp(join(tmpdir(), 'tilework-sdk-'));
  const script = await (await fetch(`${served.url}entry.js`)).text();
  await writeFile(join(pageDir, 'entry.js'), script);
  await writeFile(
    join(pageDir, 'index.html'),
    '<!doctype html><script type="module" src="entry.js"></script>',
  );
  coordinator = await testCoordinator({
    pageDir,
    doors: { allowOrigin: [new URL(served.url).origin] },
  });
  contributor = await testContributor(coordinator.peerAddresses);
  browser = await launchBrowser('chromium');
});

afterAll(async () => {
  await browser?.close();
  await contributor?.stop();
  await coordinator?.remove();
  await served?.close();
  await rm(pageDir, { recursive: true, force: true });
});

async function runAt(address: string): Promise<Awaited<ReturnType<Module['run']>>> {
  const page = await browser.newPage();
  await page.goto(address);
  const { url, token } = coordinator;
  const seen = await page.evaluate(async (at, with_) => (await ready).run(at, with_), url, token);
  await page.close();
  return seen;
}

it.each([
  ['its own coordinator, under its policy', () => coordinator.url],
  ['a coordinator of another origin that has named its own', () => served.url],
] as const)(
  'a page multiplies with %s: arrays, streams, parts, events, errors',
  async (_, address) => {
    const seen = await runAt(address());
    // A = [-2 -1 0; 1 2 3], rows of B = 5 4 3; 2 1 0; -1 -2 -3; -4 -5 -6.
    expect(seen.values).toEqual([-14, -5, 4, 13, 22, 4, -14, -32]);
    expect(seen.phases).toEqual(['upload', 'compute', 'download']);
    expect(seen.best).toEqual({
      firstRow: 0,
      top: 2,
      indices: [
        [3, 2],
        [0, 1],
      ],
      values: [
        [13, 4],
        [22, 4],
      ],
    });
    // Every byte once: the page was told where the parts end, and what they became.
    expect(seen.parts).toEqual([100, 200, 280]);
    expect(seen.again).toBe(seen.whole);
    expect(seen.wrong).toBe('unauthorized');
  },
  60_000,
);

it('a page of an origin that nobody has named is not let in', async () => {
  const elsewhere = served.url.replace('127.0.0.1', 'localhost');
  const page = await browser.newPage();
  await page.goto(elsewhere);
  const { url, token } = coordinator;
  const said = await page.evaluate(async (at, with_) => (await ready).refusal(at, with_), url, token);
  expect(said).toBe(
    `unreachable: no coordinator at ${url}, or none that lets pages of ${new URL(elsewhere).origin} in (--allow-origin)`,
  );
}, 60_000);
