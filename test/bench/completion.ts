/**
 * How long browsers take to say that the GPU is done, with and without our nudging (src/gpu/completion.ts),
 * and what that costs: `npm run bench -- completion`. The GPU's idle share compares a run of slices, two in
 * flight, with the same slices submitted at once: a browser does not say when the GPU really ended.
 */
import type { BrowserKind } from '../../src/cli/browser.ts';
import { launchBrowser } from '../helpers/browser.ts';
import { serveModule } from '../helpers/page-bundle.ts';
import type { CompletionResult, WaitResult } from './completion-page.ts';
import { speedup, spread } from './statistics.ts';

const KINDS: readonly BrowserKind[] = ['chromium', 'firefox'];

export async function benchCompletion(): Promise<void> {
  const served = await serveModule('test/bench/completion-page.ts');
  const rows: Record<string, string>[] = [];
  try {
    for (const kind of KINDS) {
      try {
        rows.push(...(await measure(kind, served.url)));
      } catch (error) {
        rows.push({ browser: kind, adapter: `does not run: ${String(error)}` });
      }
    }
  } finally {
    await served.close();
  }
  console.table(rows);
}

async function measure(kind: BrowserKind, url: string): Promise<Record<string, string>[]> {
  const browser = await launchBrowser(kind);
  try {
    const version = await browser.version();
    const page = await browser.newPage();
    await page.goto(url);
    const result = await page.evaluate(async () => {
      const { ready } = globalThis as unknown as { ready: Promise<typeof import('./completion-page.ts')> };
      return (await ready).run();
    });
    return [row(version, 'off', result, result.plain), row(version, 'on', result, result.nudges)];
  } finally {
    await browser.close();
  }
}

function row(
  browser: string,
  nudging: string,
  { adapter, unbrokenMs, slices }: CompletionResult,
  { idleMs, runMs }: WaitResult,
): Record<string, string> {
  const word = spread(idleMs);
  // What part of its time the run would have taken without waiting, round by round.
  const busy = speedup(runMs, unbrokenMs);
  return {
    browser,
    adapter,
    nudging,
    'idle queue (ms, quartiles)': `${word.median.toFixed(1)} (${word.low.toFixed(1)}–${word.high.toFixed(1)})`,
    slice: `${(spread(unbrokenMs).median / slices).toFixed(0)} ms`,
    'run of slices': `${spread(runMs).median.toFixed(0)} ms`,
    'GPU idle (quartiles)': `${percent(1 - busy.median)} (${percent(1 - busy.high)}–${percent(1 - busy.low)})`,
  };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
