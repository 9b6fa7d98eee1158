/** Runs the backend contract, and every kernel, in a real browser and tells vitest. */
import type { Page } from 'puppeteer-core';
import { describe, expect, it } from 'vitest';
import { launchBrowser } from '../helpers/browser.ts';
import { serveModule } from '../helpers/page-bundle.ts';
import { backendCases } from './backend-cases.ts';
import { kernelsFor } from './kernels-cases.ts';

type Entry = typeof import('./backend-browser.ts');
declare const ready: Promise<Entry>;

const TIMEOUT_MS = 180_000;

async function onPage(kind: 'chromium' | 'firefox', run: (page: Page) => Promise<void>): Promise<void> {
  const served = await serveModule('test/contract/backend-browser.ts');
  const browser = await launchBrowser(kind);
  try {
    const page = await browser.newPage();
    await page.goto(served.url);
    await run(page);
  } finally {
    await browser.close();
    await served.close();
  }
}

/** @param masks - what the adapter is to do without, one run of the contract for each */
export function describeBrowserBackend(
  kind: 'chromium' | 'firefox',
  masks: readonly { readonly noDot4: boolean }[] = [{ noDot4: false }, { noDot4: true }],
): void {
  describe(`backend contract: WebGPU in a worker of ${kind}`, () => {
    it.each(masks)(
      'holds with %o',
      (mask) =>
        onPage(kind, async (page) => {
          const wish = { suite: 'backend', ...mask } as const;
          const report = await page.evaluate(async (w) => (await ready).runSuite(w), wish);
          expect(report).toEqual({ passed: backendCases.length, failed: [] });
        }),
      TIMEOUT_MS,
    );
  });
}

export function describeBrowserKernels(kind: 'chromium' | 'firefox'): void {
  it(
    `every kernel computes ragged shapes right in a worker of ${kind}`,
    () =>
      onPage(kind, async (page) => {
        const dot4 = await page.evaluate(async () => (await ready).hasDot4());
        const wish = { suite: 'kernels', noDot4: false } as const;
        const report = await page.evaluate(async (w) => (await ready).runSuite(w), wish);
        expect(report).toEqual({ passed: kernelsFor({ dot4 }).length, failed: [] });
      }),
    TIMEOUT_MS,
  );
}
