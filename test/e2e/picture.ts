/**
 * Takes test/fixtures/page.png, the picture of the page at work in the README: a real coordinator, a
 * real Chromium, and shards that are really computed (on a software adapter, hence its name and speed).
 *
 *   node test/e2e/picture.ts [light|dark] [file]
 */
import { resolve } from 'node:path';
import { launchBrowser } from '../helpers/browser.ts';
import buildPage from '../helpers/build-page.ts';
import { testCoordinator } from '../helpers/network.ts';
import { product, submit } from '../helpers/product.ts';
import { PAGE_DIR, Visitor } from './visitor.ts';

const [scheme = 'dark', file = 'test/fixtures/page.png'] = process.argv.slice(2);
const WIDTH = 1280;
const MARGIN = 24;

await buildPage();
const coordinator = await testCoordinator({ pageDir: PAGE_DIR, network: 'Tilework' });
const browser = await launchBrowser('chromium');
try {
  const visitor = await Visitor.arrive(browser, `${coordinator.url}/?software=allow&intensity=100`);
  const { page } = visitor;
  await page.setViewport({ width: WIDTH, height: 1200 });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  const small = product('i8', 512, 512, 784);
  for (let jobs = 0; jobs < 3; jobs++) await submit(coordinator, small, 'Handwritten digits');
  // Takes half a minute, shard after shard: the moment that the picture shows is in the middle.
  await submit(coordinator, product('i8', 1536, 1536, 2000), 'Handwritten digits');
  await visitor.click();
  await page.mouse.move(0, 0);
  await page.waitForFunction(
    () => {
      const { stage } = document.querySelector('tilework-page')?.dataset ?? {};
      const number = (selector: string): number =>
        Number.parseInt(document.querySelector(selector)?.textContent ?? '0', 10);
      const laid = number('.mosaic-caption strong');
      return stage === 'computing' && laid > 45 && laid < 90 && number('.percent') > 20;
    },
    { timeout: 120_000 },
  );
  // Bars and tiles glide to their places: a picture in mid-movement would show what no visitor sees.
  await page.evaluate(() => {
    for (const animation of document.getAnimations()) {
      if (animation.effect?.getComputedTiming().iterations !== Infinity) animation.finish();
    }
  });
  const bottom = await page.$eval('.panel', (panel) => panel.getBoundingClientRect().bottom);
  const clip = { x: 0, y: 0, width: WIDTH, height: Math.ceil(bottom) + MARGIN };
  await page.screenshot({ path: resolve(file), clip });
} finally {
  await browser.close();
  await coordinator.remove();
}
