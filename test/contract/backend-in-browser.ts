/** Runs the backend contract in a real browser and tells vitest. */
import { describe, expect, it } from 'vitest';
import { launchBrowser } from '../helpers/browser.ts';
import { serveModule } from '../helpers/page-bundle.ts';
import { backendCases } from './backend-cases.ts';

type Entry = typeof import('./backend-browser.ts');
declare const ready: Promise<Entry>;

export function describeBrowserBackend(kind: 'chromium' | 'firefox'): void {
  describe(`backend contract: WebGPU in a worker of ${kind}`, () => {
    it.each([{ noDot4: false }, { noDot4: true }])(
      'holds with %o',
      async (mask) => {
        const served = await serveModule('test/contract/backend-browser.ts');
        const browser = await launchBrowser(kind);
        try {
          const page = await browser.newPage();
          await page.goto(served.url);
          const report = await page.evaluate(async (m) => (await ready).runSuite(m), mask);
          expect(report).toEqual({ passed: backendCases.length, failed: [] });
        } finally {
          await browser.close();
          await served.close();
        }
      },
      180_000,
    );
  });
}
