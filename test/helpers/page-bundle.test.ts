import { describe, expect, it } from 'vitest';
import { launchBrowser } from './browser.ts';
import { serveModule } from './page-bundle.ts';

type Fixture = typeof import('../fixtures/page-bundle/entry.ts');
declare const ready: Promise<Fixture>;

const ENTRY = 'test/fixtures/page-bundle/entry.ts';

describe('serveModule', () => {
  it.each(['chromium', 'firefox'] as const)(
    'runs a module with a raw import and a module worker in %s, without an error or a failed request',
    async (kind) => {
      const served = await serveModule(ENTRY, {
        define: { TEST_MODE: '"test"' },
        headers: {
          'Cross-Origin-Opener-Policy': 'same-origin',
          'Cross-Origin-Embedder-Policy': 'require-corp',
        },
        files: { '/data.bin': new Uint8Array([7, 8]) },
        body: '<p id="hello">hello</p>',
      });
      const browser = await launchBrowser(kind);
      try {
        const page = await browser.newPage();
        const problems: string[] = [];
        page.on('pageerror', (error) => problems.push(String(error)));
        page.on('response', (response) => {
          if (!response.ok()) problems.push(`${response.status()} ${response.url()}`);
        });
        await page.goto(served.url);
        const seen = await page.evaluate(async () => {
          const module = await ready;
          return {
            note: module.note,
            mode: module.mode,
            first: await module.doubleInWorker(21),
            second: await module.doubleInWorker(4),
            isolated: crossOriginIsolated,
            hello: document.querySelector('#hello')?.textContent,
            data: Array.from(new Uint8Array(await (await fetch('/data.bin')).arrayBuffer())),
            missing: (await fetch('/../../etc/passwd')).status,
          };
        });
        expect(seen).toEqual({
          note: 'raw text',
          mode: 'test',
          first: 42,
          second: 8,
          isolated: true,
          hello: 'hello',
          data: [7, 8],
          missing: 404,
        });
        expect(problems.filter((problem) => !problem.startsWith('404'))).toEqual([]);
      } finally {
        await browser.close();
        await served.close();
      }
    },
    90_000,
  );

  it('says which entry does not bundle', async () => {
    await expect(serveModule('test/fixtures/page-bundle/absent.ts')).rejects.toThrow(
      'absent.ts does not bundle',
    );
  });

  it('answers nothing once closed', async () => {
    const served = await serveModule(ENTRY, { define: { TEST_MODE: '"test"' } });
    expect((await fetch(served.url)).status).toBe(200);
    await served.close();
    await expect(fetch(served.url)).rejects.toThrow('fetch failed');
  });
});
