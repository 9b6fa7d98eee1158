/** The SDK in a real browser, on a page that the coordinator serves under its own policy. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { launchBrowser } from '../helpers/browser.ts';
import { freshDataDir } from '../helpers/databases.ts';
import { testContributor, testCoordinator } from '../helpers/network.ts';
import { serveModule } from '../helpers/page-bundle.ts';

type Module = typeof import('./multiply-page.ts');
declare const ready: Promise<Module>;

it('a page multiplies with its own coordinator: arrays, streams, events, errors', async () => {
  const pageDir = await mkdtemp(join(tmpdir(), 'tilework-sdk-'));
  onTestFinished(() => rm(pageDir, { recursive: true, force: true }));
  const served = await serveModule('test/client/multiply-page.ts');
  const script = await (await fetch(`${served.url}entry.js`)).text();
  await served.close();
  await writeFile(join(pageDir, 'entry.js'), script);
  await writeFile(
    join(pageDir, 'index.html'),
    '<!doctype html><script type="module" src="entry.js"></script>',
  );
  const coordinator = await testCoordinator({ dataDir: await freshDataDir(), pageDir });
  onTestFinished(() => coordinator.remove());
  const contributor = await testContributor(coordinator.peerAddresses);
  onTestFinished(() => contributor.stop());
  const browser = await launchBrowser('chromium');
  onTestFinished(() => browser.close());
  const page = await browser.newPage();
  await page.goto(coordinator.url);
  const { url, token } = coordinator;
  const seen = await page.evaluate(async (at, with_) => (await ready).run(at, with_), url, token);
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
  expect(seen.wrong).toBe('unauthorized');
}, 60_000);
