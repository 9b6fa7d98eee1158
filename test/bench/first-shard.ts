/**
 * From the click to the first verified shard: a coordinator on loopback, Chromium, a software adapter. A first visit
 * has an empty profile, no key and no choice of kernels; a later one is the same profile with the page opened again.
 */
import { PAGE_DIR, Visitor } from '../e2e/visitor.ts';
import buildPage from '../helpers/build-page.ts';
import { launchBrowser } from '../helpers/browser.ts';
import { testCoordinator } from '../helpers/network.ts';
import { product, submit } from '../helpers/product.ts';

const LIMITS_S = { first: 5, later: 3 } as const;
type Visit = keyof typeof LIMITS_S;

/** When each stage began, ms since the click; 'verified' is the last. */
type Stages = readonly (readonly [stage: string, ms: number])[];

interface Watched {
  stages: [string, number][];
}

/** Two small shards for each click: what is measured is what comes before and after computing. */
const WORK = product('i8', 256, 256, 1024);
const CLICKS = 2;

async function clicked(visitor: Visitor): Promise<Stages> {
  const { page } = visitor;
  await page.evaluate(() => {
    const watched: Watched = { stages: [] };
    Object.assign(globalThis, { watched });
    const element = document.querySelector('tilework-page')!;
    let clickMs = 0;
    addEventListener('click', () => (clickMs = performance.now()), { capture: true, once: true });
    new MutationObserver(() => {
      const { stage = '', shards } = element.dataset;
      const named = shards === '0' ? stage : 'verified';
      if (watched.stages.at(-1)?.[0] !== named) watched.stages.push([named, performance.now() - clickMs]);
    }).observe(element, { attributes: true });
  });
  await visitor.click();
  await page.waitForSelector('tilework-page:not([data-shards="0"])', { timeout: 60_000 });
  return page.evaluate(() => (globalThis as unknown as { watched: Watched }).watched.stages);
}

export interface FirstShard {
  readonly visit: Visit;
  readonly seconds: number;
  readonly limitSeconds: number;
  readonly stages: Stages;
}

/** The median of each kind of visit. */
export async function measureFirstShard(runs: number): Promise<FirstShard[]> {
  await buildPage();
  const seen: Record<Visit, Stages[]> = { first: [], later: [] };
  for (let run = 0; run < runs; run++) {
    const coordinator = await testCoordinator({ pageDir: PAGE_DIR });
    const browser = await launchBrowser('chromium');
    try {
      for (let i = 0; i < 2 * CLICKS; i++) await submit(coordinator, WORK, `first-shard-${i}`);
      for (const visit of ['first', 'later'] as const) {
        const visitor = await Visitor.arrive(browser, `${coordinator.url}/?software=allow`);
        seen[visit].push(await clicked(visitor));
        // A visitor stays for a while: long enough for choices to be kept.
        await visitor.click();
        await visitor.stage('stopped');
        await visitor.page.close();
      }
    } finally {
      await browser.close();
      await coordinator.remove();
    }
  }
  return (['first', 'later'] as const).map((visit) => {
    const inOrder = seen[visit].toSorted((a, b) => endOf(a) - endOf(b));
    const stages = inOrder[Math.floor((inOrder.length - 1) / 2)] ?? [];
    return { visit, seconds: endOf(stages) / 1000, limitSeconds: LIMITS_S[visit], stages };
  });
}

const endOf = (stages: Stages): number => stages.at(-1)?.[1] ?? Infinity;

export async function benchFirstShard({ runs, json }: { runs: number; json: boolean }): Promise<void> {
  for (const each of await measureFirstShard(runs)) {
    if (json) process.stdout.write(`${JSON.stringify(each)}\n`);
    else {
      const { visit, seconds, limitSeconds, stages } = each;
      const when = stages.map(([stage, ms]) => `${stage} ${(ms / 1000).toFixed(2)}`).join(', ');
      process.stdout.write(
        `${visit} visit: ${seconds.toFixed(2)} s (limit ${limitSeconds} s), median of ${runs}; ${when}\n`,
      );
    }
    if (!(each.seconds < each.limitSeconds)) process.exitCode = 1;
  }
}
