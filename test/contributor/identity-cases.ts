/** Who a contributor is, in a real browser. */
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BrowserKind } from '../../src/cli/browser.ts';
import { openResult } from '../../src/protocol/envelope.ts';
import { launchBrowser } from '../helpers/browser.ts';
import { type ServedModule, serveModule } from '../helpers/page-bundle.ts';

type Module = typeof import('./identity-page.ts');
declare const ready: Promise<Module>;

type Name = Exclude<keyof Module, 'forget'>;

export function describeIdentity(kind: BrowserKind, { native }: { native: boolean }): void {
  describe(`a contributor’s key in ${kind}`, () => {
    let served: ServedModule;
    let browser: Browser;
    let page: Page;

    beforeAll(async () => {
      served = await serveModule('test/contributor/identity-page.ts');
      browser = await launchBrowser(kind);
      page = await browser.newPage();
      await page.goto(served.url);
    }, 90_000);
    afterAll(async () => {
      await browser?.close();
      await served?.close();
    });

    const call = async <N extends Name>(name: N): Promise<Awaited<ReturnType<Module[N]>>> =>
      (await page.evaluate(async (name) => (await ready)[name](), name)) as Awaited<ReturnType<Module[N]>>;
    const forget = (): Promise<void> => page.evaluate(async () => (await ready).forget());

    it('is the same for loads that race to make it, in a worker, and after a reload', async () => {
      const ids = await call('race');
      expect(ids[0]).toMatch(/^12D3KooW/);
      expect(new Set(ids).size).toBe(1);
      expect(await call('inWorker')).toBe(ids[0]);
      await page.reload();
      expect(await call('peerId')).toBe(ids[0]);
    });

    it('is another one once the profile has forgotten it', async () => {
      const before = await call('peerId');
      await forget();
      const after = await call('race');
      expect(new Set(after).size).toBe(1);
      expect(after[0]).not.toBe(before);
    });

    it('signs results that open in Node under the same id', async () => {
      const { value, signer } = await openResult(Uint8Array.from(await call('signed')), await call('peerId'));
      expect(value).toMatchObject({ gpuMs: 3, client: 'a test' });
      expect(signer).toBe(await call('peerId'));
    });

    it('cannot be taken out of the browser', async () => {
      expect(await call('stored')).toEqual({
        native,
        kind: 'CryptoKey',
        extractable: false,
        exportFails: ['pkcs8', 'jwk', 'raw', 'libp2p'],
      });
    });

    it('is kept as bytes where WebCrypto does not know Ed25519, and is found again', async () => {
      const { peerId, stored } = await call('withoutNativeKeys');
      expect(stored).toMatchObject({ native: false, kind: 'bytes' });
      await page.reload();
      expect(await call('peerId')).toBe(peerId);
      const { signer } = await openResult(Uint8Array.from(await call('signed')));
      expect(signer).toBe(peerId);
    });

    it('says so where the browser does not let a page keep anything', async () => {
      expect(await call('withoutStorage')).toMatchObject({
        code: 'unsupported-key',
        message: expect.stringContaining('private mode') as string,
      });
    });
  });
}
