/**
 * `npm run soak -- [--minutes 30 | --hours 8]`: the built page in real Chromium, left contributing, with its heaps
 * looked at every minute. Exits 1 when one has grown by more than 5 % since its first minutes.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { formatBytes } from '../../src/core/units.ts';
import { Visitor, PAGE_DIR } from '../e2e/visitor.ts';
import buildPage from '../helpers/build-page.ts';
import { launchBrowser } from '../helpers/browser.ts';
import { testCoordinator } from '../helpers/network.ts';
import { heapOf } from './heap.ts';
import { growthOf, type HeapSample, PLACES, warmMinutes } from './growth.ts';
import { keepBusy } from './work.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    hours: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const minutes = values.hours === undefined ? Number(values.minutes ?? 30) : 60 * Number(values.hours);
if (!(minutes >= 1 && minutes <= 72 * 60)) {
  process.stderr.write('npm run soak -- [--minutes 30 | --hours 8] [--json]\n');
  process.exit(2);
}
const MINUTE_MS = 60_000;
/** Short runs look more often: a third of them has to hold a few samples. */
const everyMs = Math.min(MINUTE_MS, (minutes * MINUTE_MS) / 18);
const say = (text: string): unknown => values.json || process.stdout.write(`${text}\n`);

await buildPage();
const coordinator = await testCoordinator({ pageDir: PAGE_DIR, network: 'soak' });
const browser = await launchBrowser('chromium');
const over = new AbortController();
const samples: HeapSample[] = [];
let failure = '';
try {
  const visitor = await Visitor.arrive(
    browser,
    `${coordinator.url}/?software=allow&memory=64&disk=0&intensity=100`,
  );
  const pageClient = await visitor.page.createCDPSession();
  const work = keepBusy(coordinator, over.signal).catch((error: unknown) => {
    failure ||= `no more work: ${String(error)}`;
  });
  await visitor.click();
  await visitor.page.waitForSelector('tilework-page:not([data-shards="0"])', { timeout: 120_000 });
  const started = performance.now();
  say(`contributing; ${minutes} minutes, of which ${warmMinutes(minutes).toFixed(1)} are for warming up`);
  say(`${'minute'.padStart(7)}${PLACES.map((place) => place.padStart(12)).join('')}${'shards'.padStart(9)}`);
  const heap = async (name: string): Promise<number> => {
    const worker = visitor.page.workers().find((each) => each.url().includes(`${name}-worker`));
    if (!worker) throw new Error(`the ${name} worker is gone`);
    return heapOf(worker.client);
  };
  for (let at = 0; at <= minutes * MINUTE_MS; at += everyMs) {
    await sleep(Math.max(0, started + at - performance.now()));
    const sample = {
      minute: at / MINUTE_MS,
      page: await heapOf(pageClient),
      session: await heap('session'),
      gpu: await heap('gpu'),
      shards: Number(await visitor.data('shards')),
    };
    samples.push(sample);
    const sizes = PLACES.map((place) => formatBytes(sample[place]).padStart(12)).join('');
    say(`${sample.minute.toFixed(1).padStart(7)}${sizes}${String(sample.shards).padStart(9)}`);
  }
  if (samples.at(-1)!.shards === samples[0]!.shards) failure ||= 'no shard was verified meanwhile';
  // A page that contributes says nothing on its console, all night.
  failure ||= visitor.problems.join('; ');
  over.abort();
  await work;
} catch (error) {
  failure ||= String(error);
} finally {
  over.abort();
  await browser.close();
  await coordinator.remove();
}
const growth = growthOf(samples, minutes);
for (const { place, early, late, share, tooMuch } of growth) {
  const change = `${share < 0 ? '' : '+'}${(100 * share).toFixed(1)} %`;
  say(`${place}: ${formatBytes(early)} → ${formatBytes(late)}, ${change}${tooMuch ? ': GREW TOO MUCH' : ''}`);
}
if (failure) say(`FAILED: ${failure}`);
const failed = failure !== '' || growth.some(({ tooMuch }) => tooMuch);
process.stdout.write(`${JSON.stringify({ bench: 'soak', minutes, growth, samples, failure, failed })}\n`);
process.exit(failed ? 1 : 0);
